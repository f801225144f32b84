import { formatTime } from '../base/units.ts';

/** What two runs of one scenario are compared by. */
const ASPECTS = ['outcome', 'sign', 'verdict', 'place', 'diagnosis', 'service'] as const;
type Aspect = (typeof ASPECTS)[number];

/** One thing in which the simulation and the real kernel are not alike, and what that comes from. */
interface Difference {
  readonly aspect: Aspect;
  readonly sim: string;
  readonly real: string;
  readonly why: string;
}

/** What of a run is compared: an outcome has it, and so has its entry in results.json. */
export interface FidelityRun {
  readonly id: string;
  readonly scenario: string;
  readonly seed: number;
  readonly status: string;
  readonly reason?: string;
  readonly record?: {
    readonly events: readonly SeenEvent[];
    readonly reports: readonly SeenReport[];
    readonly services: readonly { readonly state: string }[];
    readonly duration_ns: number;
  };
}

interface SeenEvent {
  readonly kind: string;
  readonly subject: string;
  readonly time_ns: number;
  readonly detail: Readonly<Record<string, string | number>>;
}

interface SeenReport {
  readonly attached_ns: number;
  readonly verdicts: readonly {
    readonly structure: string;
    readonly verdict: string;
    readonly code?: string;
  }[];
  readonly findings: readonly { readonly code: string; readonly place: string }[];
  readonly diagnosis: readonly { readonly cause: string; readonly place: string }[];
}

/** What one side saw, and when. Times in nanoseconds. */
interface Told {
  readonly signs: readonly { readonly sign: string; readonly time_ns: number }[];
  /** When the rescuer looked whose report is compared. */
  readonly attached_ns?: number;
  readonly found: readonly string[];
}

/** One scenario under one seed on both. */
export interface Fidelity {
  readonly id: string;
  readonly scenario: string;
  readonly seed: number;
  /** Things that at least one of the two runs shows, each structure that both know counted by itself. */
  readonly compared: number;
  readonly differences: readonly Difference[];
  /** Structures that only one of the kernels has, or tells of: not compared. */
  readonly one_sided: readonly string[];
  /** What each of them showed; absent where there was nothing to compare. */
  readonly seen?: { readonly sim: Told; readonly real: Told };
  /** Why there was nothing to compare: it was skipped or could not be decided on one of the two. */
  readonly left_out?: string;
}

interface Seen {
  readonly of: ReadonlyMap<Aspect, string>;
  /** Verdict and code by structure; those that the guest does not have are not among them. */
  readonly verdicts: ReadonlyMap<string, { readonly verdict: string; readonly code: string }>;
  /** Each sign with its first time. */
  readonly signs: ReadonlyMap<string, number>;
  readonly report?: SeenReport;
  readonly duration_ns: number;
}

/** Compares what was noticed, found, concluded and done; not times, nor addresses, which are never the same. */
export function fidelityOf(sim: FidelityRun, real: FidelityRun): Fidelity {
  const { id, scenario, seed } = sim;
  const undone = [sim, real].find((one) => one.record === undefined || one.status === 'inconclusive');
  if (undone !== undefined) {
    const left_out = `${undone.status}: ${undone.reason ?? 'there is no record of it'}`;
    return { id, scenario, seed, compared: 0, differences: [], one_sided: [], left_out };
  }
  const [here, there] = [seenIn(sim), seenIn(real)];
  const differences: Difference[] = [];
  const aspects = ASPECTS.filter((aspect) => here.of.has(aspect) || there.of.has(aspect));
  for (const aspect of aspects) {
    const [one, other] = [here.of.get(aspect) ?? 'none', there.of.get(aspect) ?? 'none'];
    if (one !== other) differences.push({ aspect, sim: one, real: other, why: why(aspect, here, there) });
  }
  const both = [...here.verdicts.keys()].filter((structure) => there.verdicts.has(structure));
  for (const structure of both) differences.push(...verdictDifference(structure, here, there));
  const all = new Set([...here.verdicts.keys(), ...there.verdicts.keys()]);
  const one_sided = [...all].filter((structure) => !both.includes(structure)).sort();
  const seen = { sim: toldBy(here), real: toldBy(there) };
  return { id, scenario, seed, compared: aspects.length + both.length, differences, one_sided, seen };
}

