import type { TypeModel } from '../../model/structure.ts';
import { BASIC, OF_C } from './basic-types.ts';
import { evaluate } from '../evaluate.ts';
import { fail } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Expr, Name, TypeExpr } from '../tree.ts';
import { kernelType } from '../../model/kernel-source.ts';
import { AGGREGATES, ENUMS, TYPEDEFS } from '../../model/kernel-types.ts';
import { membersOf } from './members.ts';
import { isWrongStruct, STRUCT_LIMIT, typeExtent } from './type-context.ts';
import type { TypeContext } from './type-context.ts';

/** An array has at most this many entries. */
const ARRAY_LIMIT = 1 << 24;
/** And so many indices. */
const DIMENSIONS = 8;

/** Reads a type; undefined when there is no such thing, which is reported. */
export function typeModel(expr: TypeExpr, context: TypeContext): TypeModel | undefined {
  const { scope } = context;
  const { base } = expr;
  const by_value = expr.pointers === 0;
  let type = baseOf(expr, context, by_value);
  if (type === undefined) return undefined;
  for (let at = 0; at < expr.pointers; at++) type = { kind: 'pointer', to: type };
  if (expr.lengths.length > DIMENSIONS)
    return fail(scope, 'E1004', expr, `an array has at most ${DIMENSIONS} dimensions`, 'too many');
  for (const length of expr.lengths.toReversed()) {
    const count = length === undefined ? undefined : arrayLength(length, scope);
    if (length === undefined) {
      const help = 'write how many there are, as in `u64[15]`; of what has no fixed length, a pointer';
      return fail(scope, 'E1004', expr, 'an array needs its length', 'of how many?', help);
    }
    if (count === undefined) return undefined;
    type = { kind: 'array', of: type, count };
    if ((typeExtent(type, context)?.bytes ?? 0) > STRUCT_LIMIT)
      return fail(scope, 'E1004', expr, `an array has at most ${STRUCT_LIMIT} bytes`, 'too large');
  }
  if (
    type.kind === 'array' &&
    typeExtent(type.of, context) === undefined &&
    base.kind === 'name' &&
    !isWrongStruct(type, context)
  )
    return fail(
      scope,
      'E1008',
      expr,
      `how large a \`${base.name.text}\` is only the guest knows`,
      'of what size?',
      'use an array of pointers',
    );
  return type;
}

function baseOf(expr: TypeExpr, context: TypeContext, by_value: boolean): TypeModel | undefined {
  const { base } = expr;
  switch (base.kind) {
    case 'name':
      return namedOf(base.name, context, by_value);
    case 'enum':
      return enumOf(base, expr, context.scope);
    case 'struct':
    case 'union': {
      const read = membersOf(base.members, base.kind === 'union', expr, context);
      return (
        read && { kind: 'aggregate', union: base.kind === 'union', members: read.members, bytes: read.bytes }
      );
    }
  }
}

function namedOf(name: Name, context: TypeContext, by_value: boolean): TypeModel | undefined {
  const basic = BASIC.get(name.text);
  if (basic !== undefined) return basic;
  if (knows(name, context, by_value)) return { kind: 'named', name: name.text };
  const meant = OF_C.get(name.text);
  const names = [
    ...BASIC.keys(),
    ...context.names.structs.keys(),
    ...context.scope.unit.structs.keys(),
    ...context.scope.unit.shipped.structs.keys(),
    ...AGGREGATES.keys(),
    ...TYPEDEFS.keys(),
    ...ENUMS.keys(),
  ];
  const help =
    meant === undefined
      ? (didYouMean(name.text, names) ?? 'declare it')
      : `write \`${meant}\`: types say how wide they are`;
  const near = help.startsWith('did') || meant !== undefined;
  return fail(
    context.scope,
    'E1002',
    name,
    `there is no type \`${name.text}\``,
    'unknown',
    near ? help : "declare it with `struct`, or import it; the guest's own are declared with `from guest`",
  );
}

function knows(name: Name, context: TypeContext, by_value: boolean): boolean {
  if (context.scope.unit.structs.has(name.text)) {
    context.struct(name.text, name, by_value);
    return true;
  }
  return context.names.source.named(name.text) !== undefined || kernelType(name.text) !== undefined;
}

function arrayLength(expr: Expr, scope: Scope): number | undefined {
  const value = evaluate(expr, scope);
  if (value === undefined) return undefined;
  const count = value.kind === 'int' ? Number(value.value) : -1;
  if (count >= 1 && count <= ARRAY_LIMIT) return count;
  const message = `an array has 1 to ${ARRAY_LIMIT} entries`;
  return fail(scope, 'E1004', expr, message, value.kind === 'int' ? 'out of range' : 'no number');
}

function enumOf(
  { name, values }: TypeExpr['base'] & { kind: 'enum' },
  expr: TypeExpr,
  scope: Scope,
): TypeModel | undefined {
  const basic = BASIC.get(name?.text ?? 'u32');
  if (basic?.kind !== 'int' || basic.big_endian) {
    const help = 'as in `enum u8 { open = 0, filled = 1 }`';
    return fail(
      scope,
      'E1002',
      name ?? expr,
      `an enumeration is no \`${name?.text}\``,
      'not a whole number',
      help,
    );
  }
  const seen = new Map<string, Name>();
  const read: { name: string; value: bigint }[] = [];
  let next = 0n;
  for (const one of values) {
    const value = one.value === undefined ? undefined : evaluate(one.value, scope);
    if (one.value !== undefined && value?.kind !== 'int') {
      if (value !== undefined)
        fail(scope, 'E1007', one.value, `the value of \`${one.name.text}\` is no number`, 'not a number');
      return undefined;
    }
    const said = value?.kind === 'int' ? value.value : next;
    next = said + 1n;
    const limit = 1n << BigInt(basic.bytes * 8);
    // What is negative is held, and compared, as the bits that it has.
    const number = said < 0n && said >= -limit / 2n ? said + limit : said;
    const twin = seen.get(one.name.text) ?? values[read.findIndex((other) => other.value === number)]?.name;
    if (twin !== undefined) {
      const what = twin.text === one.name.text ? `\`${twin.text}\`` : `the value ${number}`;
      fail(scope, 'E1007', one.name, `an enumeration has ${what} twice`, 'again', undefined, [
        { span: { file: scope.unit.file, start: twin.start, end: twin.end }, text: 'first here' },
      ]);
      continue;
    }
    if (number < 0n || number >= limit) {
      const at = one.value ?? one.name;
      fail(
        scope,
        'E1007',
        at,
        `${number} does not fit into a \`${basic.name}\``,
        number < 0n ? `at least ${-limit / 2n}` : `at most ${limit - 1n}`,
      );
      continue;
    }
    seen.set(one.name.text, one.name);
    read.push({ name: one.name.text, value: number });
  }
  return { kind: 'enum', bytes: basic.bytes, values: read };
}
