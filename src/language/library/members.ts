import type { MemberModel, TypeModel } from '../../model/structure.ts';
import { docAbove } from '../docs.ts';
import { fail, label, spanOf } from '../scope.ts';
import { clauseNamed, clausesOf, wantInt } from '../settings.ts';
import type { Broken, Member, Name, Node } from '../tree.ts';
import { alignUp } from './layout.ts';
import type { Extent } from './layout.ts';
import { isWrongStruct, STRUCT_LIMIT, typeExtent } from './type-context.ts';
import type { TypeContext } from './type-context.ts';

/** Members of a struct or union where they lie, by the x86-64 psABI. */
export interface Laid {
  readonly members: readonly MemberModel[];
  /** A multiple of `align`. */
  readonly bytes: number;
  readonly align: number;
}

const BITS = ['bits'];

/** Undefined when a member is wrong, which is reported. */
export function membersOf(
  nodes: readonly (Member | Broken)[],
  union: boolean,
  at: Node,
  context: TypeContext,
): Laid | undefined {
  const { scope } = context;
  const members: MemberModel[] = [];
  const laid = { bits: 0, bytes: 0, align: 1 };
  const seen = new Map<string, Name>();
  let sound = true;
  for (const node of nodes) {
    if (node.kind === 'broken' || scope.problems.full(scope.unit.file)) {
      sound = false;
      continue;
    }
    const member = readMember(node, union, laid, context);
    if (member === undefined) {
      sound = false;
      if (node.name !== undefined) seen.set(node.name.text, node.name);
      continue;
    }
    for (const name of namesOf(node, member)) {
      const twin = seen.get(name.text);
      if (twin === undefined) {
        seen.set(name.text, name);
        continue;
      }
      sound = false;
      const first = label(scope.unit, twin, 'first here');
      fail(scope, 'E1006', name, `there are two members \`${name.text}\``, 'again', undefined, [first]);
    }
    members.push(member);
  }
  if (sound && members.length === 0) {
    const what = union ? 'union' : 'struct';
    return fail(scope, 'E1009', at, `a ${what} has at least one member`, 'nothing in it');
  }
  if (laid.bytes > STRUCT_LIMIT)
    return fail(scope, 'E1008', at, `a struct has at most ${STRUCT_LIMIT} bytes`, 'too large');
  return sound ? { members, bytes: alignUp(laid.bytes, laid.align), align: laid.align } : undefined;
}

/** The name of a member; of one without, the names that are found through it. */
function namesOf(node: Member, member: MemberModel): readonly Name[] {
  if (node.name !== undefined) return [node.name];
  const inner =
    node.type.base.kind === 'name' || node.type.base.kind === 'enum' ? [] : node.type.base.members;
  const deeper = member.type.kind === 'aggregate' ? member.type.members : [];
  return inner.flatMap((one, at) =>
    one.kind === 'member' && deeper[at] !== undefined ? namesOf(one, deeper[at]) : [],
  );
}

interface Filling {
  /** Bits in use, bit-fields included. */
  bits: number;
  bytes: number;
  align: number;
}

function readMember(
  node: Member,
  union: boolean,
  laid: Filling,
  context: TypeContext,
): MemberModel | undefined {
  const { scope } = context;
  const head = node.name ?? { text: 'a member', start: node.start, end: node.start };
  const clauses = clausesOf(head, node.clauses, BITS, scope);
  const type = context.type(node.type, context);
  if (type === undefined) return undefined;
  if (node.name === undefined && type.kind !== 'aggregate') {
    return fail(
      scope,
      'E1009',
      node,
      'only a struct or a union has members that need no name',
      'of what name?',
      'write `name: type`',
    );
  }
  const extent = typeExtent(type, context);
  if (extent === undefined) {
    if (isWrongStruct(type, context)) return undefined;
    const help = type.kind === 'void' ? 'write `*void`' : 'use a pointer to it';
    return fail(scope, 'E1008', node.type, 'how large this is only the guest knows', 'of what size?', help);
  }
  const width = clauseNamed(clauses, 'bits');
  const bits = width && wantInt(width.values, width.word, { low: 1, high: 64 }, scope);
  if (width !== undefined && bits === undefined) return undefined;
  if (bits !== undefined && !fitsBits(type, bits, node, context)) return undefined;
  const doc = docAbove(scope.unit, node.start);
  const more = { ...(doc === undefined ? {} : { doc }), span: spanOf(scope.unit, node) };
  return { name: node.name?.text ?? '', type, ...place(extent, bits, union, laid), ...more };
}

function fitsBits(type: TypeModel, bits: number, node: Member, { scope }: TypeContext): boolean {
  const whole = type.kind === 'int' || type.kind === 'enum' ? type.bytes * 8 : type.kind === 'bool' ? 1 : 0;
  if (bits <= whole && !(type.kind === 'int' && type.big_endian)) return true;
  const message =
    whole === 0 || bits <= whole
      ? 'only a number of the machine has single bits'
      : `a bit-field of ${bits} bits is wider than its type`;
  fail(scope, 'E1005', node, message, whole === 0 ? 'not a number' : `it has ${whole}`);
  return false;
}

/** Puts a member behind the others: a bit-field goes on in its unit when it does not cross the end of one. */
function place(
  extent: Extent,
  bits: number | undefined,
  union: boolean,
  laid: Filling,
): Pick<MemberModel, 'offset' | 'bits'> {
  laid.align = Math.max(laid.align, extent.align);
  if (union) {
    laid.bytes = Math.max(laid.bytes, bits === undefined ? extent.bytes : Math.ceil(bits / 8));
    return { offset: 0, ...(bits === undefined ? {} : { bits: { from: 0, width: bits } }) };
  }
  if (bits === undefined) {
    const offset = alignUp(Math.ceil(laid.bits / 8), extent.align);
    laid.bytes = offset + extent.bytes;
    laid.bits = laid.bytes * 8;
    return { offset };
  }
  const unit = extent.bytes * 8;
  const first = Math.floor(laid.bits / unit);
  const last = Math.floor((laid.bits + bits - 1) / unit);
  const start = first === last ? laid.bits : alignUp(laid.bits, unit);
  laid.bits = start + bits;
  laid.bytes = Math.ceil(laid.bits / 8);
  const offset = Math.floor(start / unit) * extent.bytes;
  return { offset, bits: { from: start - offset * 8, width: bits } };
}
