import type { AmbulanceReport } from '../patient/report.ts';
import type { RunOutcome } from '../record/outcome.ts';
import type { TraceEvent } from '../target/events.ts';

/** What two runs of one scenario are compared by. */
export const ASPECTS = ['outcome', 'sign', 'verdict', 'place', 'diagnosis', 'service'] as const;
export type Aspect = (typeof ASPECTS)[number];

/** One thing in which the simulation and the real kernel are not alike, and what that comes from. */
export interface Difference {
  readonly aspect: Aspect;
  readonly sim: string;
  readonly real: string;
  readonly why: string;
}

/** One scenario under one seed on both. Aspects that neither run has anything of are not compared. */
export interface Fidelity {
  readonly id: string;
  readonly scenario: string;
  readonly seed: number;
  readonly compared: readonly Aspect[];
  readonly differences: readonly Difference[];
  /** Why there was nothing to compare: it was skipped or could not be decided on one of the two. */
  readonly left_out?: string;
}

interface Seen {
  readonly of: ReadonlyMap<Aspect, string>;
  readonly verdicts: ReadonlyMap<string, string>;
  readonly signs: readonly string[];
  readonly report?: AmbulanceReport;
}

/** Compares what was noticed, found, concluded and done; not times, nor addresses, which are never the same. */
export function fidelityOf(sim: RunOutcome, real: RunOutcome): Fidelity {
  const { id, scenario, seed } = sim;
  const undone = [sim, real].find((one) => one.record === undefined || one.status === 'inconclusive');
  if (undone !== undefined) {
    const left_out = `${undone.status}: ${undone.reason ?? 'there is no record of it'}`;
    return { id, scenario, seed, compared: [], differences: [], left_out };
  }
  const [here, there] = [seenIn(sim), seenIn(real)];
  const differences: Difference[] = [];
  const compared = ASPECTS.filter((aspect) => here.of.has(aspect) || there.of.has(aspect));
  for (const aspect of compared) {
    const [one, other] = [here.of.get(aspect) ?? '', there.of.get(aspect) ?? ''];
    if (aspect === 'verdict') differences.push(...verdictDifferences(here, there));
    else if (one !== other)
      differences.push({ aspect, sim: one || 'none', real: other || 'none', why: why(aspect, here, there) });
  }
  return { id, scenario, seed, compared, differences };
}

/** Of all that was compared, how much is alike; and of all scenarios. */
export function agreement(all: readonly Fidelity[]): {
  readonly aspects: number;
  readonly alike: number;
  readonly scenarios: number;
  readonly identical: number;
} {
  const judged = all.filter(({ left_out }) => left_out === undefined);
  const aspects = judged.reduce((sum, { compared }) => sum + compared.length, 0);
  const apart = judged.reduce(
    (sum, one) => sum + new Set(one.differences.map(({ aspect }) => aspect)).size,
    0,
  );
  const identical = judged.filter(({ differences }) => differences.length === 0).length;
  return { aspects, alike: aspects - apart, scenarios: judged.length, identical };
}

function seenIn(outcome: RunOutcome): Seen {
  const { events = [], reports = [], services = [] } = outcome.record ?? {};
  const of = new Map<Aspect, string>([['outcome', outcome.status]]);
  const signs = signsOf(events);
  if (signs.length > 0) of.set('sign', signs.join(', '));
  // What was wrong is told by who first found something; else by who looked last.
  const report = reports.find(({ findings }) => findings.length > 0) ?? reports.at(-1);
  const verdicts = new Map<string, string>();
  if (report !== undefined) {
    of.set('verdict', 'judged');
    for (const { structure, verdict } of report.verdicts) verdicts.set(structure, verdict);
    const [first] = report.diagnosis;
    of.set('diagnosis', first?.cause ?? 'none');
    if (first !== undefined && first.place !== '') of.set('place', first.place);
  }
  if (services.length > 0) of.set('service', services.map(({ state }) => state).join(', '));
  return { of, verdicts, signs, ...(report && { report }) };
}

/** What the guest showed and the watchdogs noticed, each once. */
function signsOf(events: readonly TraceEvent[]): readonly string[] {
  const signs = new Set<string>();
  for (const { kind, subject, detail } of events) {
    if (['oops', 'panic', 'stall', 'stopped'].includes(kind))
      signs.add(`${subject} ${kind} ${detail['sign']}`);
    // Which of the watchdogs barks is told by the second line: that one barks is the sign.
    if (kind === 'failing' || kind === 'failed') signs.add(`${subject} ${kind}`);
  }
  return [...signs].sort();
}

/** Structures that both know. What only one kernel has says nothing of the other. */
function verdictDifferences(here: Seen, there: Seen): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [structure, sim] of here.verdicts) {
    const real = there.verdicts.get(structure);
    if (real === undefined || real === sim || isAbsent(sim) || isAbsent(real)) continue;
    const held = [sim, real].includes('unsettled');
    const reason = held
      ? 'the lock that guards it was held where it is unsettled, so what is read may be in flux'
      : [sim, real].includes('unreachable')
        ? 'what leads to it was damaged on the way that one of them goes'
        : 'one kernel had already acted on the damage, or keeps more that hangs together with it';
    differences.push({
      aspect: 'verdict',
      sim: `${structure} ${sim}`,
      real: `${structure} ${real}`,
      why: reason,
    });
  }
  return differences;
}

/** A structure that a guest does not have, or of which it tells nothing. */
const isAbsent = (verdict: string): boolean => verdict === 'unchecked';

function why(aspect: Aspect, here: Seen, there: Seen): string {
  switch (aspect) {
    case 'sign': {
      const more = there.signs.filter((sign) => !here.signs.includes(sign));
      const fewer = here.signs.filter((sign) => !there.signs.includes(sign));
      const said = [
        ...(more.length > 0 ? ['the real workload came by the damage, or Linux looks more often'] : []),
        ...(fewer.length > 0
          ? ['the simulated guest came by the damage, the real one did not in this time']
          : []),
      ];
      return said.join('; ');
    }
    case 'place':
    case 'diagnosis': {
      const codes = (seen: Seen): string => [...new Set((seen.report?.findings ?? []).map(({ code }) => code))].sort().join(', '); // prettier-ignore
      const [one, other] = [codes(here), codes(there)];
      return one === other
        ? 'the same findings, told by another of them: names and neighbours differ'
        : `other findings: ${one || 'none'} against ${other || 'none'}`;
    }
    case 'service':
      return 'what was found to repair, or what could be verified after it, differs';
    case 'verdict':
    case 'outcome':
      return 'see its other differences';
  }
}
