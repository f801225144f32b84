import { COLLECTIONS } from '../model/collections.ts';
import { isLater } from '../model/later.ts';
import type { AppModel, KernelModel, MetadataModel } from '../model/machine.ts';
import { KIB, MIB, NS_PER_MS, NS_PER_S } from '../base/units.ts';
import type { Span } from '../text/span.ts';
import { readApp } from './app.ts';
import { checkSymbols } from './app-symbols.ts';
import { items, once, unknownSetting } from './block.ts';
import type { Given } from './block.ts';
import type { PartyDraft, SharedDraft } from './grant.ts';
import { borrow, grant, shareMemory, sharesMemory } from './grant.ts';
import { laterWord } from './later.ts';
import { locatorNames, locatorsBehind, structsBehind, withParents } from './library/resolve.ts';
import { fail, label, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import {
  clauseNamed,
  clausesOf,
  noClauses,
  single,
  wantInt,
  wantName,
  wantSize,
  wantTime,
  wantWord,
  wantYesNo,
} from './settings.ts';
import { didYouMean } from './suggest.ts';
import type { Name, Phrase } from './tree.ts';

export interface LparDraft extends PartyDraft {
  readonly doc?: string;
  kernel: KernelModel;
  metadata: MetadataModel;
  /** What it shares, with whom: `between` is left to the topology. */
  shared: SharedDraft[];
  /** By name. */
  apps: ReadonlyMap<string, AppModel>;
}
export interface AmbulanceDraft extends PartyDraft {
  attends?: Given<readonly Given<string>[]>;
  standby?: boolean;
}

export const DEFAULT_KERNEL: KernelModel = Object.freeze({
  flavour: 'linux',
  workload: 'idle',
  heartbeat_ns: 5 * NS_PER_MS,
  heartbeat_by: 'fork',
  watchdog_thresh_ns: 10 * NS_PER_S,
  panic_on_oops: false,
  softlockup_panic: false,
  layout_seed: 0,
});
const DESCRIBABLE = COLLECTIONS.filter((one) => one.describable).map((one) => one.name);
export const DEFAULT_METADATA: MetadataModel = Object.freeze({
  size_bytes: 64 * KIB,
  seal: 'crc32c',
  describes: Object.freeze(DESCRIBABLE) as readonly string[],
});

export function newLpar(name: string, span: Span, doc: string | undefined): LparDraft {
  const some = doc === undefined ? {} : { doc };
  return {
    name,
    span,
    written: [],
    devices: [],
    kernel: DEFAULT_KERNEL,
    metadata: DEFAULT_METADATA,
    shared: [],
    apps: new Map(),
    ...some,
  };
}
export function newAmbulance(name: string, span: Span): AmbulanceDraft {
  return { name, span, written: [], devices: [] };
}

const LPAR_HEADS = ['owns', 'shares', 'kernel', 'metadata', 'app'];
export function lparItem(lpar: LparDraft, item: Phrase, seen: Map<string, Name>, scope: Scope): void {
  const { text } = item.head;
  if (sharesMemory(item)) return shareMemory(lpar, item, scope);
  if (text === 'owns' || text === 'shares') return grant(lpar, item, seen, scope);
  if (text === 'kernel' && once(item, seen, scope)) return kernel(lpar, item, scope);
  if (text === 'metadata' && once(item, seen, scope)) return metadata(lpar, item, scope);
  if (text === 'borrows') return notAnAmbulance(item, scope);
  if (text === 'app') return app(lpar, item, seen, scope);
  if (LPAR_HEADS.includes(text)) return;
  const meant = unknownSetting(item, 'lpar', LPAR_HEADS, scope);
  if (meant !== undefined) lparItem(lpar, meant, seen, scope);
}

/** A partition runs any number of applications, each given once in a block; `change` replaces one of the same name. */
function app(lpar: LparDraft, item: Phrase, seen: Map<string, Name>, scope: Scope): void {
  const model = readApp(item, scope);
  if (model === undefined || !once(item, seen, scope, `app ${model.name}`)) return;
  checkSymbols(model, lpar.apps.values(), scope);
  lpar.apps = new Map([...lpar.apps, [model.name, model]]);
}

function notAnAmbulance(item: Phrase, scope: Scope): undefined {
  const help = "write `shares cpus` in both: borrowed CPUs are a patient's, lent to its rescue";
  return fail(scope, 'E0331', item.head, 'only an ambulance borrows CPUs', 'a partition', help);
}

function notAPartition(item: Phrase, scope: Scope): undefined {
  const help = "it reads its patients' memory by grant; write `shares memory … with` in a partition";
  return fail(scope, 'E0332', item, 'an ambulance shares no memory', 'not a partition', help);
}

const AMBULANCE_HEADS = ['owns', 'shares', 'borrows', 'attends', 'standby'];
export function ambulanceItem(
  ambulance: AmbulanceDraft,
  item: Phrase,
  seen: Map<string, Name>,
  scope: Scope,
): void {
  const { text } = item.head;
  if (sharesMemory(item)) return notAPartition(item, scope);
  if (text === 'owns' || text === 'shares') return grant(ambulance, item, seen, scope);
  if (text === 'borrows') return borrow(ambulance, item, seen, scope);
  if (isLater(text, 'setting')) return laterWord(scope, item.head, text);
  if (text === 'standby') {
    noClauses(item, scope);
    const yes = once(item, seen, scope) ? wantYesNo(item.values, item.head, scope) : undefined;
    if (yes !== undefined) ambulance.standby = yes;
    return;
  }
  if (text !== 'attends') {
    const meant = unknownSetting(item, 'ambulance', AMBULANCE_HEADS, scope);
    if (meant !== undefined) ambulanceItem(ambulance, meant, seen, scope);
    return;
  }
  noClauses(item, scope);
  if (!once(item, seen, scope)) return undefined;
  ambulance.written = [...ambulance.written, text];
  if (item.values.length === 0) return void single(item.values, item.head, scope);
  const names: Given<string>[] = [];
  for (const expr of item.values) {
    const name = wantName(expr, item.head, scope);
    if (name !== undefined) names.push({ value: name, span: spanOf(scope.unit, expr) });
  }
  ambulance.attends = { value: names, span: spanOf(scope.unit, item) };
}

const KERNEL_HEADS = [
  'workload',
  'heartbeat',
  'watchdog_thresh',
  'panic_on_oops',
  'softlockup_panic',
  'layout_seed',
];
function kernel(lpar: LparDraft, block: Phrase, scope: Scope): void {
  noClauses(block, scope);
  if (block.values.length > 0) wantWord(block.values, block.head, ['linux'], scope);
  const next: { -readonly [Key in keyof KernelModel]: KernelModel[Key] } = { ...lpar.kernel };
  items(block, scope, (written, seen) => {
    const known = KERNEL_HEADS.includes(written.head.text);
    const item = known ? written : unknownSetting(written, 'kernel', KERNEL_HEADS, scope);
    if (item === undefined) return undefined;
    const { head, values } = item;
    const clauses = clausesOf(head, item.clauses, head.text === 'heartbeat' ? ['by'] : [], scope);
    if (!once(item, seen, scope)) return undefined;
    switch (head.text) {
      case 'workload':
        next.workload =
          wantWord(values, head, ['web_server', 'database', 'compile', 'analytics', 'idle'], scope) ??
          next.workload;
        break;
      case 'heartbeat': {
        next.heartbeat_ns =
          wantTime(values, head, { low: NS_PER_MS / 2, high: 60 * NS_PER_S }, scope) ?? next.heartbeat_ns;
        const by = clauseNamed(clauses, 'by');
        if (by !== undefined)
          next.heartbeat_by = wantWord(by.values, by.word, ['fork', 'thread'], scope) ?? next.heartbeat_by;
        break;
      }
      case 'watchdog_thresh':
        next.watchdog_thresh_ns =
          wantTime(values, head, { low: 10 * NS_PER_MS, high: 60 * NS_PER_S }, scope) ??
          next.watchdog_thresh_ns;
        break;
      case 'panic_on_oops':
        next.panic_on_oops = wantYesNo(values, head, scope) ?? next.panic_on_oops;
        break;
      case 'softlockup_panic':
        next.softlockup_panic = wantYesNo(values, head, scope) ?? next.softlockup_panic;
        break;
      default:
        next.layout_seed = wantInt(values, head, { low: 0, high: 0xffff_ffff }, scope) ?? next.layout_seed;
    }
    return undefined;
  });
  lpar.kernel = next;
}

const METADATA_HEADS = ['size', 'seal', 'describes'];
function metadata(lpar: LparDraft, block: Phrase, scope: Scope): void {
  noClauses(block, scope);
  const next: { -readonly [Key in keyof MetadataModel]: MetadataModel[Key] } = { ...lpar.metadata };
  items(block, scope, (written, seen) => {
    const known = METADATA_HEADS.includes(written.head.text);
    const item = known ? written : unknownSetting(written, 'metadata', METADATA_HEADS, scope);
    if (item === undefined) return undefined;
    const { head, values } = item;
    noClauses(item, scope);
    if (!once(item, seen, scope)) return undefined;
    if (head.text === 'size')
      next.size_bytes = wantSize(values, head, { low: 4 * KIB, high: 16 * MIB }, scope) ?? next.size_bytes;
    else if (head.text === 'seal') next.seal = wantWord(values, head, ['crc32c', 'none'], scope) ?? next.seal;
    else Object.assign(next, described(describes(item, scope), scope));
    return undefined;
  });
  lpar.metadata = next;
}

/** By list of names and by what a file knows: every row of a table asks again. */
const DESCRIBED = new WeakMap<readonly string[], WeakMap<object, Partial<MetadataModel>>>();

/** Names with the locators that they stand for. */
export function described(names: readonly string[], scope: Scope): Partial<MetadataModel> {
  const known = DESCRIBED.get(names) ?? new WeakMap<object, Partial<MetadataModel>>();
  DESCRIBED.set(names, known);
  const found = known.get(scope.unit) ?? resolved(names, scope);
  known.set(scope.unit, found);
  return found;
}

function resolved(names: readonly string[], scope: Scope): Partial<MetadataModel> {
  const own = names.flatMap((name) => locatorsBehind(name, scope));
  if (own.length === 0) return { describes: names };
  const locators = withParents(own, scope);
  return { describes: names, locators, structs: structsBehind(locators, scope) };
}

/** Names of collections; `app.orders` is written for what an application keeps. */
function describes(item: Phrase, scope: Scope): string[] {
  const names: string[] = [];
  if (item.values.length === 0) single(item.values, item.head, scope);
  for (const expr of item.values) {
    const step = expr.kind === 'path' ? expr.steps[0] : undefined;
    const application =
      expr.kind === 'path' && expr.root.text === 'app' && step?.kind === 'field' && expr.steps.length === 1;
    const name = application ? step.name : wantName(expr, item.head, scope);
    if (name === undefined) continue;
    const known = locatorsBehind(name, scope).length > 0 || scope.unit.locators.has(name);
    if (!known && isLater(name, 'structure')) {
      const message = `\`${name}\` comes in a later version: it is left out of the region`;
      scope.problems.warn(
        'E0326',
        message,
        [label(scope.unit, expr, 'not yet')],
        'take it out of the list until then',
      );
    } else if (!known && !DESCRIBABLE.includes(name)) {
      const help = didYouMean(name, [...locatorNames(scope), ...DESCRIBABLE], 'there are');
      fail(scope, 'E0324', expr, `the region cannot describe \`${name}\``, 'no such structure', help);
    } else if (names.includes(name)) fail(scope, 'E0310', expr, `\`${name}\` is described twice`, 'again');
    else names.push(name);
  }
  return names;
}
