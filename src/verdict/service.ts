import { formatTime } from '../base/units.ts';
import type { Claim } from '../model/scenario.ts';
import type { ServiceReport } from '../patient/report.ts';
import type { Case } from './facts.ts';
import type { Sight } from './sight.ts';
import { blind, unlessCut, windowOf } from './sight.ts';

/** How a service of the patient ended: one of them, where there were several. */
export function seeService(claim: Claim, patient: string, run: Case): Sight {
  const window = windowOf(claim, run);
  if (typeof window === 'string') return blind(window);
  const services = servicesOf(run, patient, claim.from);
  if (services.length === 0) return blind(whyNone(run, patient, claim.from));
  const meant = services.filter((one) => ended(claim, one));
  const inside = meant.find(({ ended_ns }) => ended_ns >= window.from_ns && ended_ns <= window.to_ns);
  if (inside) return { met: true, seen: portrait(inside) };
  const [late] = meant;
  if (late === undefined) return unlessCut({ met: false, seen: services.map(portrait).join('; ') }, window);
  return unlessCut({ met: false, seen: `${portrait(late)}: expected ${window.text}` }, window);
}

/** The services that a claim which is met speaks of. */
export function serviceMeant(claim: Claim, run: Case): readonly ServiceReport[] {
  return claim.subjects.flatMap(({ root }) =>
    servicesOf(run, root, claim.from).filter((one) => ended(claim, one)),
  );
}

function servicesOf({ record }: Case, patient: string, from: string | undefined): readonly ServiceReport[] {
  return record.services.filter(
    (one) => one.patient === patient && (from === undefined || one.ambulance === from),
  );
}

function ended({ states, codes, signs }: Claim, { state, code, by }: ServiceReport): boolean {
  if (!states.includes(state)) return false;
  if (codes.length > 0 && (code === undefined || !codes.includes(code))) return false;
  return signs.length === 0 || (by !== undefined && signs.includes(by));
}

/** `done by spare at 71 ms: release web.locks["tasklist_lock"]`. */
function portrait({ ambulance, state, code, by, message, ended_ns }: ServiceReport): string {
  const why = `${by === undefined ? '' : ` by ${by}`}${code === undefined ? '' : ` with ${code}`}`;
  return `${ambulance}: ${state}${why} at ${formatTime(ended_ns)} (${message})`;
}

function whyNone({ record }: Case, patient: string, from: string | undefined): string {
  const begun = record.events.findLast(
    ({ kind, subject, detail }) =>
      kind === 'park' && detail['patient'] === patient && (from === undefined || subject === from),
  );
  if (begun !== undefined) return `the run ended before ${begun.subject} had serviced ${patient}`;
  return `${from ?? 'nobody'} ${from === undefined ? 'serviced' : 'did not service'} ${patient}`;
}
