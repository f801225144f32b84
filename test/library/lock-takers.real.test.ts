import { describe, expect, it } from 'vitest';
import { attach } from '../../src/ambulance/attach.ts';
import { DEFAULT_LIMITS, Meter } from '../../src/ambulance/limits.ts';
import { PhysicalCache } from '../../src/ambulance/physical-cache.ts';
import { openSubject } from '../../src/ambulance/subject.ts';
import { SHIPPED } from '../support/library.ts';
import { whyNoGuest } from '../support/real-guest.ts';
import { StockMemory } from '../support/stock-memory.ts';

const missing = whyNoGuest();
if (missing !== undefined) console.log(`left out, for want of a real guest: ${missing}`);

/** Functions in whose text the address of a variable stands as a 32-bit immediate, as their source calls them. */
function functionsThatName(variables: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const patient = new StockMemory().patient([]);
  const memory = new PhysicalCache(patient, new Meter(DEFAULT_LIMITS));
  const opened = openSubject(patient, memory, attach(patient, memory), SHIPPED);
  if (!opened.ok) throw new Error(opened.message);
  const kernel = opened.value;
  const [start, end] = [kernel.symbol('_stext') ?? 0, kernel.symbol('_etext') ?? 0];
  const text = Buffer.alloc(end - start);
  for (let at = start; at < end; at += 4096) {
    const page = kernel.space.bytes(at, Math.min(4096, end - at));
    if (page) text.set(page, at - start);
  }
  const naming = (variable: string): ReadonlySet<string> => {
    const functions = new Set<string>();
    const word = Buffer.alloc(4);
    word.writeInt32LE((kernel.symbol(variable) ?? 0) | 0);
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
      functions.add(kernel.functionAt(start + at).replace(/\..*$/, ''));
    return functions;
  };
  return new Map(variables.map((variable) => [variable, naming(variable)]));
}

describe.skipIf(missing !== undefined)('who takes a well-known lock of a stock kernel', () => {
  it('is known by name, so that no holder is taken for nobody', () => {
    const locks = ['tasklist_lock', 'sb_lock', 'inode_hash_lock'];
    for (const [lock, functions] of functionsThatName(locks)) {
      const known = new Set(SHIPPED.lists?.[`take_${lock}`]);
      expect(functions.size, lock).toBeGreaterThan(8);
      expect(
        [...functions].filter((name) => !known.has(name)),
        lock,
      ).toEqual([]);
    }
  });
});
