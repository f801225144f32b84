import { GIB, KIB, MIB } from '../base/units.ts';
import type { CpuGrant, DeviceGrant, SharedMemoryModel } from '../model/machine.ts';
import type { Span } from '../text/span.ts';
import { once } from './block.ts';
import type { Given } from './block.ts';
import { fail, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import {
  clauseNamed,
  clausesOf,
  CPU_LIMIT,
  single,
  wantInt,
  wantName,
  wantPercent,
  wantSet,
  wantSize,
} from './settings.ts';
import type { Clauses } from './settings.ts';
import { didYouMean, nearest } from './suggest.ts';
import type { Clause, Name, Node, Phrase } from './tree.ts';

/** A partition or an ambulance while it is being read. */
export interface PartyDraft {
  readonly name: string;
  readonly span: Span;
  /** What stands there, if only to be refused: it is not missed a second time. */
  written: readonly string[];
  cpus?: Given<CpuGrant>;
  memory?: Given<number>;
  devices: Given<DeviceGrant>[];
}

/** What a partition shares: the other one is a name until the topology is whole. */
export interface SharedDraft extends Omit<SharedMemoryModel, 'between'> {
  readonly partner: Given<string>;
}

const RESOURCES = ['cpus', 'memory', 'device'];
/** `owns` and `shares`: resources, each followed by its modifiers. */
export function grant(party: PartyDraft, item: Phrase, seen: Map<string, Name>, scope: Scope): void {
  const shared = item.head.text === 'shares';
  const [first, ...rest] = item.clauses;
  if (first === undefined) return;
  if (item.body !== undefined)
    fail(scope, 'E0306', item.head, `\`${item.head.text}\` takes no braces`, 'a grant has no settings');
  let resource = first.word.text;
  if (!RESOURCES.includes(resource)) {
    const help = didYouMean(resource, RESOURCES, `it takes`);
    const message = `a partition cannot ${item.head.text.slice(0, -1)} \`${resource}\``;
    fail(scope, 'E0306', first.word, message, 'unknown', help);
    const meant = nearest(resource, RESOURCES);
    if (meant === undefined) return;
    resource = meant;
  }
  const known = !shared ? [] : resource === 'cpus' ? ['vcpus', 'weight', 'minimum'] : ['weight'];
  const modifiers = clausesOf(item.head, rest, known, scope);
  if (resource === 'device') return device(party, item, first, modifiers, scope);
  if (!once(item, seen, scope, resource)) return;
  party.written = [...party.written, resource];
  const span = spanOf(scope.unit, { start: first.values[0]?.start ?? first.start, end: first.end });
  if (resource === 'memory') {
    const bytes = wantSize(first.values, first.word, { low: MIB, high: 64 * GIB }, scope);
    if (bytes !== undefined) party.memory = { value: bytes, span };
    return;
  }
  const cpus = wantSet(first.values, first.word, CPU_LIMIT, scope);
  const vcpus = modifier(modifiers, 'vcpus', CPU_LIMIT, cpus?.length ?? 1, scope);
  const weight = modifier(modifiers, 'weight', 100, 1, scope);
  if (cpus === undefined || vcpus === undefined || weight === undefined) return;
  const mode = shared ? 'shared' : 'owned';
  const minimum = minimumOf(modifiers, scope);
  const value = { mode, cpus, vcpus: shared ? vcpus : cpus.length, weight, ...minimum } as const;
  party.cpus = { value, span: minimum.minimum === undefined ? span : { ...span, end: item.end } };
}

function modifier(
  found: Clauses,
  word: string,
  high: number,
  otherwise: number,
  scope: Scope,
): number | undefined {
  const clause = clauseNamed(found, word);
  return clause === undefined ? otherwise : wantInt(clause.values, clause.word, { low: 1, high }, scope);
}

/** `minimum 30%`: a part of one CPU, more than all of it where there are several. */
function minimumOf(found: Clauses, scope: Scope): { minimum?: number } {
  const clause = clauseNamed(found, 'minimum');
  if (clause === undefined) return {};
  const minimum = wantPercent(clause.values, clause.word, { low: 0.01, high: CPU_LIMIT }, scope);
  return minimum === undefined ? {} : { minimum };
}

function device(party: PartyDraft, item: Phrase, clause: Clause, modifiers: Clauses, scope: Scope): void {
  const weight = modifier(modifiers, 'weight', 100, 1, scope);
  const mode = item.head.text === 'shares' ? 'shared' : 'owned';
  for (const expr of clause.values) {
    const name = wantName(expr, clause.word, scope);
    if (name === undefined || weight === undefined) continue;
    const span = spanOf(scope.unit, expr);
    const other = party.devices.find((one) => one.value.device === name);
    if (other === undefined && tooMany(party.devices, expr, 'a partition is given', scope)) return;
    if (other === undefined) party.devices.push({ value: { mode, device: name, weight }, span });
    else {
      fail(scope, 'E0310', expr, `\`${party.name}\` is given \`${name}\` twice`, 'again', undefined, [
        { span: other.span, text: 'first here' },
      ]);
    }
  }
}

/** A machine has at most this many devices. */
const DEVICE_LIMIT = 64;
/** True when there is no room for one more; reported. */
export function tooMany(devices: readonly unknown[], at: Node, who: string, scope: Scope): boolean {
  if (devices.length < DEVICE_LIMIT) return false;
  fail(scope, 'E0330', at, `${who} ${DEVICE_LIMIT} devices at most`, 'one too many');
  return true;
}

/** `borrows cpus patient.cpus`: nothing else can be borrowed, and from nobody else. */
export function borrow(party: PartyDraft, item: Phrase, seen: Map<string, Name>, scope: Scope): void {
  const [first, ...rest] = item.clauses;
  if (first === undefined) return;
  clausesOf(item.head, rest, [], scope);
  const expr = first.word.text === 'cpus' ? single(first.values, first.word, scope) : undefined;
  const step = expr?.kind === 'path' && expr.root.text === 'patient' ? expr.steps[0] : undefined;
  const sound =
    step?.kind === 'field' && step.name === 'cpus' && expr?.kind === 'path' && expr.steps.length === 1;
  if (!sound) {
    party.written = [...party.written, 'cpus'];
    const message = "an ambulance borrows its patient's CPUs and nothing else";
    fail(scope, 'E0331', expr ?? first, message, 'not to be borrowed', 'write `borrows cpus patient.cpus`');
    return;
  }
  if (!once(item, seen, scope, 'cpus')) return;
  party.written = [...party.written, 'cpus'];
  const value: CpuGrant = { mode: 'borrowed', cpus: [], vcpus: 1, weight: 1 };
  party.cpus = { value, span: spanOf(scope.unit, first) };
}

/** `shares memory NAME size N with OTHER`: unlike the memory that it owns, a region with a name. */
export function sharesMemory(item: Phrase): boolean {
  return item.head.text === 'shares' && item.clauses[0]?.word.text === 'memory';
}

const REGION_BYTES = { low: 4 * KIB, high: 64 * MIB } as const;

export function shareMemory(lpar: { name: string; shared: SharedDraft[] }, item: Phrase, scope: Scope): void {
  const [first, ...rest] = item.clauses as [Clause, ...Clause[]];
  const clauses = clausesOf(item.head, rest, ['size', 'with'], scope);
  const [size, partner] = [clauseNamed(clauses, 'size'), clauseNamed(clauses, 'with')];
  const expr = single(first.values, first.word, scope);
  const name = expr && wantName(expr, first.word, scope);
  if (size === undefined || partner === undefined) {
    const lack = size === undefined ? 'size' : 'with';
    const help = 'as in `shares memory mailbox size 1 MiB with web`';
    const message = `a shared region has a name, a size and a partner: \`${lack}\` is missing`;
    fail(scope, 'E0332', item, message, 'incomplete', help);
    return;
  }
  const bytes = wantSize(size.values, size.word, REGION_BYTES, scope);
  const who = single(partner.values, partner.word, scope);
  const other = who && wantName(who, partner.word, scope);
  if (name === undefined || bytes === undefined || who === undefined || other === undefined) return;
  const span = spanOf(scope.unit, item);
  lpar.shared.push({ name, bytes, span, partner: { value: other, span: spanOf(scope.unit, who) } });
}
