import { formatTime } from '../base/units.ts';
import type { Path } from '../model/expression.ts';
import { printPath } from '../model/print.ts';
import type { Claim } from '../model/scenario.ts';
import type { AmbulanceReport, Finding, StructureVerdict } from '../patient/report.ts';
import type { Case } from './facts.ts';
import type { ClaimedPlace, Located } from './claimed-place.ts';
import { claimedPlace } from './places.ts';
import type { Judged } from './reports.ts';
import {
  bare,
  findingsOf,
  judgedBy,
  lookedAtNothing,
  reportsOn,
  subjectOf,
  unasked,
  whyUnattended,
} from './reports.ts';
import type { Sight, Window } from './sight.ts';
import { blind, unlessCut, windowOf } from './sight.ts';
import { whyUnfound } from './unfound.ts';

const FINDINGS_TOLD = 4;
const MISSES_TOLD = 6;

/** Tells whether a finding follows from what other claims cover. */
type Excused = (report: AmbulanceReport, finding: Finding) => boolean;

/**
 * What the ambulance concluded of a structure, of all of a patient's, or of the others. Where a patient was attended
 * several times, `intact` must have been concluded every time, anything else at least once.
 */
export function seeVerdict(claim: Claim, subject: Path, run: Case, excused: Excused): Sight {
  const window = windowOf(claim, run);
  if (typeof window === 'string') return blind(window);
  const places = claim.places.map((place) => claimedPlace(place, run));
  const lost = places.find((place) => place.error);
  if (lost?.error) return { ...blind(`${lost.text} cannot be found: ${lost.error.message}`), broken: true };
  const rounds = judgedBy(claim, subject, run);
  if (rounds.length === 0) return noVerdict(claim, subject, run);
  const others = subjectOf(subject).kind === 'others';
  const misses = rounds.map((round) => missesOf(claim, round, places, window, others ? excused : undefined));
  const met = claim.states.includes('intact')
    ? misses.every((miss) => miss.length === 0)
    : misses.some((miss) => miss.length === 0);
  if (!met && claim.negated && !claim.states.includes('intact')) {
    // `web.* is not corrupt`: none is, not only one of them.
    const one = rounds.flat().find((judged) => miss(claim, judged, places, window) === undefined);
    if (one) return { met: true, seen: portrait(one) };
  }
  const looked = rounds.flat().flatMap(({ verdict }) => (verdict.structure === 'metadata' ? [] : [verdict]));
  if (!met && claim.negated && looked.length > 1 && lookedAtNothing(looked))
    return blind(`none of ${looked.length} structures could be looked at`);
  const whole = met || claim.places.length + claim.codes.length === 0 ? undefined : notWhole(rounds.flat());
  if (whole !== undefined) return blind(`${misses.flat()[0] ?? ''}; ${whole}`);
  if (!met) {
    const told = [...new Set(misses.flat())].slice(0, MISSES_TOLD);
    return unlessCut({ met, seen: [...told, ...unfound(claim, rounds, run)].join('; ') }, window);
  }
  const round = rounds[misses.findIndex((miss) => miss.length === 0)] ?? [];
  const [only] = round;
  if (only && round.length === 1) return { met, seen: portrait(only) };
  const beside = only ? unasked(run, only.report) : 0;
  const told =
    beside === 0 ? '' : `; beside them ${beside} unchecked, which the guest does not describe or have`;
  return { met, seen: `${round.length} structures: ${summary(round)}${told}` };
}

/** Where damage was claimed and one structure was called intact, who reads what was damaged. */
function unfound(claim: Claim, rounds: readonly (readonly Judged[])[], run: Case): readonly string[] {
  const [last, ...more] = rounds.at(-1) ?? [];
  if (
    !last ||
    more.length > 0 ||
    last.verdict.verdict !== 'intact' ||
    claim.negated ||
    claim.states.includes('intact')
  )
    return [];
  const why = whyUnfound(claim, last, run);
  return why === '' ? [] : [why];
}

/** Where the rescuer found more than it keeps, what it kept does not tell what it did not find. */
function notWhole(judged: readonly Judged[]): string | undefined {
  for (const { report, verdict } of judged) {
    const { findings_left_out: left, structure } = verdict;
    if (left !== undefined)
      return `the rescue keeps the first ${findingsOf(report, bare(structure, report.patient)).length} findings of a structure, and there are ${left} more of this one`;
  }
  return undefined;
}

