import type { Shape, TypeModel } from '../../model/structure.ts';
import { findMember, resolveType } from '../../model/type-source.ts';
import { fail } from '../scope.ts';
import { single } from '../settings.ts';
import { didYouMean } from '../suggest.ts';
import type { Clause, Expr, Step } from '../tree.ts';
import type { Context } from './context.ts';
import { spelled } from '../../model/formula-types.ts';
import { memberNames } from './members-of.ts';
import { SHAPES } from './shapes.ts';

/** `via se.run_node`, `label comm`: members of an element, by name. */
export function memberPath(
  clause: Clause | undefined,
  word: string,
  shape: Shape,
  of: TypeModel,
  context: Context,
): readonly string[] {
  const expr = clause && single(clause.values, clause.word, context.scope);
  if (expr === undefined) return [];
  const path = fieldsOf(expr);
  if (path === undefined) {
    fail(
      context.scope,
      'E1013',
      expr,
      `\`${word}\` takes a member of an element`,
      'no member',
      `as in \`${word} ${word === 'via' ? 'link' : 'id'}\``,
    );
    return [];
  }
  const type = follow(path, of, context);
  if (type === undefined) return [];
  if (type !== 'opaque') checkRole(word, shape, type, expr, context);
  return path.map((one) => one.name);
}

interface Part {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

function fieldsOf(expr: Expr): readonly Part[] | undefined {
  const steps: readonly Step[] | undefined =
    expr.kind === 'path' || expr.kind === 'fieldpath' ? expr.steps : undefined;
  if (steps === undefined || steps.some((step) => step.kind !== 'field')) return undefined;
  const parts = steps.map((step) => step as Step & { kind: 'field' });
  return expr.kind === 'path'
    ? [{ name: expr.root.text, start: expr.root.start, end: expr.root.end }, ...parts]
    : parts;
}

/** The type of a member of members; undefined when there is none, which is reported. */
export function follow(
  path: readonly Part[],
  of: TypeModel,
  { scope, names }: Context,
): TypeModel | 'opaque' | undefined {
  let type = of;
  for (const part of path) {
    const member = findMember(type, part.name, names.source);
    if (member === 'opaque') return 'opaque';
    if (member === undefined) {
      // A struct of the file that is wrong was told.
      if (type.kind === 'named' && scope.unit.structs.has(type.name) && !names.structs.has(type.name))
        return undefined;
      const help = didYouMean(part.name, memberNames(type, names.source), 'its members are');
      return fail(
        scope,
        'E1022',
        part,
        `\`${spelled(type)}\` has no member \`${part.name}\``,
        'unknown',
        help,
      );
    }
    ({ type } = member);
  }
  return type;
}

function checkRole(word: string, shape: Shape, type: TypeModel, at: Expr, { scope, names }: Context): void {
  const { source } = names;
  if (word === 'via') {
    const { links } = SHAPES[shape];
    if (links === undefined || (type.kind === 'named' && links.includes(type.name))) return;
    const message = `a \`${shape}\` goes through members of type \`${links.join('` or `')}\`, and this is \`${spelled(type)}\``;
    fail(scope, 'E1014', at, message, 'another type');
    return;
  }
  const seen = resolveType(type, source);
  if (seen === 'opaque' || seen === undefined) return;
  const inner = seen.kind === 'array' ? seen.of : seen.kind === 'pointer' ? seen.to : undefined;
  const chars = inner && resolveType(inner, source);
  const known = chars === undefined || chars === 'opaque' ? undefined : chars;
  // The kernel points at texts by `unsigned char *`, too.
  const bytes = seen.kind === 'pointer' && known?.kind === 'int' && known.bytes === 1;
  const text = known?.kind === 'char' || bytes;
  if (word === 'label' && !text)
    fail(
      scope,
      'E1015',
      at,
      `\`label\` takes a text, and this is \`${spelled(type)}\``,
      'no `char` array',
      'by a number elements are named with `id`',
    );
  const number = ['int', 'enum', 'char', 'bool', 'pointer'].includes(seen.kind);
  if (word !== 'label' && !number && !(seen.kind === 'array' && !text))
    fail(scope, 'E1015', at, `\`${word}\` takes a number, and this is \`${spelled(type)}\``, 'not a number');
}
