import type { Formula, Message } from '../../model/structure.ts';
import { numberField } from '../../model/number-field.ts';
import { lacks, typeOf } from '../../model/typing.ts';
import type { Compiled, Context, Place, Text } from './context.ts';
import { addressCode, holesOf, load } from './place.ts';
import { sizeOf } from './context.ts';
import type { Rule } from './tables.ts';
import { asNumber, asPair } from './value.ts';
import { compileCondition, compileFormula, compileValue, signOf } from './values.ts';

/** What is said when a requirement does not hold: whom to blame, in which words, what is expected. */
export interface Complaint {
  readonly rule: number;
  readonly condition: Formula;
  readonly message: Message;
  readonly at?: Formula;
  readonly expected?: Formula;
}

/** A rule's message without its values. */
export function wordsOf(message: Message): Rule['message'] {
  return message.map((part) => (typeof part === 'string' ? { text: part } : part.format));
}

/** Code that puts a finding together. What cannot be read for it is left out. */
export function complain(complaint: Complaint, context: Context, then: (quiet: Context) => void): void {
  context.code.rarely(() => putTogether(complaint, context, then));
}

function putTogether(complaint: Complaint, context: Context, then: (quiet: Context) => void): void {
  const { code } = context;
  code.block(`if (R.begin(${complaint.rule}))`, () => {
    const part = (make: (inner: Context) => void): void =>
      code.labelled((label) => make({ ...context, quiet: true, bail: `break ${label};` }));
    part((inner) => blame(complaint, inner));
    complaint.message.forEach((one, index) => {
      if (typeof one !== 'string') part((inner) => say(one, index, inner));
    });
    const { expected } = complaint;
    if (expected) part((inner) => expect(expected, inner));
    tellLoops(context);
    then({ ...context, quiet: true });
    code.line('R.end();');
  });
}

/** What is gone through where a finding is made, the innermost first: that is to blame where nothing else is. */
export function tellLoops({ code, loops }: Context): void {
  for (const [depth, loop] of loops.entries()) {
    code.line(`R.${depth === 0 ? 'under' : 'within'}(${loop.elements}, ${loop.index});`);
  }
}

function blame(complaint: Complaint, context: Context): void {
  if (complaint.at) {
    const place = placeOf(compileFormula(complaint.at, context));
    if (place) accuse(place, context);
    return;
  }
  accuseIn(complaint.condition, context);
}

/** Of two conditions that had to hold, the one that does not. */
function accuseIn(condition: Formula, context: Context): void {
  const { code } = context;
  if (condition.kind === 'binary' && condition.operator === 'and' && lacks(condition.left, context.scope))
    return;
  if (condition.kind === 'binary' && condition.operator === 'and') {
    const holds = code.keep(compileCondition(condition.left, context));
    code.block(`if (${holds})`, () => accuseIn(condition.right, context));
    code.block('else', () => accuseIn(condition.left, context));
    return;
  }
  const blamed = blamedBy(condition);
  const found = blamed && typeOf(blamed, context.scope).kind !== 'wrong' ? blamed : undefined;
  const place = found && placeOf(compileFormula(found, context));
  if (place) accuse(place, context);
}

function placeOf(made: Compiled): Place | undefined {
  return made.kind === 'place' ? made.place : made.from;
}

/** The formula whose place is wrong when a condition does not hold: the first path on its left side. */
export function blamedBy(condition: Formula): Formula | undefined {
  switch (condition.kind) {
    case 'binary':
      return blamedBy(condition.left) ?? blamedBy(condition.right);
    case 'unary':
      return blamedBy(condition.operand);
    case 'conditional':
      return blamedBy(condition.condition);
    case 'call':
      if (OF_ALL.has(condition.function)) return undefined;
      return condition.function.endsWith('_at') && condition.function !== 'function_at'
        ? condition
        : condition.args[0] && blamedBy(condition.args[0]);
    case 'address':
      return indexIn(condition.of);
    case 'name':
    case 'member':
    case 'index':
    case 'cast':
      return condition;
    default:
      return undefined;
  }
}

