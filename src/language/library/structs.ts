import type { StructModel } from '../../model/structure.ts';
import { docAbove } from '../docs.ts';
import { fail, label, spanOf } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { clauseNamed, clausesOf, single, wantInt, wantName } from '../settings.ts';
import type { Name, Struct } from '../tree.ts';
import { BASIC } from './basic-types.ts';
import { membersOf } from './members.ts';
import type { Names } from './names.ts';
import { STRUCT_LIMIT } from './type-context.ts';
import type { TypeContext } from './type-context.ts';
import { typeModel } from './types.ts';

const CLAUSES = ['size', 'from'];
/** Structs may hold structs by value this deep. */
const NESTED = 32;

/** Elaborates the structs of a file into its names, each after those that it holds by value. */
export function readStructs(scope: Scope, names: Names): TypeContext {
  const open: string[] = [];
  const done = new Set<string>();
  const context: TypeContext = { scope, names, struct, type: typeModel };
  for (const name of scope.unit.structs.keys()) struct(name);
  return context;

  function struct(name: string, at?: Name, by_value = true): StructModel | undefined {
    const declared = scope.unit.structs.get(name);
    if (declared === undefined || declared.unit !== scope.unit || done.has(name) || !by_value)
      return names.structs.get(name);
    if (open.length >= NESTED && at !== undefined)
      return fail(scope, 'E1008', at, `structs hold structs more than ${NESTED} deep`, 'one too many');
    if (open.includes(name)) {
      const more = [label(scope.unit, declared.node.name, 'it would be endless')];
      return (
        at && fail(scope, 'E1008', at, `\`${name}\` holds itself`, 'by value', `write \`*${name}\``, more)
      );
    }
    open.push(name);
    const model = scope.problems.full(scope.unit.file) ? undefined : readStruct(declared.node, context);
    open.pop();
    done.add(name);
    if (model !== undefined) names.structs.set(name, model);
    return model;
  }
}

function readStruct(node: Struct, context: TypeContext): StructModel | undefined {
  const { scope } = context;
  const clauses = clausesOf(node.head, node.clauses, CLAUSES, scope);
  const from = clauseNamed(clauses, 'from');
  const size = clauseNamed(clauses, 'size');
  const doc = docAbove(scope.unit, node.start);
  const more = { ...(doc === undefined ? {} : { doc }), span: spanOf(scope.unit, node) };
  const { text: name } = node.name;
  if (BASIC.has(name))
    return fail(
      scope,
      'E1001',
      node.name,
      `\`${name}\` is a type of the language`,
      'taken',
      'give it another name',
    );
  if (from !== undefined) {
    const expr = single(from.values, from.word, scope);
    const guest = expr && wantName(expr, from.word, scope);
    if (guest !== undefined && guest !== 'guest')
      return fail(scope, 'E1009', from, `a struct comes \`from guest\`, not from \`${guest}\``, 'unknown');
    if (node.members !== undefined || size !== undefined) {
      const help = 'leave out `from guest`: what is written out is compared with what the guest says';
      return fail(
        scope,
        'E1009',
        node.name,
        `\`${name}\` is the guest's and is written out, too`,
        'either or',
        help,
      );
    }
    return guest === undefined ? undefined : { name, from_guest: true, members: [], bytes: 0, ...more };
  }
  if (node.members === undefined) {
    const help = `write \`struct ${name} { … }\`, or \`struct ${name} from guest\``;
    return fail(scope, 'E1009', node.name, `\`${name}\` has no members`, 'made of what?', help);
  }
  const laid = membersOf(node.members, false, node.name, context);
  const limits = { low: 1, high: STRUCT_LIMIT };
  const bytes = size && wantInt(size.values, size.word, limits, scope);
  if (laid === undefined || (size !== undefined && bytes === undefined)) return undefined;
  if (size !== undefined && bytes !== undefined && (bytes < laid.bytes || bytes % laid.align !== 0)) {
    const message =
      bytes < laid.bytes
        ? `\`${name}\` takes ${laid.bytes} bytes, and its \`size\` is ${bytes}`
        : `\`${name}\` holds what is aligned to ${laid.align} bytes, and its \`size\` is no multiple of that`;
    return fail(scope, 'E1003', size, message, 'disagrees with its members');
  }
  return { name, from_guest: false, members: laid.members, bytes: bytes ?? laid.bytes, ...more };
}
