import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula, TypeModel } from '../../model/structure.ts';
import { typeOf } from '../../model/typing.ts';
import { resolveType } from '../../model/type-source.ts';
import type { Context } from './context.ts';

/**
 * True where a condition is about one word of memory and nothing else: its range, its bits, that a function begins
 * where it leads. One store writes a word, so that no update that is half done makes it wrong; two words that must
 * agree can be caught between two stores.
 */
export function isAlone(condition: Formula, context: Context): boolean {
  const words = new Set<string>();
  return reads(condition, context, words) && words.size <= 1;
}

/** Of what the guest has compiled into it, or the rescuer knows. */
const CONSTANT: ReadonlySet<string> = new Set(['has', 'exists', 'enumerator', 'booted']);
/** Of one value. */
const OF_VALUES: ReadonlySet<string> = new Set([
  'is_function',
  'in_text',
  'mapped',
  'canonical',
  'symbol_start',
  'symbol_end',
  'bits',
  'swab16',
  'swab32',
  'swab64',
]);
const OF_MEMORY: ReadonlySet<string> = new Set([
  'u8_at',
  'u16_at',
  'u32_at',
  'u64_at',
  'filled',
  'printable',
]);

/** Collects the words that a formula reads; false where it looks at more than words that can be named. */
function reads(formula: Formula, context: Context, words: Set<string>): boolean {
  const all = (...parts: readonly Formula[]): boolean => parts.every((part) => reads(part, context, words));
  switch (formula.kind) {
    case 'int':
    case 'bool':
    case 'text':
    case 'symbol':
    case 'enumeration':
    case 'sizeof':
      return true;
    case 'name':
    case 'member':
    case 'index':
      return word(formula, context, words);
    case 'cast':
      return isPlace(typeOf(formula.of, context.scope)) ? word(formula, context, words) : all(formula.of);
    case 'address':
      if (!isFixed(formula.of)) words.add(keyOf(formula));
      return way(formula.of, context, words);
    case 'unary':
      return all(formula.operand);
    case 'binary':
      return all(formula.left, formula.right);
    case 'conditional':
      return all(formula.condition, formula.then, formula.otherwise);
    case 'range':
      return all(formula.low, formula.high);
    case 'set':
      return all(...formula.items);
    case 'call':
      if (CONSTANT.has(formula.function)) return true;
      if (OF_MEMORY.has(formula.function)) words.add(keyOf(formula));
      return (OF_MEMORY.has(formula.function) || OF_VALUES.has(formula.function)) && all(...formula.args);
    default:
      return false;
  }
}

/** The word at the end of a path; a struct there is only an address. */
function word(path: Formula, context: Context, words: Set<string>): boolean {
  const type = typeOf(path, context.scope);
  if (type.kind === 'cpu' || type.kind === 'elements' || type.kind === 'wrong') return false;
  if (!isAggregate(type, context)) words.add(keyOf(path));
  return way(path, context, words);
}

/**
 * True for the address of a variable of the kernel's. That of an element, like its index, is what other words say:
 * those that lead to it.
 */
function isFixed(path: Formula): boolean {
  return path.kind === 'symbol' || (path.kind === 'cast' && isFixed(path.of));
}

/**
 * What is read on the way to a place: pointers of it, and what chooses an entry. Names that loops and walks have bound
 * were read before.
 */
function way(path: Formula, context: Context, words: Set<string>): boolean {
  switch (path.kind) {
    case 'name':
    case 'symbol':
    case 'element':
      return true;
    case 'member':
      return step(path.of, context, words);
    case 'index':
      return step(path.of, context, words) && reads(path.index, context, words);
    case 'cast':
      return way(path.of, context, words);
    default:
      return reads(path, context, words);
  }
}

function step(of: Formula, context: Context, words: Set<string>): boolean {
  const type = typeOf(of, context.scope);
  if (type.kind === 'cpu' || type.kind === 'elements' || type.kind === 'wrong') return false;
  const follows =
    type.kind === 'pointer' || (type.kind === 'place' && kindOf(type.type, context) === 'pointer');
  return follows && of.kind !== 'name' ? reads(of, context, words) : way(of, context, words);
}

function isPlace(type: FormulaType): boolean {
  return type.kind === 'place' || type.kind === 'symbol';
}

function isAggregate(type: FormulaType, context: Context): boolean {
  return type.kind === 'place' && ['named', 'array', 'opaque'].includes(kindOf(type.type, context));
}

function kindOf(type: TypeModel, { scope }: Context): string {
  const seen = resolveType(type, scope.source);
  return seen === undefined || seen === 'opaque' ? 'opaque' : seen.kind;
}

/** The same text for the same place. */
function keyOf(formula: Formula): string {
  return JSON.stringify(formula, (name, value: unknown) =>
    name === 'span' ? undefined : typeof value === 'bigint' ? `${value}` : value,
  );
}
