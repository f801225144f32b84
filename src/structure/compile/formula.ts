import { CPU_MEMBERS } from '../../model/formula-functions.ts';
import type { Formula, TypeModel } from '../../model/structure.ts';
import { lacks, signedResult } from '../../model/typing.ts';
import { arithmetic, compare, negate } from './arithmetic.ts';
import { castOf, elementPlace, perCpuPlace, symbolPlace } from './anchors.ts';
import { callOf } from './calls.ts';
import { literal } from './code.ts';
import type { Compiled, Context, Place } from './context.ts';
import { missing, resolved, sizeOf, typed } from './context.ts';
import { addressOf, entryPlace, follow, memberPlace } from './place.ts';
import { addressValue, asNumber, asPair, constant, exact } from './value.ts';
import { compileAddress, compileCondition, compileNumber, compileValue, signOf } from './values.ts';

const COUNT_LIMIT = 2 ** 32;

/** The code that works a formula out, and where its result stands. */
export function compileFormula(formula: Formula, context: Context): Compiled {
  const { tables } = context;
  switch (formula.kind) {
    case 'int':
      return { kind: 'value', value: constant(formula.value), type: { kind: 'number', signed: undefined } };
    case 'bool':
      return { kind: 'bool', code: formula.value ? 'true' : 'false' };
    case 'text':
      return { kind: 'text', code: `R.texts[${tables.texts.index(formula.value)}]` };
    case 'name':
      return context.names.get(formula.name) ?? missing(`name ${formula.name}`);
    case 'element':
      return context.element ?? missing('element');
    case 'symbol':
      return { kind: 'place', place: symbolPlace(context, formula.name) };
    case 'member':
      return memberOf(formula, context);
    case 'index':
      return indexOf(formula, context);
    case 'cast':
      return castOf(compileFormula(formula.of, context), formula.type, context);
    case 'address':
      return addressed(compileFormula(formula.of, context), context);
    case 'unary':
      return unaryOf(formula, context);
    case 'binary':
      return binaryOf(formula, context);
    case 'conditional':
      return conditionalOf(formula, context);
    case 'call':
      return callOf(formula, context);
    case 'sizeof': {
      const bytes = sizeOf(formula.type, context.scope.source);
      return {
        kind: 'value',
        value: exact(literal(bytes), bytes, bytes),
        type: { kind: 'number', signed: undefined },
      };
    }
    default:
      return missing(`single value in a ${formula.kind}`);
  }
}

function memberOf(formula: Formula & { kind: 'member' }, context: Context): Compiled {
  const of = compileFormula(formula.of, context);
  const { code } = context;
  if (of.kind === 'cpu') {
    const member = CPU_MEMBERS.get(formula.name);
    if (!member) return missing(`CPU member ${formula.name}`);
    const read = code.keep(`${of.code}.${member.name}`);
    if (member.gives === 'bool' || member.gives === 'text') return { kind: member.gives, code: read };
    if (member.gives === 'address')
      return {
        kind: 'value',
        value: addressValue(context.code, read),
        type: { kind: 'pointer', to: { kind: 'void' } },
      };
    return { kind: 'value', value: exact(read, 0, COUNT_LIMIT), type: { kind: 'number', signed: false } };
  }
  if (formula.name === 'index' && of.kind === 'place' && of.place.position !== undefined) {
    return {
      kind: 'value',
      value: exact(of.place.position, 0, COUNT_LIMIT),
      type: { kind: 'number', signed: false },
    };
  }
  // Of a walk it is what the pointer was read from that knows how far it has come.
  if (formula.name === 'index' && of.kind === 'value' && of.from?.position !== undefined) {
    return {
      kind: 'value',
      value: exact(of.from.position, 0, COUNT_LIMIT),
      type: { kind: 'number', signed: false },
    };
  }
  return { kind: 'place', place: memberPlace(context, of, formula.name) };
}

