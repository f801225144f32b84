import { GIB, MIB, NS_PER_MS, NS_PER_S } from '../base/units.ts';
import type { DeviceKind, DeviceModel } from '../model/machine.ts';
import type { Span } from '../text/span.ts';
import { items, once, unknownSetting } from './block.ts';
import type { Given } from './block.ts';
import { tooMany } from './grant.ts';
import { ambulanceItem, lparItem, newAmbulance, newLpar } from './partition.ts';
import type { AmbulanceDraft, LparDraft } from './partition.ts';
import { fail, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { CPU_LIMIT, noClauses, single, wantName, wantSet, wantSize, wantTime, wantWord } from './settings.ts';
import { didYouMean } from './suggest.ts';
import type { Phrase } from './tree.ts';

interface MachineDraft {
  cpus?: Given<readonly number[]>;
  memory?: Given<number>;
  /** What stands there, if only to be refused: it is not missed a second time. */
  written: readonly string[];
  devices: DeviceModel[];
  iommu: 'strict' | 'off';
  slice_ns: number;
  span: Span;
}

/** A topology while it is being read: what was given, and where. */
export interface Draft {
  machine: MachineDraft | undefined;
  readonly lpars: Map<string, LparDraft>;
  readonly ambulances: Map<string, AmbulanceDraft>;
}

export function emptyDraft(): Draft {
  return { machine: undefined, lpars: new Map(), ambulances: new Map() };
}

/** A copy whose parts may be changed. */
export function copyDraft(draft: Draft): Draft {
  return {
    machine: draft.machine && { ...draft.machine, devices: [...draft.machine.devices] },
    lpars: new Map(
      [...draft.lpars].map(([name, lpar]) => [
        name,
        { ...lpar, devices: [...lpar.devices], shared: [...lpar.shared] },
      ]),
    ),
    ambulances: new Map([...draft.ambulances].map(([name, one]) => [name, { ...one }])),
  };
}

export const PART_HEADS: readonly string[] = ['machine', 'lpar', 'ambulance'];

/** The names that an expression could not tell from a partition's. */
export const RESERVED: ReadonlySet<string> = new Set([
  'others',
  'any',
  'all',
  'elapsed',
  'machine',
  'true',
  'false',
  'none',
  'patient',
]);

/** One sentence of a topology, or of a scenario that describes its own machine. */
export function part(draft: Draft, phrase: Phrase, doc: string | undefined, scope: Scope): void {
  const kind = phrase.head.text;
  noClauses(phrase, scope);
  if (kind === 'machine') {
    const [extra] = phrase.values;
    if (extra !== undefined) fail(scope, 'E0320', extra, 'a machine has no name', 'one too many');
    if (draft.machine !== undefined) {
      fail(
        scope,
        'E0305',
        phrase.head,
        'the machine is described twice',
        'again',
        'alter it with `change machine { … }`',
        [{ span: draft.machine.span, text: 'first here' }],
      );
      return;
    }
    draft.machine = {
      written: [],
      devices: [],
      iommu: 'strict',
      slice_ns: 10 * NS_PER_MS,
      span: spanOf(scope.unit, phrase.head),
    };
    machineItems(draft.machine, phrase, scope);
    return;
  }
  const name = partName(draft, phrase, scope);
  if (name === undefined) return;
  const at = spanOf(scope.unit, { start: phrase.start, end: (phrase.values[0] ?? phrase.head).end });
  if (kind === 'lpar') {
    const lpar = newLpar(name, at, doc);
    draft.lpars.set(name, lpar);
    items(phrase, scope, (item, seen) => lparItem(lpar, item, seen, scope));
  } else {
    const ambulance = newAmbulance(name, at);
    draft.ambulances.set(name, ambulance);
    items(phrase, scope, (item, seen) => ambulanceItem(ambulance, item, seen, scope));
  }
}

function partName(draft: Draft, phrase: Phrase, scope: Scope): string | undefined {
  const owner = phrase.head;
  const expr = single(phrase.values, owner, scope);
  if (expr === undefined) return undefined;
  if (expr.kind !== 'path' || expr.steps.length > 0) {
    return fail(scope, 'E0308', expr, `\`${owner.text}\` takes a name`, 'not a name');
  }
  const name = expr.root.text;
  if (RESERVED.has(name)) {
    return fail(
      scope,
      'E0325',
      expr,
      `\`${name}\` cannot be a name: it has a meaning of its own`,
      'reserved',
    );
  }
  const other = draft.lpars.get(name) ?? draft.ambulances.get(name);
  if (other === undefined) return name;
  return fail(
    scope,
    'E0305',
    expr,
    `there are two partitions \`${name}\``,
    'again',
    `alter it with \`change ${name} { … }\``,
    [{ span: other.span, text: 'first here' }],
  );
}

/** `change NAME { … }`. */
export function change(draft: Draft, phrase: Phrase, scope: Scope): void {
  noClauses(phrase, scope);
  const expr = single(phrase.values, phrase.head, scope);
  if (expr === undefined) return;
  const name = expr.kind === 'path' && expr.steps.length === 0 ? expr.root.text : '';
  const lpar = draft.lpars.get(name);
  const ambulance = draft.ambulances.get(name);
  if (name === 'machine' && draft.machine !== undefined) machineItems(draft.machine, phrase, scope);
  else if (lpar !== undefined) items(phrase, scope, (item, seen) => lparItem(lpar, item, seen, scope));
  else if (ambulance !== undefined)
    items(phrase, scope, (item, seen) => ambulanceItem(ambulance, item, seen, scope));
  else {
    const names = [...draft.lpars.keys(), ...draft.ambulances.keys(), ...(draft.machine ? ['machine'] : [])];
    const help = names.length === 0 ? '`uses` a topology first' : didYouMean(name, names, 'there are');
    fail(scope, 'E0304', expr, `there is no \`${name}\` to change`, 'unknown', help);
  }
}

const DEVICE_KINDS: readonly DeviceKind[] = ['block', 'network', 'console'];
const MACHINE_HEADS = ['cpus', 'memory', 'iommu', 'slice', ...DEVICE_KINDS];

function machineItems(machine: MachineDraft, phrase: Phrase, scope: Scope): void {
  items(phrase, scope, (written, seen) => {
    const item = MACHINE_HEADS.includes(written.head.text)
      ? written
      : unknownSetting(written, 'machine', MACHINE_HEADS, scope);
    if (item === undefined) return undefined;
    const { head, values } = item;
    const span = spanOf(scope.unit, item);
    const word = head.text;
    noClauses(item, scope);
    if (DEVICE_KINDS.includes(word as DeviceKind)) return devices(machine, item, scope);
    if (!once(item, seen, scope)) return undefined;
    machine.written = [...machine.written, word];
    if (word === 'cpus') {
      const cpus = wantSet(values, head, CPU_LIMIT, scope);
      if (cpus !== undefined) machine.cpus = { value: cpus, span };
    } else if (word === 'memory') {
      const memory = wantSize(values, head, { low: MIB, high: 64 * GIB }, scope);
      if (memory !== undefined) machine.memory = { value: memory, span };
    } else if (word === 'iommu')
      machine.iommu = wantWord(values, head, ['strict', 'off'], scope) ?? machine.iommu;
    else
      machine.slice_ns = wantTime(values, head, { low: 10_000, high: NS_PER_S }, scope) ?? machine.slice_ns;
    return undefined;
  });
}

function devices(machine: MachineDraft, item: Phrase, scope: Scope): undefined {
  if (item.values.length === 0) return void single(item.values, item.head, scope);
  for (const expr of item.values) {
    const name = wantName(expr, item.head, scope);
    if (name === undefined) continue;
    const other = machine.devices.find((device) => device.name === name);
    if (other === undefined) {
      if (tooMany(machine.devices, expr, 'a machine has', scope)) return undefined;
      machine.devices.push({ kind: item.head.text as DeviceKind, name, span: spanOf(scope.unit, expr) });
    } else {
      fail(scope, 'E0305', expr, `there are two devices \`${name}\``, 'again', undefined, [
        { span: other.span, text: 'first here' },
      ]);
    }
  }
  return undefined;
}
