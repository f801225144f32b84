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
 * The whole patient once more, on what the journal has. Anything that is wrong still, of whatever structure, is reason enough: a guest that
 * goes on cannot be taken back.
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
  const [left] = report.findings;
  if (left !== undefined) return ending('rolled_back', left.code, `still wrong: ${left.message}`, 'verify');
  const mended = new Set(plan.findings.map((index) => seen.report.findings[index]?.structure));
  const before = new Map(seen.report.verdicts.map(({ structure, verdict }) => [structure, verdict]));
  const unsure = report.verdicts.find(({ structure, verdict }) =>
    // The guest is not let run to see whether what is in flux settles.
    mended.has(structure)
      ? verdict !== 'intact'
      : verdict === 'unreachable' && before.get(structure) !== verdict,
  );
  if (unsure === undefined) return 'sound';
  return ending('rolled_back', unsure.code, `${unsure.structure} is ${unsure.verdict}`, 'verify');
}

/** To the byte, while nothing of the patient runs; then it goes on as it was found. */
function undo(end: ServiceEnd, servicing: Servicing, bench: Bench): ServiceEnd | undefined {
  servicing.rollBack();
  return bench.pass(PARK_NS) ? end : undefined;
}