function indexOf(formula: Formula & { kind: 'index' }, context: Context): Compiled {
  const { code, tables, bail, quiet, scope } = context;
  const over = typed(formula.of, context);
  if (over.kind === 'elements' && over.locator !== undefined) {
    const locator = tables.locators.index(over.locator);
    const which = compileValue(formula.index, context);
    const key =
      which.kind === 'value'
        ? asNumber(code, which.value)
        : which.kind === 'text'
          ? which.code
          : missing('name or number');
    const base = code.keep(`R.${which.kind === 'text' ? 'called' : 'numbered'}(${locator}, ${key})`);
    code.line(`if (${base} !== ${base}) { ${quiet ? '' : `R.noElement(${locator}, ${key});`} ${bail} }`);
    return { kind: 'place', place: elementPlace(context, over.locator, over.of, base) };
  }
  const index = compileNumber(formula.index, context);
  if (over.kind === 'symbol' && over.per_cpu !== undefined && over.per_cpu !== 'opaque') {
    const symbol = compileFormula(formula.of, context);
    if (symbol.kind !== 'place') return missing('symbol');
    const cpu = asNumber(code, index.value);
    return { kind: 'place', place: perCpuPlace(context, symbol.place, over.per_cpu, cpu) };
  }
  const of = compileFormula(formula.of, context);
  if (of.kind === 'place' && of.place.type?.kind === 'array')
    return {
      kind: 'place',
      place: entryPlace(context, of, index.value, index.from ?? boundOf(formula.index, context)),
    };
  const pointed = follow(context, of);
  const type: TypeModel =
    pointed.named === '' ? (pointed.type ?? { kind: 'void' }) : { kind: 'named', name: pointed.named };
  const [cpu, bytes] = [asNumber(code, index.value), sizeOf(type, scope.source)];
  const base = code.keep(`R.copyOrEntry(${pointed.base}, ${cpu}, ${bytes})`);
  const text = [...(pointed.via?.text ?? pointed.text), '[', { hole: 'number', atom: cpu } as const, ']'];
  return {
    kind: 'place',
    place: {
      ...pointed,
      base,
      value: addressValue(context.code, base),
      text,
      position: cpu,
      object: { type: pointed.named, base },
    },
  };
}

/** Where it is said how far a number runs that an index is made of. */
function boundOf(index: Formula, context: Context): Place | undefined {
  if (index.kind === 'binary') return boundOf(index.left, context) ?? boundOf(index.right, context);
  const named = index.kind === 'name' ? context.names.get(index.name) : undefined;
  return named?.kind === 'value' ? named.bound : undefined;
}

function addressed(of: Compiled, context: Context): Compiled {
  if (of.kind !== 'place') return missing('address');
  const to =
    of.place.named === ''
      ? (of.place.type ?? { kind: 'void' as const })
      : { kind: 'named' as const, name: of.place.named };
  return { kind: 'value', value: addressOf(context, of.place), type: { kind: 'pointer', to } };
}

function unaryOf({ operator, operand }: Formula & { kind: 'unary' }, context: Context): Compiled {
  if (operator === 'not') return { kind: 'bool', code: `!(${compileCondition(operand, context)})` };
  const { value, type, from } = compileNumber(operand, context);
  return {
    kind: 'value',
    value: negate(context.code, operator, value),
    type: type.kind === 'number' ? type : { kind: 'number', signed: false },
    from,
  };
}

function binaryOf(formula: Formula & { kind: 'binary' }, context: Context): Compiled {
  const { operator, left, right } = formula;
  const { code } = context;
  if (operator === 'and' && lacks(left, context.scope)) return { kind: 'bool', code: 'false' };
  if (operator === 'and' || operator === 'or') {
    const result = code.variable(compileCondition(left, context));
    code.block(`if (${operator === 'and' ? '' : '!'}${result})`, () =>
      code.line(`${result} = ${compileCondition(right, context)};`),
    );
    return { kind: 'bool', code: result };
  }
  if (operator === 'in') return { kind: 'bool', code: isIn(left, right, context) };
  const one = compileValue(left, context);
  const other = compileValue(right, context);
  if (operator === '==' || operator === '!=') {
    if (one.kind === 'value' && other.kind === 'value')
      return {
        kind: 'bool',
        code: `(${compare(code, operator, one.value, other.value, [undefined, undefined])})`,
      };
    if (one.kind === 'place' && other.kind === 'place') {
      const [a, b] = [addressOf(context, one.place), addressOf(context, other.place)];
      return { kind: 'bool', code: `(${compare(code, operator, a, b, [false, false])})` };
    }
    if ((one.kind === 'text' || one.kind === 'bool') && one.kind === other.kind)
      return { kind: 'bool', code: `(${one.code} ${operator}= ${other.code})` };
    return missing(`comparison of a ${one.kind} with a ${other.kind}`);
  }
  if (one.kind !== 'value' || other.kind !== 'value') return missing('number');
  const signs = [signOf(one.type), signOf(other.type)] as const;
  if (ORDERS.has(operator))
    return { kind: 'bool', code: `(${compare(code, operator, one.value, other.value, signs)})` };
  const signed = signedResult(one.type, other.type, operator);
  const zero = (test: string): void =>
    code.line(`if (${test}) { ${context.quiet ? '' : 'R.zeroDivisor();'} ${context.bail} }`);
  const value = arithmetic(code, operator, one.value, other.value, signed === true, zero);
  return { kind: 'value', value, type: { kind: 'number', signed }, from: one.from ?? other.from };
}