/** An address is nobody's fault, but what chose it may be. */
function indexIn(path: Formula): Formula | undefined {
  if (path.kind === 'index') return blamedBy(path.index) ?? indexIn(path.of);
  return path.kind === 'member' || path.kind === 'cast' ? indexIn(path.of) : undefined;
}

const OF_ALL: ReadonlySet<string> = new Set([
  'head',
  'count',
  'sum',
  'any',
  'all',
  'min',
  'max',
  'depth',
  'root',
]);

/** The name that a formula is, where it is nothing but a name. */
export function nameIn(formula: Formula | undefined): string {
  return formula?.kind === 'name' ? formula.name : '';
}

export function accuse(place: Place, context: Context): void {
  const { code, tables } = context;
  const bytes =
    place.bits || place.type === undefined || place.type.kind === 'void'
      ? 8
      : sizeOf(place.type, context.scope.source);
  const type = place.object ? tables.texts.index(place.object.type) : -1;
  const through = place.via !== undefined;
  // What a symbol that was not cast holds nobody knows, and an address is what variables hold most.
  const { kind } = place.type ?? { kind: 'void' };
  const pointer = !place.bits && (kind === 'void' || kind === 'pointer');
  code.line(
    `R.blame(${place.space}, ${addressCode(place)}, ${place.bits ? unitOf(place, context) : bytes}, ${tables.field(numberField(place.type, place.bits))}, ${type}, ${place.object?.base ?? 0}, ${tables.texts.index(place.named)}, ${through}, ${pointer}, ${tables.template(place.text)}${holesOf(place.text)});`,
  );
}

function unitOf(place: Place, context: Context): number {
  return place.type ? sizeOf(place.type, context.scope.source) : 4;
}

/** Bytes of a text behind a pointer that a message shows. */
const TEXT_LIMIT = 64;

/** One value of a message. A pointer to char is the text there, unless it is asked for as a number. */
function say(part: Exclude<Message[number], string>, index: number, context: Context): void {
  const { code } = context;
  const made = compileFormula(part.value, context);
  const value = made.kind === 'place' && isScalar(made.place) ? load(context, made.place) : made;
  switch (value.kind) {
    case 'value': {
      if (part.format === 'plain' && value.type.kind === 'pointer' && value.type.to.kind === 'char') {
        const space = value.from?.space ?? context.space;
        const text = code.keep(`R.text(${space}, ${asNumber(code, value.value)}, ${TEXT_LIMIT})`);
        return code.line(`if (${text} !== undefined) R.sayText(${index}, ${text});`);
      }
      const sign = value.type.kind === 'pointer' ? 2 : signOf(value.type) === true ? 1 : 0;
      const pair = asPair(code, value.value);
      return code.line(`R.sayNumber(${index}, ${pair.high}, ${pair.low}, ${sign});`);
    }
    case 'bool':
      return code.line(`R.sayText(${index}, (${value.code}) ? 'true' : 'false');`);
    case 'text':
      return code.line(`R.sayText(${index}, ${value.code});`);
    case 'cpu':
      return code.line(`R.sayText(${index}, String(${value.code}.index));`);
    case 'place':
      return sayPlace(value.place, index, context);
  }
}

function sayPlace(place: Place, index: number, { code, tables }: Context): void {
  const text: Text = place.text;
  code.line(`R.sayPlace(${index}, ${addressCode(place)}, ${tables.template(text)}${holesOf(text)});`);
}

function isScalar({ type }: Place): boolean {
  return type !== undefined && type.kind !== 'aggregate' && type.kind !== 'void';
}

function expect(formula: Formula, context: Context): void {
  const made = compileValue(formula, context);
  if (made.kind !== 'value') return;
  const { value } = made;
  const pair = asPair(context.code, value);
  context.code.line(`R.expect(${asNumber(context.code, value)}, ${pair.high}, ${pair.low});`);
}
