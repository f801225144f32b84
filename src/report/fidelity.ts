import { formatTime } from '../base/units.ts';

/** What two runs of one scenario are compared by: each sign, and each structure, by itself. */
type Aspect = 'outcome' | 'sign' | 'verdict' | 'code' | 'place' | 'diagnosis' | 'service';

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
  readonly claims?: readonly { readonly text: string }[];
  readonly record?: {
    readonly events: readonly SeenEvent[];
    readonly reports: readonly SeenReport[];
    readonly services: readonly { readonly state: string }[];
    readonly receipts: readonly Struck[];
    readonly duration_ns: number;
  };
}

interface Struck {
  readonly kind: string;
  readonly place: string;
  readonly address?: string;
  readonly partition: string;
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
  readonly findings: readonly {
    readonly structure?: string;
    readonly code: string;
    readonly place: string;
    readonly address?: string;
  }[];
  readonly diagnosis: readonly {
    readonly cause: string;
    readonly place: string;
    readonly address?: string;
  }[];
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
  /** Everything that was compared, */
  readonly compared: number;
  /**
   * and of that what tells something: it is not well on one side at least, or a claim names it. All differences are
   * among it.
   */
  readonly telling: number;
  readonly differences: readonly Difference[];
  /** Structures that only one of the kernels has, or tells of, and that are well there: not compared. */
  readonly one_sided: readonly string[];
  /** What each of them showed; absent where there was nothing to compare. */
  readonly seen?: { readonly sim: Told; readonly real: Told };
  /** Why there was nothing to compare: it was skipped or could not be decided on one of the two. */
  readonly left_out?: string;
}

interface Seen {
  readonly of: ReadonlyMap<Aspect, string>;
  /** Verdict and codes by structure; those that the guest does not have are not among them. */
  readonly verdicts: ReadonlyMap<string, { readonly verdict: string; readonly codes: string }>;
  /** Each sign with its first time. */
  readonly signs: ReadonlyMap<string, number>;
  readonly report?: SeenReport;
  readonly duration_ns: number;
}

/** One thing that is compared. */
interface Thing extends Difference {
  readonly tells: boolean;
}

/** Compares what was noticed, found, concluded and done; not times, nor addresses, which are never the same. */
export function fidelityOf(sim: FidelityRun, real: FidelityRun): Fidelity {
  const { id, scenario, seed } = sim;
  const undone = [sim, real].find((one) => one.record === undefined || one.status === 'inconclusive');
  if (undone !== undefined) {
    const left_out = `${undone.status}: ${undone.reason ?? 'there is no record of it'}`;
    return { id, scenario, seed, compared: 0, telling: 0, differences: [], one_sided: [], left_out };
  }
  const [here, there] = [seenIn(sim), seenIn(real)];
  const structures = structuresOf(here, there, claimedIn(sim));
  const things = [...plainThings(here, there), ...signThings(here, there), ...structures.things];
  const differences = things
    .filter((one) => one.sim !== one.real)
    .map((one): Difference => ({ aspect: one.aspect, sim: one.sim, real: one.real, why: one.why }));
  const telling = things.filter(({ tells, sim: one, real: other }) => tells || one !== other).length;
  const seen = { sim: toldBy(here), real: toldBy(there) };
  return {
    id,
    scenario,
    seed,
    compared: things.length,
    telling,
    differences,
    one_sided: structures.one_sided,
    seen,
  };
}

/** Outcomes that are both `passed` tell nothing that the rest does not. */
function plainThings(here: Seen, there: Seen): readonly Thing[] {
  const aspects = [...new Set([...here.of.keys(), ...there.of.keys()])];
  return aspects.map((aspect) => {
    const [sim, real] = [here.of.get(aspect) ?? 'none', there.of.get(aspect) ?? 'none'];
    return { aspect, sim, real, why: why(aspect, here, there), tells: aspect !== 'outcome' };
  });
}

function signThings(here: Seen, there: Seen): readonly Thing[] {
  const signs = [...new Set([...here.signs.keys(), ...there.signs.keys()])].sort();
  return signs.map((sign) => {
    const told = ({ signs, duration_ns }: Seen, name: string): string => {
      const at = signs.get(sign);
      return at === undefined
        ? `${name}: not until ${formatTime(duration_ns)}`
        : `${name}: at ${formatTime(at)}`;
    };
    const [sim, real] = [here, there].map((one) => (one.signs.has(sign) ? sign : 'none')) as [string, string];
    return { aspect: 'sign', sim, real, why: `${told(here, 'sim')}; ${told(there, 'qemu')}`, tells: true };
  });
}

/**
 * A structure that is well, and that no claim names, tells nothing where both kernels have it; where only one has it,
 * it is not compared.
 */
function structuresOf(
  here: Seen,
  there: Seen,
  claimed: ReadonlySet<string>,
): { readonly things: readonly Thing[]; readonly one_sided: readonly string[] } {
  const things: Thing[] = [];
  const one_sided: string[] = [];
  for (const structure of [...new Set([...here.verdicts.keys(), ...there.verdicts.keys()])].sort()) {
    const [one, other] = [here, there].map(({ verdicts }) => verdicts.get(structure));
    const well = [one, other].every((side) => (side?.verdict ?? 'intact') === 'intact');
    const tells = !well || claimed.has(structure);
    if ((one === undefined || other === undefined) && !tells) {
      one_sided.push(structure);
      continue;
    }
    const reason = whyStructure(here, there);
    const thing = (aspect: Aspect, sim: string, real: string): Thing => ({
      aspect,
      sim: `${structure} ${sim}`,
      real: `${structure} ${real}`,
      why: reason,
      tells,
    });
    things.push(thing('verdict', one?.verdict ?? 'unchecked', other?.verdict ?? 'unchecked'));
    const codes = [one?.codes ?? '', other?.codes ?? ''] as const;
    if (one !== undefined && other !== undefined && codes.some((code) => code !== ''))
      things.push(thing('code', codes[0] || 'none', codes[1] || 'none'));
  }
  return { things, one_sided };
}

