import { GIB, KIB, MIB, NS_PER_MS, NS_PER_S, NS_PER_US } from '../base/units.ts';

export const UNITS: ReadonlyMap<string, { readonly kind: 'time' | 'size'; readonly scale: number }> = new Map(
  [
    ['ns', { kind: 'time', scale: 1 }],
    ['us', { kind: 'time', scale: NS_PER_US }],
    ['ms', { kind: 'time', scale: NS_PER_MS }],
    ['s', { kind: 'time', scale: NS_PER_S }],
    ['min', { kind: 'time', scale: 60 * NS_PER_S }],
    ['h', { kind: 'time', scale: 3600 * NS_PER_S }],
    ['B', { kind: 'size', scale: 1 }],
    ['KiB', { kind: 'size', scale: KIB }],
    ['MiB', { kind: 'size', scale: MIB }],
    ['GiB', { kind: 'size', scale: GIB }],
    ['TiB', { kind: 'size', scale: 1024 * GIB }],
  ],
);

/** What people write out of habit, and what it is called here. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['k', 'KiB'],
  ['kb', 'KiB'],
  ['m', 'MiB'],
  ['mb', 'MiB'],
  ['g', 'GiB'],
  ['gb', 'GiB'],
  ['sec', 's'],
  ['secs', 's'],
  ['second', 's'],
  ['seconds', 's'],
  ['msec', 'ms'],
  ['msecs', 'ms'],
  ['millis', 'ms'],
  ['usec', 'us'],
  ['nsec', 'ns'],
  ['b', 'B'],
]);

/** The unit that a word was meant to be, if it looks like one. */
export function unitMeant(word: string): string | undefined {
  if (UNITS.has(word)) return undefined;
  const lower = word.toLowerCase();
  for (const unit of UNITS.keys()) if (unit.toLowerCase() === lower) return unit;
  return FOREIGN.get(lower);
}
