import { assert } from '../../../base/assert.ts';
import { substream } from '../../../base/random.ts';
import type { CAggregate, CMember, CType } from '../../../model/c-types.ts';
import { AGGREGATES, ENUMS, membersOf, namedType, underlying } from '../../../model/kernel-types.ts';

/** A member where it lies. Bits count from the start of the struct; `bits` is 0 unless it is a bit-field. */
interface PlacedMember {
  readonly name: string;
  readonly type: CType;
  readonly bit_offset: number;
  readonly bits: number;
}

export interface Placed {
  readonly bytes: number;
  readonly align: number;
  readonly members: readonly PlacedMember[];
}

/**
 * The one layout table: every constant of the guest's code, its BTF and the OFFSETs of its VMCOREINFO come from here.
 * Immutable.
 */
export interface Layout {
  readonly seed: number;
  sizeOf(type: string | CType): number;
  /** Bytes from the start of a type to a member: `se.run_node`, `clock_base[1].active`. The path must exist. */
  offset(type: string, path: string): number;
  placed(aggregate: CAggregate | (CType & { kind: 'anonymous' })): Placed;
}

/** Bytes at the first or last place of a struct that may not move: Linux's asm and its RANDSTRUCT markers pin them. */
const PINNED: Readonly<Record<string, { readonly first: number; readonly last: number }>> = {
  task_struct: { first: 2, last: 1 },
};

const cache = new Map<number, Layout>();

/** The layout that a seed gives; 0 keeps the declared order. A pure function: the cache holds what it gave before. */
export function layoutOf(seed: number): Layout {
  const known = cache.get(seed);
  if (known) return known;
  const made = makeLayout(seed);
  if (cache.size >= 64) cache.clear();
  cache.set(seed, made);
  return made;
}

function makeLayout(seed: number): Layout {
  const structs = new Map<object, Placed>();

  function placed(aggregate: CAggregate | (CType & { kind: 'anonymous' })): Placed {
    const known = structs.get(aggregate);
    if (known) return known;
    const packed = 'packed' in aggregate && aggregate.packed;
    const order =
      'randomized' in aggregate && aggregate.randomized ? permuted(aggregate, seed) : aggregate.members;
    const result = aggregate.union ? placeUnion(order) : placeStruct(order, packed);
    structs.set(aggregate, result);
    return result;
  }

  function placeStruct(members: readonly CMember[], packed: boolean): Placed {
    let at = 0;
    let align = 1;
    let bit = 0;
    const out: PlacedMember[] = [];
    for (const { name, type, bits } of members) {
      const [bytes, wanted] = measure(type);
      const own = packed ? 1 : wanted;
      align = Math.max(align, own);
      // Bit-fields share a unit of their type while they fit.
      if (bits > 0 && bit > 0 && bit + bits <= bytes * 8) {
        out.push({ name, type, bit_offset: (at - bytes) * 8 + bit, bits });
        bit += bits;
        continue;
      }
      at = Math.ceil(at / own) * own;
      out.push({ name, type, bit_offset: at * 8, bits });
      bit = bits;
      at += bytes;
    }
    return { bytes: Math.ceil(at / align) * align, align, members: out };
  }

  function placeUnion(members: readonly CMember[]): Placed {
    const sizes = members.map((member) => measure(member.type));
    const align = Math.max(...sizes.map(([, each]) => each));
    const bytes = Math.ceil(Math.max(...sizes.map(([each]) => each)) / align) * align;
    return {
      bytes,
      align,
      members: members.map(({ name, type, bits }) => ({ name, type, bit_offset: 0, bits })),
    };
  }

  /** Size and alignment. */
  function measure(type: CType): readonly [number, number] {
    const seen = underlying(type);
    switch (seen.kind) {
      case 'int':
        return [seen.bytes, seen.bytes];
      case 'pointer':
        return [8, 8];
      case 'enum': {
        const bytes = ENUMS.get(seen.name)?.bytes ?? 4;
        return [bytes, bytes];
      }
      case 'array': {
        const [bytes, align] = measure(seen.of);
        return [bytes * seen.length, align];
      }
      case 'anonymous': {
        const { bytes, align } = placed(seen);
        return [bytes, align];
      }
      case 'aggregate': {
        const aggregate = AGGREGATES.get(seen.name);
        assert(aggregate, `no struct ${seen.name}`);
        const { bytes, align } = placed(aggregate);
        return [bytes, align];
      }
      default:
        return [1, 1];
    }
  }

  function find(type: CType, name: string): { type: CType; offset: number } | undefined {
    const seen = underlying(type);
    const inner =
      seen.kind === 'aggregate' ? AGGREGATES.get(seen.name) : seen.kind === 'anonymous' ? seen : undefined;
    if (!inner || !membersOf(seen)) return undefined;
    for (const member of placed(inner).members) {
      if (member.name === name) return { type: member.type, offset: member.bit_offset >> 3 };
      const inside = member.name === '' ? find(member.type, name) : undefined;
      if (inside) return { type: inside.type, offset: (member.bit_offset >> 3) + inside.offset };
    }
    return undefined;
  }

  return {
    seed,
    placed,
    sizeOf: (type) => measure(typeof type === 'string' ? named(type) : type)[0],
    offset(name, path) {
      let type = named(name);
      let offset = 0;
      for (const part of path.match(/[A-Za-z_]\w*|\[\d+\]/g) ?? []) {
        if (part.startsWith('[')) {
          const seen = underlying(type);
          assert(seen.kind === 'array', `${name}.${path}: no array`);
          offset += Number(part.slice(1, -1)) * measure(seen.of)[0];
          type = seen.of;
        } else {
          const member = find(type, part);
          assert(member, `${name} has no ${path}`);
          offset += member.offset;
          type = member.type;
        }
      }
      return offset;
    },
  };
}

function named(name: string): CType {
  const type = namedType(name);
  assert(type, `no type ${name}`);
  return type;
}

/** Fisher-Yates over the members that may move, each struct with numbers of its own. */
function permuted(aggregate: CAggregate, seed: number): readonly CMember[] {
  if (seed === 0) return aggregate.members;
  const { first, last } = PINNED[aggregate.name] ?? { first: 0, last: 0 };
  const members = aggregate.members.slice();
  const random = substream(seed, `randstruct ${aggregate.name}`);
  for (let index = members.length - last - 1; index > first; index--) {
    const other = first + random.below(index - first + 1);
    [members[index], members[other]] = [members[other] as CMember, members[index] as CMember];
  }
  return members;
}