/** Structures that a claim's `verdict` names, of whatever guest; `*` names none. */
function claimedIn({ claims = [] }: FidelityRun): ReadonlySet<string> {
  const texts = claims.map(({ text }) => text).filter((text) => /^verdict\b/.test(text));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/\w\.(\w+)/g)].map((match) => match[1] as string)),
  );
}

/**
 * How much is alike: of what tells something, and of everything that was compared; how many scenarios are in
 * everything, and how many could not be compared.
 */
export function agreement(all: readonly Fidelity[]): {
  readonly telling: number;
  readonly telling_alike: number;
  readonly compared: number;
  readonly alike: number;
  readonly scenarios: number;
  readonly identical: number;
  readonly left_out: number;
} {
  const judged = all.filter(({ left_out }) => left_out === undefined);
  const sum = (of: (one: Fidelity) => number): number => judged.reduce((total, one) => total + of(one), 0);
  const [telling, compared] = [sum((one) => one.telling), sum((one) => one.compared)];
  const apart = sum((one) => one.differences.length);
  const identical = judged.filter(({ differences }) => differences.length === 0).length;
  return {
    telling,
    telling_alike: telling - apart,
    compared,
    alike: compared - apart,
    scenarios: judged.length,
    identical,
    left_out: all.length - judged.length,
  };
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
  const { events = [], reports = [], services = [], receipts = [], duration_ns = 0 } = outcome.record ?? {};
  const of = new Map<Aspect, string>([['outcome', outcome.status]]);
  const signs = signsOf(events);
  // What was wrong is told by who first found something; else by who looked last.
  const told = reports.find(({ findings }) => findings.length > 0) ?? reports.at(-1);
  const report = told && asStruck(told, receipts);
  const verdicts = new Map<string, { verdict: string; codes: string }>();
  for (const { structure, verdict, code = '' } of report?.verdicts ?? []) {
    if (verdict === 'unchecked') continue;
    const found = (report?.findings ?? [])
      .filter((one) => one.structure === structure)
      .map((one) => one.code);
    const codes = [...new Set(code === '' ? found : [code, ...found])].sort().join(', ');
    verdicts.set(structure, { verdict, codes });
  }
  const first = report?.diagnosis[0];
  if (first !== undefined) of.set('diagnosis', first.cause);
  if (first !== undefined && first.place !== '') of.set('place', first.place);
  if (services.length > 0) of.set('service', services.map(({ state }) => state).join(', '));
  return { of, verdicts, signs, duration_ns, ...(report && { report }) };
}

/**
 * A report with what was struck called as the scenario calls it: where a fork bears the same name at that instant, the
 * rescuer has to tell it by its number.
 */
function asStruck(report: SeenReport, receipts: readonly Struck[]): SeenReport {
  const struck = receipts.filter(({ kind, address }) => kind === 'fault' && (address ?? '') !== '');
  const named = <T extends { readonly place: string; readonly address?: string }>(one: T): T => {
    const same = struck.find(
      ({ address, partition }) => address === one.address && one.place.startsWith(`${partition}.`),
    );
    return same === undefined ? one : { ...one, place: same.place };
  };
  return { ...report, findings: report.findings.map(named), diagnosis: report.diagnosis.map(named) };
}

/** What the guest showed, and what each of the watchdogs noticed; which was first is chance. */
function signsOf(events: readonly SeenEvent[]): ReadonlyMap<string, number> {
  const signs = new Map<string, number>();
  for (const { kind, subject, detail, time_ns } of events) {
    const shown = ['oops', 'panic', 'stall', 'stopped'].includes(kind);
    if (!shown && kind !== 'failing' && kind !== 'failed') continue;
    const sign = `${subject} ${kind} ${detail['sign']}`;
    if (!signs.has(sign)) signs.set(sign, time_ns);
  }
  return signs;
}

/** When each looked, and what had been seen by then. */
function whyStructure(here: Seen, there: Seen): string {
  const looked = `looked at ${formatTime(here.report?.attached_ns ?? 0)} and ${formatTime(there.report?.attached_ns ?? 0)}`;
  const before = (seen: Seen): string =>
    [...seen.signs]
      .filter(([, at]) => at <= (seen.report?.attached_ns ?? 0))
      .map(([sign, at]) => `${sign} at ${formatTime(at)}`)
      .join(', ') || 'nothing';
  return `${looked}; before that: sim ${before(here)}, qemu ${before(there)}`;
}

function why(aspect: Aspect, here: Seen, there: Seen): string {
  if (aspect === 'outcome') return 'see its other differences';
  const codes = ({ report }: Seen): string => codesIn(report).join(', ') || 'nothing';
  return `found: sim ${codes(here)}, qemu ${codes(there)}`;
}
