import type { Formula } from '../../model/structure.ts';
import type { Compiled, Context, Place } from './context.ts';
import { resolved, Unlinkable } from './context.ts';
import { unmapped } from './place.ts';
import type { Value } from './value.ts';
import { addressValue, asNumber, asPair, constant, exact } from './value.ts';
import { compileAddress, compileFormula, compileNumber, compileValue } from './values.ts';

export type Call = Formula & { kind: 'call' };

export function argument(call: Call, index: number): Formula {
  const found = call.args[index];
  if (!found) throw new Unlinkable('NO_TYPE', `${call.function} lacks an argument`);
  return found;
}

export function number(value: Value): Compiled {
  return { kind: 'value', value, type: { kind: 'number', signed: false } };
}

/** A call that goes through no elements. */
export function plainCall(call: Call, context: Context): Compiled {
  const { code, tables } = context;
  const address = (index: number): ReturnType<typeof compileAddress> =>
    compileAddress(argument(call, index), context);
  const bool = (expression: string, from?: Place): Compiled => ({
    kind: 'bool',
    code: code.keep(expression),
    from,
  });
  switch (call.function) {
    case 'u8_at':
    case 'u16_at':
    case 'u32_at':
    case 'u64_at':
      return {
        kind: 'place',
        place: bytesAt(context, address(0), Number(/\d+/.exec(call.function)?.[0]) / 8),
      };
    case 'swab16':
    case 'swab32':
    case 'swab64':
      return number(swapped(context, call.function, compileNumber(argument(call, 0), context).value));
    case 'bits': {
      const pair = asPair(code, compileNumber(argument(call, 0), context).value);
      return number(exact(code.keep(`R.ones(${pair.high}) + R.ones(${pair.low})`), 0, 64));
    }
    case 'crc32c':
    case 'first_other': {
      const at = address(0);
      const rest = call.args.slice(1).map((one) => asNumber(code, compileNumber(one, context).value));
      const found = code.keep(
        `R.${call.function === 'crc32c' ? 'crc32c' : 'firstOther'}(${[at.space, asNumber(code, at.value), ...rest].join(', ')})`,
      );
      lost(context, `${found} !== ${found}`, at);
      return number(call.function === 'crc32c' ? exact(found, 0, 2 ** 32 - 1) : addressValue(code, found));
    }
    case 'first_changed':
    case 'booted': {
      const at = address(0);
      const rest = call.args.slice(1).map((one) => asNumber(code, compileNumber(one, context).value));
      const runtime = call.function === 'booted' ? 'booted' : 'firstChanged';
      const found = code.keep(`R.${runtime}(${[at.space, asNumber(code, at.value), ...rest].join(', ')})`);
      lost(context, `${found} !== ${found}`, at);
      return number(call.function === 'booted' ? exact(found, 0, 255) : addressValue(code, found));
    }
    case 'filled': {
      const at = address(0);
      const base = asNumber(code, at.value);
      const [length, byte] = [1, 2].map((one) =>
        asNumber(code, compileNumber(argument(call, one), context).value),
      );
      const found = code.keep(`R.firstOther(${at.space}, ${base}, ${length}, ${byte})`);
      lost(context, `${found} !== ${found}`, at);
      return bool(`${found} === ${base} + ${length}`, at.from);
    }
    case 'printable': {
      const at = address(0);
      const place = at.from;
      const length =
        call.args.length > 1
          ? asNumber(code, compileNumber(argument(call, 1), context).value)
          : `${place?.type?.kind === 'array' ? place.type.count : 64}`;
      const found = code.keep(`R.printable(${at.space}, ${asNumber(code, at.value)}, ${length})`);
      lost(context, `${found} === undefined`, at);
      return { kind: 'bool', code: found, from: place };
    }
    case 'held': {
      const at = address(0);
      const byte = code.keep(`${at.space}.u8(${asNumber(code, at.value)})`);
      lost(context, `${byte} !== ${byte}`, at);
      return bool(`${byte} !== 0`, at.from);
    }
    case 'mapped': {
      const at = address(0);
      return bool(`${at.space}.mapped(${asNumber(code, at.value)})`, at.from);
    }
    case 'canonical': {
      const at = address(0);
      const base = asNumber(code, at.value);
      return bool(`${base} >= -140737488355328 && ${base} < 140737488355328`, at.from);
    }
    case 'is_function':
    case 'in_text': {
      const at = address(0);
      return bool(
        `R.${call.function === 'in_text' ? 'inText' : 'isFunction'}(${asNumber(code, at.value)})`,
        at.from,
      );
    }
    case 'function_at':
      return { kind: 'text', code: code.keep(`R.functionAt(${asNumber(code, address(0).value)})`) };
    case 'symbol_start':
    case 'symbol_end':
      return number(
        addressValue(
          code,
          code.keep(
            `R.${call.function === 'symbol_start' ? 'symbolStart' : 'symbolEnd'}(${asNumber(code, address(0).value)})`,
          ),
        ),
      );
    case 'contains':
      return bool(`${text(call, 0, context)}.includes(${text(call, 1, context)})`);
    case 'enumerator': {
      const [of, name] = [argument(call, 0), argument(call, 1)];
      const seen = of.kind === 'text' && resolved({ kind: 'named', name: of.value }, context.scope.source);
      const found =
        seen && seen.kind === 'enum' && name.kind === 'text'
          ? seen.values.find((one) => one.name === name.value)
          : undefined;
      if (!found)
        throw new Unlinkable(
          'NO_TYPE',
          `BTF has no ${of.kind === 'text' ? of.value : ''}.${name.kind === 'text' ? name.value : ''}`,
        );
      return number(constant(found.value));
    }
    case 'exists': {
      const symbol = argument(call, 0);
      if (symbol.kind !== 'symbol') throw new Unlinkable('NO_TYPE', 'exists() is about a symbol');
      tables.optional.add(symbol.name);
      const address = code.keep(`R.symbols[${tables.symbols.index(symbol.name)}]`);
      return bool(`${address} === ${address}`);
    }
    case 'behind':
    case 'takes': {
      const cpu = compileFormula(argument(call, 0), context);
      const set = argument(call, 1);
      const names =
        set.kind === 'set' ? set.items.map((item) => (item.kind === 'text' ? item.value : '')) : [];
      if (cpu.kind !== 'cpu') throw new Unlinkable('NO_TYPE', `${call.function}() is about a CPU`);
      return bool(
        `R.${call.function}(${cpu.code}, R.text_sets[${tables.text_sets.index(names, names.join('\n'))}])`,
      );
    }
    default:
      throw new Unlinkable('NO_TYPE', `there is no function ${call.function}`);
  }
}

