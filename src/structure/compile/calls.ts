import type { Formula } from '../../model/structure.ts';
import { elementScope, lacks } from '../../model/typing.ts';
import type { Compiled, Context, Place } from './context.ts';
import { typed, Unlinkable } from './context.ts';
import { elementPlace } from './anchors.ts';
import { forEach } from './loops.ts';
import type { Call } from './plain-calls.ts';
import { argument, number, plainCall } from './plain-calls.ts';
import { compare } from './arithmetic.ts';
import type { Value } from './value.ts';
import { addressValue, asNumber, asPair, constant, exact } from './value.ts';
import { compileAddress, compileCondition, compileFormula, compileNumber, signOf } from './values.ts';

const ELEMENTS_LIMIT = 2 ** 21;

/** A call of one of model/formula-functions.ts. */
export function callOf(call: Call, context: Context): Compiled {
  if (call.function === 'has') return { kind: 'bool', code: `${!lacks(call, context.scope)}` };
  typed(call, context);
  switch (call.function) {
    case 'count':
      return count(call, context);
    case 'sum':
      return sum(call, context);
    case 'any':
    case 'all':
      return anyOrAll(call, context);
    case 'min':
    case 'max':
      return extreme(call, context);
    case 'depth':
    case 'head':
      return depth(call, context);
    case 'root':
      return rootOf(call, context);
    default:
      return plainCall(call, context);
  }
}

/** What is concluded from all elements is concluded only when all were found. */
function whole(over: Formula, context: Context): void {
  const type = typed(over, context);
  if (type.kind !== 'elements' || type.locator === undefined) return;
  const locator = context.tables.locators.index(type.locator);
  const parent =
    over.kind === 'member' ? `, ${asNumber(context.code, compileAddress(over.of, context).value)}` : '';
  context.code.line(`if (!R.whole(${locator}${parent})) ${context.bail}`);
}

function count(call: Call, context: Context): Compiled {
  const over = argument(call, 0);
  const { code, tables } = context;
  whole(over, context);
  const type = typed(over, context);
  if (
    call.args.length === 1 &&
    type.kind === 'elements' &&
    type.locator !== undefined &&
    over.kind === 'collection'
  ) {
    return number(
      exact(code.keep(`R.elements(${tables.locators.index(type.locator)}).length`), 0, ELEMENTS_LIMIT),
    );
  }
  const found = code.variable('0');
  each(call, context, (inner) => {
    if (call.args.length === 1) code.line(`${found}++;`);
    else code.line(`if (${compileCondition(argument(call, 1), inner)}) ${found}++;`);
  });
  return number(exact(found, 0, ELEMENTS_LIMIT));
}

/** Goes through the first argument with its element at hand. */
function each(call: Call, context: Context, visit: (inner: Context, stop: string) => void): void {
  const over = argument(call, 0);
  const scope = elementScope(typed(over, context), context.scope, call.span);
  if ('kind' in scope) throw new Unlinkable('NO_TYPE', scope.message);
  forEach(over, context, (element, inner, stop) => visit({ ...inner, scope, element }, stop));
}

function sum(call: Call, context: Context): Compiled {
  const { code } = context;
  whole(argument(call, 0), context);
  const [high, low] = [code.variable('0'), code.variable('0')];
  each(call, context, (inner) => {
    const pair = asPair(code, compileNumber(argument(call, 1), inner).value);
    const next = code.keep(`(${low} >>> 0) + (${pair.low} >>> 0)`);
    code.line(
      `${high} = (${high} + ${pair.high} + (${next} >= 4294967296 ? 1 : 0)) | 0; ${low} = ${next} | 0;`,
    );
  });
  return number({ form: 'wide', high, low });
}

