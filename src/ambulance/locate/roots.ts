import type { Address } from '../../base/address.ts';
import type { Locator } from '../../formats/locator.ts';
import type { Space } from '../memory.ts';
import type { Subject } from './subject.ts';

/** One object that a locator leads to: a per-CPU copy, an element of an array, or the only one. */
export interface Root {
  readonly cpu: number;
  readonly index: number;
  /** Address of the object of ROOT_TYPE. */
  readonly base: Address;
  /** Address of the member at which the shape begins: the base when there is none. */
  readonly head: Address;
}

export type Located =
  | { readonly ok: true; readonly roots: readonly Root[] }
  | { readonly ok: false; readonly code: 'NO_SYMBOL' | 'NO_TYPE' | 'UNMAPPED'; readonly message: string };

const ARRAY_LIMIT = 64;

/** Follows a locator's ROOT to the objects it names, in a space. */
export function rootsOf(subject: Subject, locator: Locator, space: Space): Located {
  const { root, keys } = locator;
  const type = rootType(locator);
  const member = root.member === '' ? undefined : subject.member(type, root.member);
  if (root.member !== '' && !member) return { ok: false, code: 'NO_TYPE', message: `BTF has no ${type}.${root.member}` }; // prettier-ignore
  const symbol = root.symbol === '' ? root.address : subject.symbol(root.symbol);
  if (symbol === undefined)
    return { ok: false, code: 'NO_SYMBOL', message: `there is no symbol ${root.symbol}` };
  const count = Number(keys.get('ARRAY') ?? '1');
  const stride = count > 1 ? subject.sizeOf(type) : 0;
  if (!(count >= 1 && count <= ARRAY_LIMIT) || !(stride >= 0)) return { ok: false, code: 'NO_TYPE', message: `an array of ${count} ${type}` }; // prettier-ignore
  const roots: Root[] = [];
  const cpus = keys.get('PERCPU') === 'yes' ? subject.cpus : 1;
  for (let cpu = 0; cpu < cpus; cpu++) {
    let first = keys.get('PERCPU') === 'yes' ? subject.perCpuBase(cpu) + symbol : symbol;
    if (keys.get('DEREF') === 'yes') first = space.u64(first);
    if (Number.isNaN(first)) return { ok: false, code: 'UNMAPPED', message: `${root.symbol} of CPU ${cpu} cannot be read` }; // prettier-ignore
    for (let index = 0; index < count; index++) {
      const base = first + index * stride;
      roots.push({ cpu, index, base, head: base + (member?.offset ?? 0) });
    }
  }
  return { ok: true, roots };
}

/** A root as a spec names it: `run_queues[0]`, `symbols["timer_bases"][0][1]`; an application's by its type, `symbols["order_book"]`. */
export function rootPlace(locator: Locator, root: Root): string {
  const {
    name,
    root: { symbol },
    keys,
  } = locator;
  if (locator.space !== 'kernel') return `symbols["${rootType(locator)}"]`;
  if (name === 'run_queues') return `run_queues[${root.cpu}]`;
  const cpu = keys.get('PERCPU') === 'yes' ? `[${root.cpu}]` : '';
  const index = Number(keys.get('ARRAY') ?? '1') > 1 ? `[${root.index}]` : '';
  return `symbols["${symbol}"]${cpu}${index}`;
}

/** What has no name of its own, by its guest-physical address; '' when it has none. */
export function byPhysical(subject: Subject, address: Address): string {
  const physical = subject.physical(address);
  return physical < 0 ? '' : `memory[0x${physical.toString(16)}]`;
}

/** C struct at the root symbol. */
export function rootType(locator: Locator): string {
  return locator.keys.get('ROOT_TYPE') ?? locator.keys.get('TYPE') ?? '';
}

/** Address of the lock that writers hold, for one root; undefined when the locator names none or it is not to be found. */
export function guardOf(subject: Subject, locator: Locator, root: Root): { address: Address; type: string } | undefined {
  const guard = locator.keys.get('GUARD');
  if (guard === undefined) return undefined;
  if (!guard.startsWith('.')) {
    const address = subject.symbol(guard);
    return address === undefined ? undefined : { address, type: '' };
  }
  const member = subject.member(rootType(locator), guard.slice(1));
  const type = member && subject.btf ? subject.btf.name(member.type) : '';
  return member && { address: root.base + member.offset, type };
} // prettier-ignore

/** The word that COUNT names, for one root. */
export function countOf(
  subject: Subject,
  locator: Locator,
  root: Root,
): { address: Address; bytes: number; name: string } | undefined {
  const count = locator.keys.get('COUNT');
  if (count === undefined) return undefined;
  if (!count.startsWith('.')) {
    const address = subject.symbol(count);
    return address === undefined ? undefined : { address, bytes: 4, name: count };
  }
  const member = subject.member(rootType(locator), count.slice(1));
  return member && { address: root.base + member.offset, bytes: member.bytes, name: count.slice(1) };
}
