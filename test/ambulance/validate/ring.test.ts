import { describe, expect, it } from 'vitest';
import { walkRing } from '../../../src/ambulance/validate/ring.ts';
import type { Ring } from '../../../src/ambulance/validate/ring.ts';
import { substream } from '../../../src/base/random.ts';
import { FlatSpace } from '../../support/flat-space.ts';

const LINKS = { next: 0, prev: 8 };
const HEAD = 0x8000;
const node = (index: number): number => 0x9000 + index * 0x40;

/** A sound ring of that many entries. */
function ringOf(count: number): FlatSpace {
  const flat = new FlatSpace();
  const all = [HEAD, ...Array.from({ length: count }, (_, index) => node(index))];
  all.forEach((at, index) => {
    flat.put(at, all[(index + 1) % all.length] as number);
    flat.put(at + 8, all[(index + all.length - 1) % all.length] as number);
  });
  return flat;
}

function walk(flat: FlatSpace, limit = 1000): Ring {
  return walkRing(flat.space, HEAD, LINKS, flat.meter, limit);
}

const all = (count: number): number[] => Array.from({ length: count }, (_, index) => node(index));

describe('a ring', () => {
  it.each([0, 1, 2, 9])('of %i entries that is sound has them all and no fault', (count) => {
    expect(walk(ringOf(count))).toEqual({ nodes: all(count), faults: [], complete: true, exhausted: false });
  });

  it.each([
    ['next', 0n, 'LIST_NULL'],
    ['prev', 0n, 'LIST_NULL'],
    ['next', 0xdead_0000_0000_0100n, 'LIST_NEXT_POISON'],
    ['prev', 0xdead_0000_0000_0122n, 'LIST_PREV_POISON'],
    ['next', 0xffff_8880_0000_0000n, 'LIST_NEXT_WILD'],
    ['prev', 0x1234_5678_9abc_def0n, 'LIST_PREV_WILD'],
    ['next', BigInt(node(4) + 1), 'LIST_NEXT_WILD'],
    ['next', BigInt(node(6)), 'LIST_BACKLINK'],
    ['next', BigInt(node(1)), 'LIST_CYCLE'],
    ['next', BigInt(node(3)), 'LIST_CYCLE'],
    ['next', BigInt(HEAD), 'LIST_BACKLINK'],
    ['prev', BigInt(HEAD), 'LIST_BACKLINK'],
    ['prev', BigInt(node(0)), 'LIST_BACKLINK'],
    ['prev', BigInt(node(7)), 'LIST_CYCLE'],
  ] as const)('%s set to %s costs one finding, at the link that was written, and no entry: %s', (side, value, code) => {
    const flat = ringOf(9);
    flat.put(node(3) + LINKS[side], value);
    const { nodes, faults, complete } = walk(flat);
    expect(nodes).toEqual(all(9));
    expect(complete).toBe(true);
    const expected = side === 'next' ? node(4) : node(2);
    expect(faults).toEqual([{ node: node(3), side, code, expected }]);
  }); // prettier-ignore

  it.each(['next', 'prev'] as const)("the head's own %s is told like any other", (side) => {
    const flat = ringOf(5);
    flat.put(HEAD + LINKS[side], 0);
    const ring = walk(flat);
    expect(ring.nodes).toEqual(all(5));
    expect(ring.faults).toEqual([{ node: HEAD, side, code: 'LIST_NULL', expected: side === 'next' ? node(0) : node(4) }]); // prettier-ignore
  });

  it('both links of one entry are two findings, and the entry is still counted where neighbours lead to it', () => {
    const flat = ringOf(9);
    flat.put(node(3), 0);
    flat.put(node(3) + 8, 0);
    const ring = walk(flat);
    expect(ring.nodes).toEqual(all(9));
    expect(ring.faults.map(({ node: at, side }) => [at, side])).toEqual([
      [node(3), 'prev'],
      [node(3), 'next'],
    ]);
  });

  it('two damaged next links leave the stretch between them known by its prev links', () => {
    const flat = ringOf(9);
    flat.put(node(2), 0);
    flat.put(node(6), 0);
    const ring = walk(flat);
    expect(ring.nodes).toEqual(all(9));
    expect(ring.faults.map((fault) => [fault.node, fault.side, fault.expected])).toEqual([
      [node(6), 'next', node(7)],
      [node(2), 'next', node(3)],
    ]);
  });

  it('what neither side reaches makes it incomplete', () => {
    const flat = ringOf(9);
    flat.put(node(2), 0);
    flat.put(node(6) + 8, 0);
    const ring = walk(flat);
    expect(ring.complete).toBe(false);
    expect(ring.nodes).toEqual([...all(3), ...all(9).slice(6)]);
  });

  it('longer than its limit is exhausted, not followed', () => {
    const ring = walk(ringOf(40), 10);
    expect(ring.exhausted).toBe(true);
    expect(ring.nodes.length).toBeLessThanOrEqual(11);
  });

  it('any damage whatever ends in bounded steps', () => {
    const random = substream(3, 'ring');
    for (let turn = 0; turn < 300; turn++) {
      const flat = ringOf(12);
      for (let word = 0; word < 1 + random.below(10); word++) {
        const at = random.below(13);
        flat.put(
          (at === 12 ? HEAD : node(at)) + 8 * random.below(2),
          node(random.below(14)) + random.below(2) * 8,
        );
      }
      walk(flat);
      expect(flat.meter.steps).toBeLessThan(100);
    }
  });
});
