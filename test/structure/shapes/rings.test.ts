// The walk of a circular list from both sides, on memory laid out by hand.
import { describe, expect, it } from 'vitest';
import { Ring } from '../../../src/structure/shapes/ring.ts';
import { FlatSpace } from '../../support/flat-space.ts';

const HEAD = 0x4000;
const at = (index: number): number => (index < 0 ? HEAD : 0x1_0000 + index * 0x40);

function ringOf(count: number): FlatSpace {
  const memory = new FlatSpace();
  for (let index = -1; index < count; index++) {
    memory.put(at(index), at(index === count - 1 ? -1 : index + 1));
    memory.put(at(index) + 8, at(index === -1 ? count - 1 : index - 1));
  }
  return memory;
}

function walked(memory: FlatSpace, limit = 1000): Ring {
  const ring = new Ring(memory.space, HEAD, { next: 0, prev: 8 }, { step: () => true }, limit);
  while (ring.advance());
  return ring;
}
const faults = (memory: FlatSpace) =>
  walked(memory).faults.map(({ code, node, side, expected }) => [code, node, side, expected]);

describe('a ring', () => {
  it('is walked in batches, and ends at its limit', () => {
    expect(walked(ringOf(600))).toMatchObject({ complete: true, exhausted: false, faults: [] });
    expect(walked(ringOf(600)).nodes).toHaveLength(600);
    expect(walked(ringOf(600), 300)).toMatchObject({ complete: false, exhausted: true });
  });

  it.each([
    ['next', 0],
    ['prev', 8],
  ] as const)('with any one %s damaged costs that one link and no entry', (side, offset) => {
    for (const value of [0n, 0xdead_0000_0000_0122n, 0x7777_0000n, BigInt(at(5)), BigInt(at(2) + 8)]) {
      for (let node = -1; node < 8; node++) {
        const memory = ringOf(8);
        if (memory.get(at(node) + offset) === Number(value)) continue;
        const before = memory.get(at(node) + offset);
        memory.put(at(node) + offset, value);
        const ring = walked(memory);
        expect(ring.faults, `${node} ${side} ${value}`).toMatchObject([
          { node: at(node), side, expected: before },
        ]);
        expect(ring.nodes).toHaveLength(8);
        expect(ring.complete).toBe(true);
      }
    }
  });

  it('names the value: poison, NULL, wild, a cycle, somebody else', () => {
    const next = (value: number | bigint): unknown => {
      const memory = ringOf(8);
      memory.put(at(3), value);
      return faults(memory)[0]?.[0];
    };
    expect(next(0xdead_0000_0000_0100n)).toBe('LIST_NEXT_POISON');
    expect(next(0)).toBe('LIST_NULL');
    expect(next(0x7777_0000)).toBe('LIST_NEXT_WILD');
    expect(next(at(1))).toBe('LIST_CYCLE');
    expect(next(at(6))).toBe('LIST_BACKLINK');
  });

  it('is not taken in by a link that is one word off', () => {
    const memory = ringOf(1);
    // Read as a list_head, the word before the only entry has the entry's next where its prev would be: the head. Which
    // of the head's links is wrong nothing says, and no entry is made up.
    memory.put(HEAD, at(0) - 8);
    const ring = walked(memory);
    expect(ring.nodes).toEqual([]);
    expect(ring.complete).toBe(false);
    expect(ring.faults.map(({ node, expected }) => [node, expected])).toEqual([
      [HEAD, undefined],
      [HEAD, undefined],
    ]);
  });

  it('with both links of an entry damaged still has the entry', () => {
    const memory = ringOf(5);
    memory.put(at(2), 0);
    memory.put(at(2) + 8, 0);
    expect(faults(memory)).toEqual([
      ['LIST_NULL', at(2), 'prev', at(1)],
      ['LIST_NULL', at(2), 'next', at(3)],
    ]);
  });

  it('with a gap that neither side can cross is not complete', () => {
    const memory = ringOf(8);
    memory.put(at(2), 0x7777_0000);
    memory.put(at(5) + 8, 0x7777_0000);
    const ring = walked(memory);
    expect(ring.complete).toBe(false);
    expect(ring.nodes).toEqual([at(0), at(1), at(2), at(5), at(6), at(7)]);
    expect(ring.faults.map((one) => one.expected)).toEqual([undefined, undefined]);
  });
});
