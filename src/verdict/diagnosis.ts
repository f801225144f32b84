import { formatTime } from '../base/units.ts';
import type { Claim } from '../model/scenario.ts';
import type { AmbulanceReport, Diagnosis } from '../patient/report.ts';
import type { Case } from './facts.ts';
import { claimedPlace } from './places.ts';
import { lastReport } from './reports.ts';
import type { Sight } from './sight.ts';
import { blind, windowOf } from './sight.ts';

/** What the ambulance held to be the cause. */
export function seeDiagnosis(claim: Claim, patient: string, run: Case): Sight {
  const window = windowOf(claim, run);
  if (typeof window === 'string') return blind(window);
  const report = lastReport(run, patient, claim.from);
  if (!report) return blind(`no ambulance attended ${patient}: there is no diagnosis`);
  const lost = claim.places.map((place) => claimedPlace(place, run)).find((place) => place.error);
  if (lost?.error) return { ...blind(`${lost.text} cannot be found: ${lost.error.message}`), broken: true };
  const told = portrait(report);
  if (!matched(claim, report, run)) return { met: false, seen: told };
  if (report.diagnosed_ns >= window.from_ns && report.diagnosed_ns <= window.to_ns)
    return { met: true, seen: told };
  return {
    met: false,
    seen: `${told}: expected ${window.text}, concluded at ${formatTime(report.diagnosed_ns)}`,
  };
}

/** The entry of the diagnosis that the claim speaks of, whether it is negated or not. */
export function matched(claim: Claim, report: AmbulanceReport, run: Case): Diagnosis | undefined {
  const { low, high } = claim.rank ?? (claim.negated ? { low: 1, high: Infinity } : { low: 1, high: 1 });
  const places = claim.places.map((place) => claimedPlace(place, run));
  return report.diagnosis.find(
    (entry) =>
      entry.rank >= low &&
      entry.rank <= high &&
      claim.states.includes(entry.cause) &&
      places.every((place) => place.covers(report.patient, entry)),
  );
}

function portrait({ patient, diagnosis }: AmbulanceReport): string {
  if (diagnosis.length === 0) return `no diagnosis of ${patient}`;
  return diagnosis
    .slice(0, 4)
    .map((entry) => `${entry.rank}. ${entry.cause}${entry.place === '' ? '' : ` at ${entry.place}`}`)
    .join(', ');
}
