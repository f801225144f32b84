import type { Address } from '../../base/address.ts';
import type { Locator } from '../../formats/locator.ts';
import type { Kernel } from '../kernel.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import type { BytesPlace } from '../place.ts';
import { objectAt } from '../typed.ts';
import { ring } from '../walk.ts';
import type { Element } from './element.ts';
import { positions } from './element.ts';
import { findLocator, regionLocator } from './metadata.ts';
import { pageTable } from './process.ts';

/**
 * An application's list, by the locator of the guest's region: that is where a guest says what it keeps in its processes. `orders` are
 * numbered by their position in the list.
 */
export function applicationElements(kernel: Kernel, name: string, at: string): Outcome<Element[]> {
  const locator = regionLocator(kernel.partition, name, at);
  if (!locator.ok) return locator;
  const { root, space, keys } = locator.value;
  const [type, link] = [keys.get('TYPE') ?? '', keys.get('LINK') ?? ''];
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const element = btf.value.findType(type);
  const link_member = element === undefined ? undefined : btf.value.member(element, link);
  if (!link_member) return lost('NO_TYPE', at, `BTF has no ${type}.${link}`);
  const table = space === 'kernel' ? found<number | undefined>(undefined) : pageTable(kernel, space.task, at);
  if (!table.ok) return table;
  const head = headOf(kernel, locator.value, root.symbol === '' ? root.address : kernel.symbol(root.symbol), at, table.value); // prettier-ignore
  if (!head.ok) return head;
  const links = ring(kernel, head.value, at, table.value);
  if (!links.ok) return links;
  const naming = table.value === undefined ? {} : { space: table.value };
  return found(
    positions(links.value.length, (index, text) =>
      objectAt(kernel, (links.value[index] as Address) - link_member.offset, type, {
        text,
        element: name,
        ...naming,
      }),
    ),
  );
}

/** An application's own variable, by the name of its type, where the region has a locator that begins there: `symbols["order_book"]`. */
export function applicationRoot(kernel: Kernel, type: string, at: string): Outcome<BytesPlace> {
  const entry = findLocator(
    kernel.partition,
    ({ keys, space }) => space !== 'kernel' && keys.get('ROOT_TYPE') === type,
    at,
  );
  if (!entry.ok) return entry;
  const { root, space } = entry.value.locator;
  const table =
    space === 'kernel' ? lost('NOT_FOUND', at, "it is the kernel's") : pageTable(kernel, space.task, at);
  return table.ok ? objectAt(kernel, root.address, type, { text: at, space: table.value }) : table;
}

function headOf(
  kernel: Kernel,
  locator: Locator,
  base: Address | undefined,
  at: string,
  space: number | undefined,
): Outcome<Address> {
  if (base === undefined) return lost('NO_SYMBOL', at, `the kernel has no ${locator.root.symbol}`);
  let address = base;
  if (locator.keys.get('DEREF') === 'yes') {
    const pointer = kernel.u64(address, space);
    if (pointer === undefined) return lost('UNMAPPED', at, 'its root cannot be read');
    address = pointer;
  }
  if (locator.root.member === '') return found(address);
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const root_type = locator.keys.get('ROOT_TYPE') ?? locator.keys.get('TYPE') ?? '';
  const type = btf.value.findType(root_type);
  const member = type === undefined ? undefined : btf.value.member(type, locator.root.member);
  if (!member) return lost('NO_TYPE', at, `BTF has no ${root_type}.${locator.root.member}`);
  return found(address + member.offset);
}
