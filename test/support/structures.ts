import type { FlatSpace } from './flat-space.ts';
import { int_type, named, pointer_to, span } from './formulas.ts';
import type {
  Formula,
  LibraryModel,
  LocatorModel,
  MemberModel,
  Message,
  RepairModel,
  Statement,
  StructModel,
  TypeModel,
  ValidatorModel,
} from '../../src/model/structure.ts';
import { link } from '../../src/structure/link.ts';
import type { Surroundings } from '../../src/structure/session.ts';
import { Session } from '../../src/structure/session.ts';

/**
 * A struct by its members, laid out as C does; `name: type` with `*T`, `T[n]` and the names of other structs in
 * `known`.
 */
export function struct(
  name: string,
  members: Readonly<Record<string, string>>,
  known: readonly StructModel[] = [],
): StructModel {
  let [at, widest] = [0, 1];
  const made: MemberModel[] = Object.entries(members).map(([member, text]) => {
    const type = typeOf(text);
    const [bytes, alignment] = extent(type, known);
    const offset = Math.ceil(at / alignment) * alignment;
    at = offset + bytes;
    widest = Math.max(widest, alignment);
    return { name: member, type, offset, span };
  });
  return { name, from_guest: false, members: made, bytes: Math.ceil(at / widest) * widest, span };
}

export function typeOf(text: string): TypeModel {
  if (text.startsWith('*')) {
    const array = /^(.*)\[(\d+)\]$/.exec(text);
    if (array) return { kind: 'array', of: typeOf(array[1] as string), count: Number(array[2]) };
    return pointer_to(typeOf(text.slice(1)));
  }
  const array = /^(.*)\[(\d+)\]$/.exec(text);
  if (array) return { kind: 'array', of: typeOf(array[1] as string), count: Number(array[2]) };
  if (text === 'char' || text === 'bool' || text === 'void') return { kind: text };
  return /^(u|s|be)(8|16|32|64)$/.test(text) ? int_type(text) : named(text);
}

function extent(type: TypeModel, known: readonly StructModel[]): [bytes: number, alignment: number] {
  switch (type.kind) {
    case 'int':
      return [type.bytes, type.bytes];
    case 'pointer':
      return [8, 8];
    case 'array': {
      const [bytes, alignment] = extent(type.of, known);
      return [bytes * type.count, alignment];
    }
    case 'named': {
      const found = known.find(({ name }) => name === type.name);
      if (!found) throw new Error(`no struct ${type.name}`);
      return [found.bytes, Math.max(...found.members.map((one) => extent(one.type, known)[1]))];
    }
    default:
      return [1, 1];
  }
}

export const KERNEL_STRUCTS: readonly StructModel[] = [
  struct('list_head', { next: '*list_head', prev: '*list_head' }),
  struct('hlist_node', { next: '*hlist_node', pprev: '*void' }),
  struct('hlist_head', { first: '*hlist_node' }),
  struct('llist_node', { next: '*llist_node' }),
  struct('llist_head', { first: '*llist_node' }),
  struct('rb_node', { __rb_parent_color: 'u64', rb_right: '*rb_node', rb_left: '*rb_node' }),
  struct('rb_root', { rb_node: '*rb_node' }),
  struct('rb_root_cached', { rb_node: '*rb_node', rb_leftmost: '*rb_node' }),
];

export function locator(
  name: string,
  shape: LocatorModel['shape'],
  of: string,
  from: Formula,
  more: Partial<LocatorModel> = {},
): LocatorModel {
  return {
    name,
    shape,
    of: typeOf(of),
    via: [],
    from: [from],
    including_head: false,
    step: [],
    key: [],
    label: [],
    id: [],
    limit: 1_048_576,
    shipped: false,
    span,
    ...more,
  };
}

export function validator(
  name: string,
  body: readonly Statement[],
  repairs: readonly RepairModel[] = [],
): ValidatorModel {
  return { name, body, repairs, codes: [], shipped: false, span };
}

export function require_(
  condition: Formula,
  code: string,
  message: Message = [],
  more: Partial<Statement & { kind: 'require' }> = {},
): Statement {
  return { kind: 'require', condition, code, message, span, ...more };
}

export function each(name: string, over: Formula, ...body: Statement[]): Statement {
  return { kind: 'each', name, over, body, span };
}

export function let_(name: string, value: Formula): Statement {
  return { kind: 'let', name, value, span };
}

export function library(
  structs: readonly StructModel[],
  locators: readonly LocatorModel[],
  validators: readonly ValidatorModel[],
): LibraryModel {
  return { structs: [...KERNEL_STRUCTS, ...structs], locators, validators };
}

/** A library at work on memory that was laid out by hand. */
export function sessionOn(
  of: LibraryModel,
  memory: FlatSpace,
  symbols: Readonly<Record<string, number>>,
  more: Partial<Surroundings> = {},
): Session {
  let steps = 0;
  return new Session(link(of, undefined, memory.space.fold), {
    kernel: memory.space,
    process: () => memory.space,
    symbol: (name) => symbols[name],
    perCpuBase: (cpu) => 0x8_0000 + cpu * 0x1000,
    cpu_count: 2,
    cpus: [],
    isFunction: (address) => address === 0x5000,
    inText: (address) => address >= 0x5000 && address < 0x6000,
    functionAt: () => 'somewhere',
    symbolAround: () => [NaN, NaN],
    budget: { step: () => ++steps <= 2_000_000 },
    finding_limit: 16,
    ...more,
  });
}
