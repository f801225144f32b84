import type { AmbulanceReport, Finding } from '../../patient/report.ts';
import type { Patient } from '../../patient/patient.ts';
import type { RepairWrite } from '../../patient/repair.ts';
import type { Bench, Order, ServiceEnd, Servicing } from '../../patient/servicing.ts';
import type { AttendOptions, Attended } from '../attend.ts';
import { attend } from '../attend.ts';
import type { Plan } from './plan.ts';
import { ending, planOf } from './plan.ts';

/** What asking the hypervisor takes, and one write with its entry in the journal: virtual nanoseconds. */
const PARK_NS = 2_000;
const WRITE_NS = 1_000;
const RESUME_NS = 2_000;

/**
 * Services a patient that has been looked at: park, write, look again, and only when nothing is left that is wrong let it go on; else
 * everything is undone first. Undefined when the ambulance came to its end on the way: what it had begun is then for the hypervisor to
 * undo. The patient goes on in any case, unless the ambulance is no more.
 */
export function service(
  patient: Patient,
  order: Order,
  seen: Attended,
  bench: Bench,
  options: AttendOptions,
): ServiceEnd | undefined {
  const { servicing } = patient;
  const plan = planOf(order, seen, patient.name);
  if ('state' in plan) return plan;
  if (servicing === undefined) return ending('failed', 'NO_SERVICE', 'the patient cannot be written to');
  if (!bench.tell('park', {})) return undefined;
  if (!servicing.park()) return ending('failed', 'NOT_GRANTED', 'the hypervisor gave no leave', 'grant');
  if (!bench.pass(PARK_NS)) return undefined;
  const undone = writeAll(plan, servicing, bench) ?? lookAgain(patient, plan, seen, bench, options);
  if (undone === 'gone') return undefined;
  if (undone !== 'sound') return undo(undone, servicing, bench);
  if (!bench.tell('resume', {})) return undefined;
  if (!servicing.resume())
    return undo(ending('failed', 'NO_SERVICE', 'the patient could not go on'), servicing, bench);
  if (!bench.pass(RESUME_NS)) return undefined;
  const beat = bench.watch();
  if (beat === 'gone') return undefined;
  if (beat === 'silent') return { ...ending('failed', 'NO_HEARTBEAT', 'it went on and sent no heartbeat', 'heartbeat'), repaired: plan.repaired }; // prettier-ignore
  return { state: 'done', message: plan.summary, repaired: plan.repaired };
}

/** Every write, each said before it is made; undefined when all of them are. */
function writeAll(plan: Plan, servicing: Servicing, bench: Bench): 'gone' | ServiceEnd | undefined {
  for (const step of plan.steps) {
    const writes = typeof step === 'function' ? step() : step;
    if (typeof writes === 'string') return ending('rolled_back', 'NO_PLACE', writes);
    for (const write of writes) {
      if (!bench.tell('write', told(write))) return 'gone';
      if (!servicing.write(write)) return ending('rolled_back', 'NOT_GRANTED', `${write.place} may not be written`, 'grant'); // prettier-ignore
      if (!bench.pass(WRITE_NS)) return 'gone';
    }
  }
  return undefined;
}

function told({ place, address, physical, bytes }: RepairWrite): Readonly<Record<string, string | number>> {
  return { place, ...(address === '' ? {} : { at: address }), physical, bytes: bytes.length };
}

/**
 * The whole patient once more, on what the journal has. What followed from the damage that was repaired may still be there, for only the
 * guest itself can make it good: a timer that is late.
 */
function lookAgain(
  patient: Patient,
  plan: Plan,
  seen: Attended,
  bench: Bench,
  options: AttendOptions,
): 'gone' | 'sound' | ServiceEnd {
  if (!bench.tell('verify', {})) return 'gone';
  const { report, cost_ns } = attend(patient, options);
  if (!bench.pass(cost_ns)) return 'gone';
  const left = report.findings.find((finding) => !excused(finding, plan, seen.report));
  if (left !== undefined) return ending('rolled_back', left.code, `still wrong: ${left.message}`, 'verify');
  const lost = report.verdicts.find(
    ({ structure, verdict }) =>
      verdict === 'unreachable' &&
      seen.report.verdicts.every((one) => one.structure !== structure || one.verdict !== verdict),
  );
  if (lost === undefined) return 'sound';
  return ending('rolled_back', lost.code, `${lost.structure} can no longer be reached`, 'verify');
}

/** A finding of the first look that follows, through whatever chain, from one that was repaired. */
function excused(finding: Finding, plan: Plan, first: AmbulanceReport): boolean {
  let at = first.findings.find((one) => one.code === finding.code && one.physical === finding.physical && one.place === finding.place); // prettier-ignore
  for (let step = 0; step < first.findings.length && at?.consequence_of !== undefined; step++) {
    const cause: number = at.consequence_of;
    if (plan.findings.includes(cause)) return true;
    at = first.findings.find((one) => one.index === cause);
  }
  return false;
}

/** To the byte, while nothing of the patient runs; then it goes on as it was found. */
function undo(end: ServiceEnd, servicing: Servicing, bench: Bench): ServiceEnd | undefined {
  servicing.rollBack();
  return bench.pass(PARK_NS) ? end : undefined;
}
