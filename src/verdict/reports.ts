import type { Path } from '../model/expression.ts';
import type { Claim } from '../model/scenario.ts';
import type { AmbulanceReport, Finding, StructureVerdict } from '../patient/report.ts';
import type { Case } from './facts.ts';

/** A structure of a patient in one report. */
export interface Judged {
  readonly report: AmbulanceReport;
  readonly verdict: StructureVerdict;
}

/**
 * The reports on a patient (on all patients without one) in their order, by that ambulance where the claim names one.
 */
export function reportsOn(run: Case, patient?: string, from?: string): readonly AmbulanceReport[] {
  return run.record.reports.filter(
    (report) =>
      (patient === undefined || report.patient === patient) &&
      (from === undefined || report.ambulance === from),
  );
}

/** Why there is no report: on that patient, by that ambulance, where the claim names them. */
export function whyUnattended({ record }: Case, patient?: string, from?: string): string {
  const called = record.events.filter(
    ({ kind, subject, detail }) =>
      (kind === 'attach' || kind === 'summoned') &&
      (patient === undefined || detail['patient'] === patient) &&
      (from === undefined || subject === from),
  );
  const last = called.findLast(({ kind }) => kind === 'attach') ?? called.at(-1);
  if (last === undefined)
    return `${from ?? 'no ambulance'} ${from === undefined ? 'attended' : 'did not attend'}${patient === undefined ? '' : ` ${patient}`}`;
  const whom = String(last.detail['patient']);
  const { subject } = last;
  if (record.events.some((event) => event.kind === 'failed' && event.subject === subject))
    return `${subject} died before it ${last.kind === 'attach' ? `had concluded on ${whom}` : `attached to ${whom}`}`;
  return last.kind === 'attach'
    ? `the run ended before ${subject} had concluded on ${whom}`
    : `the run ended before ${subject} attached to ${whom}`;
}

/** Verdicts on what nobody has looked at. */
const UNSEEN: ReadonlySet<string> = new Set(['unreachable', 'unchecked']);

/** True where, of structures judged, none could be looked at; the region is none of them. */
export function lookedAtNothing(verdicts: readonly StructureVerdict[]): boolean {
  const looked = verdicts.filter(({ structure }) => structure !== 'metadata');
  return looked.length > 0 && looked.every(({ verdict }) => UNSEEN.has(verdict));
}

/** `web.tasks` and `tasks` are the same structure of web. */
export function bare(structure: string, patient: string): string {
  return structure.startsWith(`${patient}.`) ? structure.slice(patient.length + 1) : structure;
}

export function findingsOf(report: AmbulanceReport, structure: string): readonly Finding[] {
  return report.findings.filter((finding) => bare(finding.structure, report.patient) === structure);
}

/** Which structures a subject or an exception means: one of a patient, all of a patient, or the `others`. */
export type Subject =
  | { readonly kind: 'one'; readonly patient: string; readonly structure: string }
  | { readonly kind: 'all'; readonly patient: string }
  | { readonly kind: 'others' };

export function subjectOf(path: Path): Subject {
  if (path.root === 'others') return { kind: 'others' };
  const [first] = path.steps;
  if (first?.kind !== 'field') return { kind: 'all', patient: path.root };
  // `web.app.orders` is written so in `describes` alone; elsewhere it is `web.orders`.
  const [, second] = path.steps;
  const name = first.name === 'app' && second?.kind === 'field' ? second.name : first.name;
  return { kind: 'one', patient: path.root, structure: name };
}

/** True when a subject (not `others`) means that structure. */
export function names(path: Path, patient: string, structure: string): boolean {
  const subject = subjectOf(path);
  if (subject.kind === 'others' || subject.patient !== patient) return false;
  return subject.kind === 'all' || subject.structure === structure;
}

/** True when some claim names the structure, as its subject or by a place in it: then it is none of the `others`. */
export function isNamed(run: Case, patient: string, structure: string): boolean {
  return run.scenario.claims.some((claim) => {
    if (expectsRefusal(claim, patient, structure)) return true;
    if (claim.observer !== 'verdict' && claim.observer !== 'diagnosis') return false;
    const excepted = claim.except.some((path) => names(path, patient, structure));
    if (
      claim.observer === 'verdict' &&
      !excepted &&
      claim.subjects.some((path) => names(path, patient, structure))
    )
      return true;
    return claim.places.some(
      (place) =>
        place.kind === 'path' && place.value.steps.length > 0 && names(place.value, patient, structure),
    );
  });
}

/** `hypervisor web.metadata is refused`: the region is known to be bad. */
export function expectsRefusal(claim: Claim, patient: string, structure: string): boolean {
  if (claim.observer !== 'hypervisor' || claim.negated || structure !== 'metadata') return false;
  return claim.states.includes('refused') && claim.subjects.some((path) => names(path, patient, structure));
}

/**
 * What the guest describes by the spec, and its region. A structure that a spec never lets the guest describe is
 * unchecked and nobody's concern, unless a claim names it.
 */
function isAttended(run: Case, { report, verdict }: Judged): boolean {
  if (verdict.verdict !== 'unchecked') return true;
  // What nobody describes and the kernel has not is nobody's.
  if (verdict.code === 'NO_SYMBOL' || verdict.code === 'NO_TYPE') return false;
  // Nor is what could only be compared with something that nobody has.
  if (verdict.code === 'NO_REFERENCE') return false;
  if (verdict.code !== 'NO_LOCATOR') return true;
  const lpar = run.scenario.topology.lpars.find((known) => known.name === report.patient);
  const structure = bare(verdict.structure, report.patient);
  return lpar?.metadata.describes.some((name) => name === structure || name === `app.${structure}`) ?? true;
}

/** The structures that a subject means, report by report. A report in which there is none is left out. */
export function judgedBy(claim: Claim, path: Path, run: Case): readonly (readonly Judged[])[] {
  const subject = subjectOf(path);
  const reports = reportsOn(run, subject.kind === 'others' ? undefined : subject.patient, claim.from);
  return reports.map((report) => judgedIn(report, claim, path, run)).filter((list) => list.length > 0);
}

/**
 * How many structures a report calls unchecked that `web.*` and `others` do not mean, as the guest describes none of
 * them.
 */
export function unasked(run: Case, report: AmbulanceReport): number {
  return report.verdicts.filter((verdict) => !isAttended(run, { report, verdict })).length;
}

function judgedIn(report: AmbulanceReport, claim: Claim, path: Path, run: Case): readonly Judged[] {
  const subject = subjectOf(path);
  const list: Judged[] = [];
  for (const verdict of report.verdicts) {
    const judged = { report, verdict };
    const structure = bare(verdict.structure, report.patient);
    if (subject.kind === 'one' && structure !== subject.structure) continue;
    if (subject.kind !== 'one' && !isAttended(run, judged)) continue;
    if (subject.kind === 'others' && isNamed(run, report.patient, structure)) continue;
    if (claim.except.some((except) => names(except, report.patient, structure))) continue;
    list.push(judged);
  }
  return list;
}