function missesOf(
  claim: Claim,
  round: readonly Judged[],
  places: readonly ClaimedPlace[],
  window: Window,
  excused: Excused | undefined,
): string[] {
  const misses: string[] = [];
  for (const judged of round) {
    const why = miss(claim, judged, places, window);
    if (why !== undefined && !(excused && isExcused(judged, excused))) misses.push(why);
  }
  return misses;
}

/** There is nothing to be judged: only `is any`, which allows everything, allows that too. */
function noVerdict(claim: Claim, subject: Path, run: Case): Sight {
  const name = printPath(subject);
  const about = subjectOf(subject);
  const { kind } = about;
  const reports = reportsOn(run, kind === 'others' ? undefined : subject.root, claim.from);
  if (reports.length === 0) {
    const patient = kind === 'others' || run.record.reports.length === 0 ? undefined : subject.root;
    return blind(`${whyUnattended(run, patient, claim.from)}: there is no verdict on ${name}`);
  }
  const { library } = run.scenario;
  if (about.kind === 'one' && library && library.validators.every((one) => one.name !== about.structure))
    return blind(`no validator judges \`${about.structure}\``);
  if (kind === 'one') return blind(`the ambulance reached no verdict on ${name}`);
  const none = kind === 'others' ? 'there are no others' : 'there is nothing else';
  return claim.states.includes('any') ? { met: true, seen: none } : blind(`${none}: nothing was judged`);
}

/** Why a structure is not as the claim says; undefined when it is. */
function miss(
  claim: Claim,
  judged: Judged,
  places: readonly ClaimedPlace[],
  window: Window,
): string | undefined {
  const { report, verdict } = judged;
  const told = portrait(judged);
  if (!claim.states.includes('any') && !claim.states.includes(verdict.verdict)) return told;
  if (claim.via !== undefined && verdict.via !== claim.via) return told;
  if (report.diagnosed_ns < window.from_ns || report.diagnosed_ns > window.to_ns) {
    return `${told}: expected ${window.text}, concluded at ${formatTime(report.diagnosed_ns)}`;
  }
  const findings = findingsOf(report, bare(verdict.structure, report.patient));
  const absent = claim.codes.find(
    (code) => verdict.code !== code && findings.every((one) => one.code !== code),
  );
  if (absent !== undefined) return `${told}, not ${absent}`;
  const coded = findings.filter((one) => claim.codes.length === 0 || claim.codes.includes(one.code));
  const located = findings.length === 0 ? unjudgedAt(verdict) : coded;
  const elsewhere = places.find((place) => !located.some((one) => place.covers(report.patient, one)));
  return elsewhere ? `${told}, not at ${elsewhere.text}` : undefined;
}

/** Where a structure that was found nothing in could not be judged. */
function unjudgedAt({ place, address = '' }: StructureVerdict): Located[] {
  return place === undefined ? [] : [{ place, address, physical: -1 }];
}

/** True when everything that was found there follows from what other claims cover. */
function isExcused({ report, verdict }: Judged, excused: Excused): boolean {
  const findings = findingsOf(report, bare(verdict.structure, report.patient));
  return findings.length > 0 && findings.every((finding) => excused(report, finding));
}

/** `web.tasks is corrupt via live_region: LIST_NULL at web.tasks["nginx"].tasks.next`. */
function portrait({ report, verdict }: Judged): string {
  const structure = bare(verdict.structure, report.patient);
  const findings = findingsOf(report, structure);
  const told = findings.slice(0, FINDINGS_TOLD).map((finding) => `${finding.code} at ${finding.place}`);
  const more = findings.length - told.length + (verdict.findings_left_out ?? 0);
  if (more > 0) told.push(`${more} more`);
  const { code, place, message } = verdict;
  const at = place === undefined ? '' : ` at ${place}`;
  const because = message === undefined || at !== '' ? '' : ` (${message})`;
  const why = told.length > 0 ? `: ${told.join(', ')}` : code ? `: ${code}${at}${because}` : '';
  return `${report.patient}.${structure} is ${verdict.verdict} via ${verdict.via}${why}`;
}

function summary(judged: readonly Judged[]): string {
  const counts = new Map<string, number>();
  for (const { verdict } of judged) counts.set(verdict.verdict, (counts.get(verdict.verdict) ?? 0) + 1);
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
}
