import { formatTime } from '../base/units.ts';
import { NO_DIAGNOSIS } from '../model/diagnoses.ts';
import type { Claim } from '../model/scenario.ts';
import type { AmbulanceReport, Diagnosis } from '../patient/report.ts';
import type { Case } from './facts.ts';
import { claimedPlace } from './places.ts';
import { lookedAtNothing, reportsOn, whyUnattended } from './reports.ts';
import type { Sight } from './sight.ts';
import { blind, unlessCut, windowOf } from './sight.ts';

/** What the ambulance held to be the cause: at least once, where it attended the patient several times. */
export function seeDiagnosis(claim: Claim, patient: string, run: Case): Sight {
  const window = windowOf(claim, run);
  if (typeof window === 'string') return blind(window);
  const reports = reportsOn(run, patient, claim.from);
  if (reports.length === 0) return blind(`${whyUnattended(run, patient, claim.from)}: there is no diagnosis`);
  const lost = claim.places.map((place) => claimedPlace(place, run)).find((place) => place.error);
  if (lost?.error) return { ...blind(`${lost.text} cannot be found: ${lost.error.message}`), broken: true };
  if (claim.states.includes(NO_DIAGNOSIS.word)) return seeNone(reports);
  const matching = reports.filter((report) => matched(claim, report, run));
  const [first] = matching;
  if (!first) return unlessCut({ met: false, seen: [...new Set(reports.map(portrait))].join('; ') }, window);
  const inside = matching.find(
    ({ diagnosed_ns }) => diagnosed_ns >= window.from_ns && diagnosed_ns <= window.to_ns,
  );
  if (inside) return { met: true, seen: portrait(inside) };
  const at = formatTime(first.diagnosed_ns);
  return unlessCut(
    { met: false, seen: `${portrait(first)}: expected ${window.text}, concluded at ${at}` },
    window,
  );
}

/** No cause, whenever somebody came. Of a patient of which nothing could be looked at that says nothing. */
function seeNone(reports: readonly AmbulanceReport[]): Sight {
  const seen = [...new Set(reports.map(portrait))].join('; ');
  if (reports.some(({ diagnosis }) => diagnosis.length > 0)) return { met: false, seen };
  const unseen = reports.find(({ verdicts }) => lookedAtNothing(verdicts));
  if (unseen) return blind(`${seen}, and none of ${unseen.verdicts.length} structures could be looked at`);
  return { met: true, seen };
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