const ORDERS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

/** `x in a..b`, `x in [a, b]`, `x in order.state`, `x in tasks`. */
function isIn(left: Formula, right: Formula, context: Context): string {
  const { code, tables } = context;
  if (right.kind === 'range') {
    const one = compileNumber(left, context);
    const low = compileNumber(right.low, context);
    const high = compileNumber(right.high, context);
    const above = compare(code, '<=', low.value, one.value, [signOf(low.type), signOf(one.type)]);
    return `(${above} && ${compare(code, '<=', one.value, high.value, [signOf(one.type), signOf(high.type)])})`;
  }
  if (right.kind === 'set') {
    const items = right.items.map((item): Formula => ({
      kind: 'binary',
      operator: '==',
      left,
      right: item,
      span: item.span,
    }));
    // Read once, before the blocks in which it is compared.
    compileValue(left, context);
    const result = code.variable('false');
    for (const item of items)
      code.block(`if (!${result})`, () => code.line(`${result} = ${compileCondition(item, context)};`));
    return result;
  }
  if (right.kind === 'enumeration') {
    const type = resolved(right.type, context.scope.source);
    if (type.kind !== 'enum') return missing('enumeration');
    const { value } = compileNumber(left, context);
    const values = new Set(type.values.map((one) => Number(BigInt.asIntN(64, one.value))));
    if (values.size <= FEW && type.bytes <= 4)
      return compared([...values], type.bytes, asNumber(code, value));
    const signed = [...values].some((one) => one < 0);
    const set = tables.number_sets.index(values, JSON.stringify([...values].sort((a, b) => a - b)));
    const number = asNumber(code, value);
    // A negative enumerator is stored in as many bytes as the enum has.
    const wrapped =
      signed && type.bytes < 8
        ? `(R.number_sets[${set}].has(${number}) || R.number_sets[${set}].has(${number} - ${2 ** (type.bytes * 8)}))`
        : `R.number_sets[${set}].has(${number})`;
    return wrapped;
  }
  const over = typed(right, context);
  if (over.kind !== 'elements' || over.locator === undefined) return missing('set');
  const { value } = compileAddress(left, context);
  const parent =
    right.kind === 'member' ? `, ${asNumber(code, compileAddress(right.of, context).value)}` : '';
  const found = code.keep(
    `R.indexIn(${tables.locators.index(over.locator)}, ${asNumber(code, value)}${parent})`,
  );
  code.line(`if (${found} !== ${found}) ${context.bail}`);
  return `${found} >= 0`;
}

/** Enumerators that are compared one by one. */
const FEW = 8;

/** A negative enumerator is stored in as many bytes as the enum has. */
function compared(values: readonly number[], bytes: number, number: string): string {
  const both = values.flatMap((one) => (one < 0 ? [one, one + 2 ** (bytes * 8)] : [one]));
  return both.length === 0 ? 'false' : `(${both.map((one) => `${number} === ${literal(one)}`).join(' || ')})`;
}

function conditionalOf(formula: Formula & { kind: 'conditional' }, context: Context): Compiled {
  const { code } = context;
  if (lacks(formula.condition, context.scope)) return compileFormula(formula.otherwise, context);
  const type = typed(formula, context);
  const test = compileCondition(formula.condition, context);
  if (type.kind === 'bool' || type.kind === 'text') {
    const result = code.variable(type.kind === 'bool' ? 'false' : '""');
    const branch = (of: Formula): void => {
      const made = compileValue(of, context);
      if (made.kind !== 'bool' && made.kind !== 'text') return missing('result');
      code.line(`${result} = ${made.code};`);
    };
    code.block(`if (${test})`, () => branch(formula.then));
    code.block('else', () => branch(formula.otherwise));
    return { kind: type.kind, code: result };
  }
  const [high, low] = [code.variable('0'), code.variable('0')];
  const branch = (of: Formula): void => {
    const pair = asPair(code, compileNumber(of, context).value);
    code.line(`${high} = ${pair.high}; ${low} = ${pair.low};`);
  };
  code.block(`if (${test})`, () => branch(formula.then));
  code.block('else', () => branch(formula.otherwise));
  return { kind: 'value', value: { form: 'wide', high, low }, type };
}
