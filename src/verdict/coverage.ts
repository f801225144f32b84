import type { Claim } from '../model/scenario.ts';
import type { AmbulanceReport, Diagnosis, Finding } from '../patient/report.ts';
import { matched } from './diagnosis.ts';
import type { Case } from './facts.ts';
import { claimedPlace } from './places.ts';
import { serviceMeant } from './service.ts';
import { bare, expectsRefusal, isNamed, names, subjectOf } from './reports.ts';

/** Longer than any chain of consequences that an ambulance can tell apart. */
const CHAIN_LIMIT = 64;

/** A finding that no claim covers, in which report. */
export interface Uncovered {
  readonly report: AmbulanceReport;
  readonly finding: Finding;
}

/** A root cause without a finding, of which no claim speaks. */
export interface UncoveredCause {
  readonly report: AmbulanceReport;
  readonly diagnosis: Diagnosis;
}

/** States by which a claim says that the guest, or a part of it, does not get on. */
const FAILURES: ReadonlySet<string> = new Set([
  'oopsed',
  'panicked',
  'stalled',
  'silent',
  'stopped',
  'failing',
  'failed',
  'refused',
  'frozen',
]);

/**
 * Which findings are accounted for. A verdict claim that expects damage covers its structure's findings with its codes
 * at its places; a diagnosis claim that is met covers what the diagnosis explains; a service claim what was repaired; a
 * claim that the region is refused covers the region; and what follows from a covered finding is covered.
 */
export class Coverage {
  readonly #run: Case;
  /** Claims that were judged: a condition that was false expects nothing. */
  readonly #claims: readonly Claim[];

  constructor(run: Case, claims: readonly Claim[]) {
    this.#run = run;
    this.#claims = claims;
  }

  /** Every finding of every report that is not accounted for, each once. */
  uncovered(): readonly Uncovered[] {
    const list: Uncovered[] = [];
    const seen = new Set<string>();
    for (const report of this.#run.record.reports) {
      for (const finding of report.findings) {
        const key = `${report.patient} ${finding.code} ${finding.place} ${finding.physical}`;
        if (seen.has(key) || this.#isCovered(report, finding, () => true)) continue;
        seen.add(key);
        list.push({ report, finding });
      }
    }
    return list;
  }

  /**
   * Root causes that explain no finding: what lies in CPUs, interrupts, tables, the log. A diagnosis claim covers the
   * cause that it names, a guest or hypervisor claim that expects the patient to fail what that is put down to: each
   * one such cause of a report, from the first. A panic that the scenario orders needs no claim that says so again.
   */
  uncoveredCauses(): readonly UncoveredCause[] {
    const list: UncoveredCause[] = [];
    const seen = new Set<string>();
    for (const report of this.#run.record.reports) {
      let expected = this.#claims.filter((claim) => expectsFailure(claim, report.patient)).length;
      for (const diagnosis of report.diagnosis) {
        const key = `${report.patient} ${diagnosis.cause} ${diagnosis.place}`;
        if (diagnosis.explains.length > 0 || seen.has(key)) continue;
        if (this.#claims.some((claim) => this.#names(claim, report, diagnosis))) continue;
        if (this.#isOrdered(report, diagnosis)) continue;
        if (expected-- > 0) continue;
        seen.add(key);
        list.push({ report, diagnosis });
      }
    }
    return list;
  }

  #isOrdered({ patient, diagnosed_ns }: AmbulanceReport, { cause }: Diagnosis): boolean {
    if (cause !== 'requested_panic') return false;
    return this.#run.record.receipts.some(
      ({ verb, partition, fired_ns }) =>
        verb === 'panic' && partition === patient && fired_ns !== undefined && fired_ns <= diagnosed_ns,
    );
  }

  #names(claim: Claim, report: AmbulanceReport, { cause, ...where }: Diagnosis): boolean {
    if (!claim.subjects.some((path) => path.root === report.patient)) return false;
    if (claim.observer !== 'diagnosis' || claim.negated || !claim.states.includes(cause)) return false;
    if (claim.from !== undefined && claim.from !== report.ambulance) return false;
    return claim.places.every((place) => claimedPlace(place, this.#run).covers(report.patient, where));
  }

  /** True when a finding follows from what a claim that names its structure covers: `others` need not answer for it. */
  readonly excused = (report: AmbulanceReport, finding: Finding): boolean => {
    const outright = (claim: Claim): boolean => !claim.subjects.some((path) => path.root === 'others');
    return this.#isCovered(report, finding, outright);
  };

  #isCovered(report: AmbulanceReport, finding: Finding, counts: (claim: Claim) => boolean): boolean {
    const claims = this.#claims.filter(counts);
    let at: Finding | undefined = finding;
    for (let step = 0; step < CHAIN_LIMIT && at; step++) {
      const one: Finding = at;
      if (claims.some((claim) => this.#covers(claim, report, one))) return true;
      at = report.findings.find((other) => other.index === one.consequence_of);
    }
    return false;
  }

  #covers(claim: Claim, report: AmbulanceReport, finding: Finding): boolean {
    if (claim.observer === 'service') return this.#isRepaired(claim, report, finding);
    if (claim.from !== undefined && claim.from !== report.ambulance) return false;
    if (claim.observer === 'diagnosis') {
      if (claim.negated || !claim.subjects.some((path) => path.root === report.patient)) return false;
      return matched(claim, report, this.#run)?.explains.includes(finding.index) ?? false;
    }
    const structure = bare(finding.structure, report.patient);
    if (expectsRefusal(claim, report.patient, structure)) return true;
    if (claim.observer !== 'verdict' || !expectsDamage(claim)) return false;
    if (claim.except.some((path) => names(path, report.patient, structure))) return false;
    const meant = claim.subjects.some((path) =>
      subjectOf(path).kind === 'others'
        ? !isNamed(this.#run, report.patient, structure)
        : names(path, report.patient, structure),
    );
    if (!meant || (claim.codes.length > 0 && !claim.codes.includes(finding.code))) return false;
    const places = claim.places.map((place) => claimedPlace(place, this.#run));
    return places.length === 0 || places.some((place) => place.covers(report.patient, finding));
  }

  /** What a claim says was repaired, whoever found it, is accounted for. */
  #isRepaired(claim: Claim, report: AmbulanceReport, finding: Finding): boolean {
    if (claim.negated) return false;
    return serviceMeant(claim, this.#run).some(
      ({ patient, state, repaired }) =>
        state === 'done' &&
        patient === report.patient &&
        repaired.some(({ code, place }) => code === finding.code && place === finding.place),
    );
  }
}

/** A guest's or hypervisor's claim that the patient does not get on. */
function expectsFailure(claim: Claim, patient: string): boolean {
  if (claim.observer !== 'guest' && claim.observer !== 'hypervisor') return false;
  if (!claim.subjects.some((path) => path.root === patient)) return false;
  return claim.negated ? claim.states.includes('healthy') : claim.states.some((state) => FAILURES.has(state));
}

/** `is corrupt`, `is any`, `is not intact`: findings are what it is about. */
function expectsDamage(claim: Claim): boolean {
  if (claim.negated) return claim.via === undefined && claim.states.every((state) => state === 'intact');
  return claim.states.some((state) => state !== 'intact');
}