function text(call: Call, index: number, context: Context): string {
  const made = compileValue(argument(call, index), context);
  if (made.kind !== 'text') throw new Unlinkable('NO_TYPE', 'a text is needed');
  return made.code;
}

/** A place that a number stands for. */
function bytesAt(context: Context, at: ReturnType<typeof compileAddress>, bytes: number): Place {
  const base = asNumber(context.code, at.value);
  return {
    space: at.space,
    base,
    value: at.value,
    offset: 0,
    type: {
      kind: 'int',
      name: `u${bytes * 8}`,
      bytes: bytes as 1 | 2 | 4 | 8,
      signed: false,
      big_endian: false,
    },
    named: '',
    text: [{ hole: 'address', atom: base }],
    ...(at.from ? { via: at.from } : {}),
  };
}

/** What was to be read at a number cannot be: the place that the number came from is to blame. */
function lost(context: Context, test: string, at: ReturnType<typeof compileAddress>): void {
  if (at.from)
    return unmapped(context, test, {
      ...at.from,
      ...(at.from.type?.kind === 'pointer' ? { via: at.from } : {}),
    });
  unmapped(context, test, bytesAt(context, at, 1));
}

function swapped(context: Context, name: string, value: Value): Value {
  const { code } = context;
  if (name === 'swab16') {
    const low = asPair(code, value).low;
    return exact(code.keep(`((${low} & 0xff) << 8) | ((${low} >>> 8) & 0xff)`), 0, 0xffff);
  }
  const pair = asPair(code, value);
  if (name === 'swab32') return exact(code.keep(`R.swap32(${pair.low})`), 0, 2 ** 32 - 1);
  return {
    form: 'wide',
    high: code.keep(`R.swap32(${pair.low}) | 0`),
    low: code.keep(`R.swap32(${pair.high}) | 0`),
  };
}