/** How much is alike of all that was compared, how many scenarios are in everything, and how many could not be compared. */
export function agreement(all: readonly Fidelity[]): {
  readonly compared: number;
  readonly alike: number;
  readonly scenarios: number;
  readonly identical: number;
  readonly left_out: number;
} {
  const judged = all.filter(({ left_out }) => left_out === undefined);
  const compared = judged.reduce((sum, one) => sum + one.compared, 0);
  const apart = judged.reduce((sum, one) => sum + one.differences.length, 0);
  const identical = judged.filter(({ differences }) => differences.length === 0).length;
  return { compared, alike: compared - apart, scenarios: judged.length, identical, left_out: all.length - judged.length }; // prettier-ignore
}

function toldBy({ signs, report }: Seen): Told {
  return {
    signs: [...signs].map(([sign, time_ns]) => ({ sign, time_ns })),
    ...(report && { attached_ns: report.attached_ns }),
    found: codesIn(report),
  };
}

function codesIn(report: SeenReport | undefined): readonly string[] {
  return [...new Set((report?.findings ?? []).map(({ code, place }) => `${code} at ${place}`))].sort();
}

function seenIn(outcome: FidelityRun): Seen {
  const { events = [], reports = [], services = [], duration_ns = 0 } = outcome.record ?? {};
  const of = new Map<Aspect, string>([['outcome', outcome.status]]);
  const signs = signsOf(events);
  if (signs.size > 0) of.set('sign', [...signs.keys()].sort().join(', '));
  // What was wrong is told by who first found something; else by who looked last.
  const report = reports.find(({ findings }) => findings.length > 0) ?? reports.at(-1);
  const verdicts = new Map<string, { verdict: string; code: string }>();
  for (const { structure, verdict, code = '' } of report?.verdicts ?? [])
    if (verdict !== 'unchecked') verdicts.set(structure, { verdict, code });
  const first = report?.diagnosis[0];
  if (first !== undefined) of.set('diagnosis', first.cause);
  if (first !== undefined && first.place !== '') of.set('place', first.place);
  if (services.length > 0) of.set('service', services.map(({ state }) => state).join(', '));
  return { of, verdicts, signs, duration_ns, ...(report && { report }) };
}

/** What the guest showed, and that a watchdog noticed; which of the watchdogs was first is chance. */
function signsOf(events: readonly SeenEvent[]): ReadonlyMap<string, number> {
  const signs = new Map<string, number>();
  for (const { kind, subject, detail, time_ns } of events) {
    const shown = ['oops', 'panic', 'stall', 'stopped'].includes(kind);
    if (!shown && kind !== 'failing' && kind !== 'failed') continue;
    const sign = shown ? `${subject} ${kind} ${detail['sign']}` : `${subject} ${kind}`;
    if (!signs.has(sign)) signs.set(sign, time_ns);
  }
  return signs;
}

function verdictDifference(structure: string, here: Seen, there: Seen): readonly Difference[] {
  const [one, other] = [here, there].map(({ verdicts }) => verdicts.get(structure)) as [
    { verdict: string; code: string },
    { verdict: string; code: string },
  ];
  if (one.verdict === other.verdict) return [];
  const said = ({ verdict, code }: typeof one): string => `${structure} ${verdict}${code && ` with ${code}`}`;
  const looked = `looked at ${formatTime(here.report?.attached_ns ?? 0)} and ${formatTime(there.report?.attached_ns ?? 0)}`;
  const before = (seen: Seen): string => [...seen.signs].filter(([, at]) => at <= (seen.report?.attached_ns ?? 0)).map(([sign, at]) => `${sign} at ${formatTime(at)}`).join(', ') || 'nothing'; // prettier-ignore
  const reason = `${looked}; before that: sim ${before(here)}, qemu ${before(there)}`;
  return [{ aspect: 'verdict', sim: said(one), real: said(other), why: reason }];
}

/** What there is on one side alone, with its time; and what the other one showed in all of its time. */
function why(aspect: Aspect, here: Seen, there: Seen): string {
  if (aspect === 'sign') {
    const only = (one: Seen, other: Seen, name: string, against: string): string[] =>
      [...one.signs]
        .filter(([sign]) => !other.signs.has(sign))
        .map(
          ([sign, at]) =>
            `${name}: ${sign} at ${formatTime(at)}, ${against}: not until ${formatTime(other.duration_ns)}`,
        );
    return [...only(here, there, 'sim', 'qemu'), ...only(there, here, 'qemu', 'sim')].join('; ');
  }
  if (aspect === 'outcome') return 'see its other differences';
  const codes = ({ report }: Seen): string => codesIn(report).join(', ') || 'nothing';
  return `found: sim ${codes(here)}, qemu ${codes(there)}`;
}
