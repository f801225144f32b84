import type { Address } from '../../base/address.ts';
import type { Kernel } from '../kernel.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import { objectAt } from '../typed.ts';
import { ring } from '../walk.ts';
import type { Element } from './element.ts';

const NAME_BYTES = 256;
/** Directories below directories, and no more of them. */
const DENTRY_LIMIT = 65_536;

/** `super_blocks`: what is mounted, by s_id. */
export function superBlockElements(kernel: Kernel, at: string): Outcome<Element[]> {
  const head = kernel.symbol('super_blocks');
  const [link, name] = offsets(kernel, 'super_block', 's_list', 's_id');
  if (head === undefined) return lost('NO_SYMBOL', at, 'the kernel has no super_blocks');
  if (link === undefined || name === undefined)
    return lost('NO_TYPE', at, 'BTF lacks super_block.s_list or s_id');
  const links = ring(kernel, head, at);
  if (!links.ok) return links;
  return found(
    links.value.map((entry, number) =>
      elementAt(
        kernel,
        entry - link,
        'super_block',
        'super_blocks',
        number,
        kernel.text(entry - link + name, 32),
      ),
    ),
  );
}

/**
 * `dentries`: of each super block the root and what hangs under it, by name where that is not twice there. In the order
 * of the locator in `specs/lib/dcache.spec`: of each its first child, then its next sibling, the nearest to the root
 * first.
 */
export function dentryElements(kernel: Kernel, at: string): Outcome<Element[]> {
  const supers = superBlockElements(kernel, at);
  if (!supers.ok) return supers;
  const [root] = offsets(kernel, 'super_block', 's_root');
  const [parent, child, subdirs, name] = offsets(
    kernel,
    'dentry',
    'd_parent',
    'd_child',
    'd_subdirs',
    'd_name.name',
  );
  if (
    root === undefined ||
    parent === undefined ||
    child === undefined ||
    subdirs === undefined ||
    name === undefined
  ) {
    return lost('NO_TYPE', at, 'BTF lacks super_block.s_root or the links of a dentry');
  }
  const dentries: Address[] = [];
  const seen = new Set<Address>();
  const add = (dentry: Address): void => {
    if (!seen.has(dentry)) dentries.push(dentry);
    seen.add(dentry);
  };
  let next = 0;
  for (const one of supers.value) {
    const place = one.open('');
    const top = place.ok ? kernel.u64((place.value.address as Address) + root) : undefined;
    if (top !== undefined && top !== 0) add(top);
    for (; next < dentries.length; next++) {
      const dentry = dentries[next] as Address;
      const [below, beside, above] = [subdirs, child, parent].map((link) => kernel.u64(dentry + link));
      if (below === undefined || beside === undefined || above === undefined)
        return lost('UNMAPPED', at, 'a directory leaves mapped memory');
      if (below !== dentry + subdirs) add(below - child);
      if (dentry !== above && beside !== above + subdirs) add(beside - child);
      if (dentries.length > DENTRY_LIMIT) return lost('WALK', at, 'the directories do not end');
    }
  }
  return found(
    dentries.map((dentry, number) => {
      const text_at = kernel.u64(dentry + name);
      const text = text_at === undefined ? undefined : kernel.text(text_at, NAME_BYTES);
      return elementAt(kernel, dentry, 'dentry', 'dentries', number, text);
    }),
  );
}

function elementAt(
  kernel: Kernel,
  address: Address,
  type: string,
  element: string,
  number: number,
  name: string | undefined,
): Element {
  const open: Element['open'] = (text) => objectAt(kernel, address, type, { text, element });
  return name === undefined
    ? { label: String(number), number, open }
    : { label: JSON.stringify(name), name, number, open };
}

function offsets(kernel: Kernel, struct: string, ...paths: readonly string[]): (number | undefined)[] {
  const btf = kernel.btf();
  if (!btf.ok) return [];
  const type = btf.value.find('struct', struct);
  return paths.map((path) => (type === undefined ? undefined : btf.value.member(type, path)?.offset));
}
