import { assemble } from '../../formats/locator-code/assemble.ts';
import { formatSize, KIB, MIB } from '../../base/units.ts';
import type { Expression, Path } from '../../model/expression.ts';
import { printPath } from '../../model/print.ts';
import type { EventPattern } from '../../model/scenario.ts';
import type { ClauseRule, SubjectKind, Verb } from '../../model/verbs.ts';
import { enumWord } from '../enum-words.ts';
import { evaluate } from '../evaluate.ts';
import { mismatch, wantWord } from '../settings.ts';
import { fail, spanAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import type { Clause, Node } from '../tree.ts';
import { spelled } from '../../model/formula-types.ts';
import { bitsOf } from './fields.ts';
import { mayBeMemory } from './memory.ts';
import { dimensionOf, quietly, resolvePlace } from './place.ts';
import type { Place } from './place.ts';

const TAKES: Readonly<
  Record<SubjectKind, { readonly kinds: readonly Place['kind'][]; readonly what: string }>
> = {
  bytes: {
    kinds: ['bytes', 'register', 'task', 'lock', 'stack', 'timer', 'metadata', 'object'],
    what: 'bytes: a field, a register, an element',
  },
  lock: { kinds: ['lock'], what: 'a lock, as `web.locks["tasklist_lock"]`' },
  cpu: { kinds: ['cpu'], what: 'a CPU, as `web.cpus[0]`' },
  timer_or_interrupt: {
    kinds: ['timer', 'interrupt'],
    what: 'a timer or an interrupt, as `web.cpus[0].tick`',
  },
  stack: { kinds: ['stack'], what: 'a kernel stack, as `web.stacks["nginx"]`' },
  device: { kinds: ['device'], what: 'a device, as `web.disk0`' },
  metadata: { kinds: ['metadata'], what: 'the region, as `web.metadata`' },
  locator: { kinds: ['bytes'], what: 'a locator of the region, as `web.metadata.locators["tasks"]`' },
  task: { kinds: ['task'], what: 'a task, as `web.tasks["nginx"]`' },
  lpar: { kinds: ['lpar'], what: 'a partition' },
  cpus: { kinds: ['cpus'], what: 'the CPUs of a partition, as `web.cpus`' },
  memory: {
    kinds: ['bytes', 'task', 'lock', 'timer', 'metadata', 'object'],
    what: 'bytes in memory, as `web.tasks["nginx"].pid`',
  },
  object: {
    kinds: ['object'],
    what: 'an object of a slab cache, as `web.slabs["dentry"].objects[4]`',
  },
  ambulance: { kinds: ['ambulance'], what: 'an ambulance' },
};
/** What has bytes, many of them, and no C type. */
const MANY: ReadonlyMap<Place['kind'], string> = new Map<Place['kind'], string>([
  ['metadata', 'whole region'],
  ['stack', 'whole stack'],
  ['object', 'whole object'],
]);
const REGISTER_BYTES = 8;
/** A device completes no larger transfer. */
const DMA_BYTES = 64 * KIB;
/** Places that, behind `to`, stand for their address. */
const IN_MEMORY: ReadonlySet<Place['kind']> = new Set<Place['kind']>([
  'bytes',
  'task',
  'lock',
  'stack',
  'timer',
  'object',
]);
const ADDRESS_BITS = 64;
const TIMER_TYPES = ['timer_list', 'hrtimer'];

/** The place that a verb acts on, if it is of the kind that the verb takes. */
export function checkSubject(
  verb: Verb,
  subject: Expression,
  at: Node,
  scope: Scope,
  event: EventPattern | undefined,
): Place | undefined {
  const { kinds, what } = TAKES[verb.subject];
  const place = subject.kind === 'path' ? resolvePlace(subject.value, scope) : undefined;
  const other = verb.subject === 'locator' && !isLocator(subject);
  if (place === undefined || other || !(kinds.includes(place.kind) || isTimer(verb, place))) {
    const seen = subject.kind === 'path' ? 'another kind of place' : 'no place';
    return fail(scope, 'E0510', at, `\`${verb.name}\` takes ${what}`, seen);
  }
  const many = place.type === undefined ? MANY.get(place.kind) : spelled(place.type);
  if (verb.name === 'set' && place.width_bits === undefined && many !== undefined) {
    const help = 'set one field of it, or `fill` it';
    return fail(
      scope,
      'E0518',
      at,
      `\`set\` writes one value, and this is a ${many}`,
      'more than one value',
      help,
    );
  }
  if (verb.name === 'misregister' && (event?.event !== 'register' || event.subject !== place.lpar)) {
    const help = `write it as \`on ${place.lpar}.register: misregister …\``;
    return fail(
      scope,
      'E0512',
      at,
      '`misregister` happens at a registration and at no other time',
      'not at that moment',
      help,
    );
  }
  return place;
}

/** `web.metadata.locators["tasks"]`, the whole of it. */
function isLocator(subject: Expression): boolean {
  const steps = subject.kind === 'path' ? subject.value.steps : [];
  const [metadata, locators, index] = steps;
  const named =
    metadata?.kind === 'field' &&
    metadata.name === 'metadata' &&
    locators?.kind === 'field' &&
    locators.name === 'locators';
  return named && index?.kind === 'index' && steps.length === 3;
}

/** The text of `replace` has to be code: where it is not is told at the place in the text. */
function isCode(value: Expression, at: Node, scope: Scope): boolean {
  const assembled = value.kind === 'string' ? assemble(value.value) : undefined;
  if (assembled === undefined || assembled.ok) return true;
  const help =
    'one instruction stands on a line or before a `;`: `symbol init_task; const 8; add; dup; root`';
  fail(scope, 'E0540', at, `this is no locator code: ${assembled.message}`, 'cannot be assembled', help);
  return false;
}

function isTimer(verb: Verb, place: Place): boolean {
  if (verb.subject !== 'timer_or_interrupt' || place.type === undefined) return false;
  const { type } = place;
  return type.kind === 'named' && TIMER_TYPES.includes(type.name);
}

/** The values of one clause of a verb; undefined when one is wrong. */
export function checkClauseValues(
  verb: Verb,
  word: string,
  rule: ClauseRule,
  clause: Clause,
  place: Place | undefined,
  scope: Scope,
): readonly Expression[] | undefined {
  const { takes } = rule;
  if (typeof takes !== 'string') {
    const value = wantWord(clause.values, clause.word, takes, scope);
    if (value === undefined) return undefined;
    const { start, end } = clause.values[0] as Node;
    return [{ kind: 'word', value, span: spanAt(scope.unit, start, end) }];
  }
  const values: Expression[] = [];
  for (const expr of clause.values) {
    const named = verb.name === 'set' && place !== undefined ? enumWord(expr, place.type, scope) : 'none';
    const value = named === 'none' ? evaluate(expr, scope) : named;
    if (value === undefined) return undefined;
    const is = dimensionOf(value, scope);
    const fits =
      is === takes ||
      (takes === 'int' && (is === 'place' || (is === 'string' && value.kind === 'path'))) ||
      (takes === 'size' && is === 'int') ||
      (takes === 'place' &&
        value.kind !== 'int' &&
        (is === 'int' || (is === 'string' && value.kind === 'path')));
    if (!fits) return mismatch(value, takes, clause.word, expr, scope);
    if ((verb.name === 'dma' || verb.name === 'copy') && word === 'to' && !mayBeMemory(value, scope)) {
      return fail(scope, 'E0510', expr, `\`${verb.name} … to\` takes a place in memory`, 'in no memory');
    }
    if (word === 'by' && !isCpuOf(value, place, scope)) {
      const help = `as in \`by ${place?.lpar ?? 'web'}.cpus[0]\``;
      return fail(scope, 'E0510', expr, '`by` takes a CPU of the same partition', 'no such CPU', help);
    }
    if (verb.name === 'copy' && !alike(value, place, expr, scope)) return undefined;
    if (!inRange(verb, word, value, expr, place, scope)) return undefined;
    if (verb.name === 'replace' && word === 'with' && !isCode(value, expr, scope)) return undefined;
    values.push(
      takes === 'size' && value.kind === 'int'
        ? { kind: 'size', value: Number(value.value), span: value.span }
        : value,
    );
  }
  if (values.length > 1 && word !== 'bit') {
    return fail(scope, 'E0320', clause.values[1] as Node, `\`${word}\` takes one value`, 'one too many');
  }
  if (verb.name === 'summon' && word === 'to' && place !== undefined)
    return checkPatient(values, clause, scope, place);
  return values.slice();
}

function isCpuOf(value: Expression, place: Place | undefined, scope: Scope): boolean {
  const cpu = value.kind === 'path' ? quietly(value.value, scope) : undefined;
  return cpu?.kind === 'cpu' && (place?.lpar === undefined || cpu.lpar === place.lpar);
}

/** What is copied has the size of where it goes, as far as the text can tell. */
function alike(value: Expression, from: Place | undefined, at: Node, scope: Scope): boolean {
  const to = value.kind === 'path' ? quietly(value.value, scope) : undefined;
  const [has, takes] = [from && bitsOf(from, scope), to && bitsOf(to, scope)];
  if (has === undefined || takes === undefined || has === takes) return true;
  const message = `${has / 8} bytes are copied over ${takes / 8}`;
  fail(
    scope,
    'E0518',
    at,
    message,
    'of another size',
    'copy one field over another of its type, or ranges of one length',
  );
  return false;
}

function checkPatient(
  values: readonly Expression[],
  clause: Clause,
  scope: Scope,
  place: Place,
): readonly Expression[] | undefined {
  const [value] = values;
  const root = value?.kind === 'path' && value.value.steps.length === 0 ? value.value.root : undefined;
  if (root === undefined || scope.parties?.lpars.has(root) !== true) {
    return fail(scope, 'E0510', clause.values[0] as Node, '`summon … to` takes a partition', 'no partition');
  }
  return mayAttend(place.ambulance ?? '', root, clause.values[0] as Node, scope) ? values : undefined;
}

/** False when the ambulance does not attend that partition; reported. */
export function mayAttend(name: string, patient: string, at: Node, scope: Scope): boolean {
  const ambulance = scope.parties?.ambulances.get(name);
  if (ambulance === undefined || ambulance.attends.includes(patient)) return true;
  const message = `\`${name}\` does not attend \`${patient}\``;
  const help = `add it, as in \`change ${name} { attends ${[...ambulance.attends, patient].join(', ')} }\``;
  fail(scope, 'E0522', at, message, 'may not attach', help);
  return false;
}

function inRange(
  verb: Verb,
  word: string,
  value: Expression,
  at: Node,
  place: Place | undefined,
  scope: Scope,
): boolean {
  if (word === 'bytes' && (value.kind === 'size' || value.kind === 'int')) {
    const bytes = Number(value.value);
    const most = place?.kind === 'register' ? REGISTER_BYTES : verb.name === 'dma' ? DMA_BYTES : MIB;
    if (bytes >= 1 && bytes <= most) return true;
    fail(
      scope,
      'E0309',
      at,
      `\`bytes\` is ${bytes < 1 ? bytes : formatSize(bytes)}: it must be 1 B to ${formatSize(most)}`,
      'out of range',
    );
    return false;
  }
  const bits = place?.width_bits;
  if (verb.name === 'set' && value.kind === 'path') return holdsAddress(value.value, at, bits, scope);
  if (value.kind !== 'int') return true;
  if (word === 'bit') {
    if (value.value >= 0n && (bits === undefined || value.value < BigInt(bits))) return true;
    const has =
      bits === undefined ? 'bits are numbered from 0' : `it is ${bits} bits wide, numbered 0 to ${bits - 1}`;
    fail(scope, 'E0511', at, `there is no bit ${value.value} in this place`, 'out of the width', has);
    return false;
  }
  const width = verb.name === 'set' ? bits : word === 'with' || word === 'fill' ? 8 : undefined;
  if (width === undefined || fitsIn(value.value, width)) return true;
  const help = `${width} bits hold 0 to 0x${((1n << BigInt(width)) - 1n).toString(16)}`;
  fail(scope, 'E0516', at, `${value.value} does not fit in ${width} bits`, 'too large for its place', help);
  return false;
}

/** A place stands for its address behind `to`: a number of fewer bits would get the lowest of those. */
function holdsAddress(path: Path, at: Node, bits: number | undefined, scope: Scope): boolean {
  const from = bits !== undefined && bits < ADDRESS_BITS ? quietly(path, scope) : undefined;
  if (from === undefined || !IN_MEMORY.has(from.kind)) return true;
  const message = `\`${printPath(path)}\` stands for its address here, which does not fit in ${bits} bits`;
  const help =
    '`copy` writes what a place holds over another, and `+ 0` behind it is the number that it holds';
  fail(scope, 'E0516', at, message, 'an address', help);
  return false;
}

function fitsIn(value: bigint, bits: number): boolean {
  return value < 1n << BigInt(bits) && value >= -(1n << BigInt(bits - 1));
}