function anyOrAll(call: Call, context: Context): Compiled {
  const { code } = context;
  const any = call.function === 'any';
  whole(argument(call, 0), context);
  const result = code.variable(any ? 'false' : 'true');
  each(call, context, (inner, stop) => {
    const test = compileCondition(argument(call, 1), inner);
    code.line(`if (${any ? test : `!(${test})`}) { ${result} = ${any ? 'true' : 'false'}; ${stop} }`);
  });
  return { kind: 'bool', code: result };
}

function extreme(call: Call, context: Context): Compiled {
  const { code } = context;
  const least = call.function === 'min';
  whole(argument(call, 0), context);
  const type = typed(call, context);
  const start = asPair(code, constant(least ? (1n << 64n) - 1n : 0n));
  const [high, low, first] = [code.variable(start.high), code.variable(start.low), code.variable('true')];
  each(call, context, (inner) => {
    const one = compileNumber(argument(call, 1), inner);
    const pair = asPair(code, one.value);
    const [kept, seen]: readonly Value[] = [
      { form: 'wide', high, low },
      { form: 'wide', ...pair },
    ];
    const sign = signOf(one.type);
    const better = compare(code, '<', (least ? seen : kept) as Value, (least ? kept : seen) as Value, [
      sign,
      sign,
    ]);
    code.line(
      `if (${first} || ${better}) { ${high} = ${pair.high}; ${low} = ${pair.low}; ${first} = false; }`,
    );
  });
  return { kind: 'value', value: { form: 'wide', high, low }, type };
}

function depth(call: Call, context: Context): Compiled {
  const { code, tables, bail } = context;
  const over = argument(call, 0);
  const type = typed(over, context);
  if (type.kind === 'elements' && type.locator !== undefined) {
    whole(over, context);
    return number(exact(code.keep(`R.height(${tables.locators.index(type.locator)})`), 0, ELEMENTS_LIMIT));
  }
  const made = compileFormula(over, context);
  if (made.kind !== 'place' || type.kind !== 'place' || type.locator === undefined)
    throw new Unlinkable('NO_TYPE', `${call.function} of what is no element`);
  const { elements, index } = made.place.element ?? looked(context, made.place, type.locator, bail);
  if (call.function === 'head') return number(addressValue(code, code.keep(`${elements}.headOf(${index})`)));
  if (call.args.length === 1)
    return number(exact(code.keep(`${elements}.depthOf(${index})`), 0, ELEMENTS_LIMIT));
  const found = code.variable('0');
  const at = code.fresh();
  const scope = elementScope(type, context.scope, call.span);
  if ('kind' in scope) throw new Unlinkable('NO_TYPE', scope.message);
  code.block(`for (let ${at} = ${index}; ${at} >= 0; ${at} = ${elements}.parentOf(${at}))`, () => {
    code.line(`if (!R.step()) break;`);
    const base = code.keep(`${elements}.bases[${at}]`);
    const element: Compiled = {
      kind: 'place',
      place: elementPlace(context, type.locator as string, type, base, { elements, index: at }),
    };
    code.line(`if (${compileCondition(argument(call, 1), { ...context, scope, element })}) ${found}++;`);
  });
  return number(exact(found, 0, ELEMENTS_LIMIT));
}

/** An element that no loop has bound: looked up by its address. */
function looked(
  context: Context,
  place: Place,
  locator: string,
  bail: string,
): { elements: string; index: string } {
  const { code, tables } = context;
  const which = tables.locators.index(locator);
  const index = code.keep(`R.indexIn(${which}, ${place.base})`);
  code.line(`if (!(${index} >= 0)) ${bail}`);
  return { elements: code.keep(`R.elements(${which})`), index };
}

function rootOf(call: Call, context: Context): Compiled {
  const { code, tables } = context;
  const over = argument(call, 0);
  const type = typed(over, context);
  const result = typed(call, context);
  if (type.kind !== 'elements' || type.locator === undefined)
    throw new Unlinkable('NO_TYPE', 'root of what is no locator');
  return {
    kind: 'value',
    value: addressValue(code, code.keep(`R.first(${tables.locators.index(type.locator)})`)),
    type: result,
  };
}
