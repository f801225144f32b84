import type { Patient } from '../../patient/patient.ts';
import type { RepairWrite } from '../../patient/repair.ts';
import type { Bench, Order, Repaired, ServiceEnd, Servicing } from '../../patient/servicing.ts';
import type { AttendOptions, Attended } from '../attend.ts';
import { attend } from '../attend.ts';
import type { Plan } from './plan.ts';
import { ending, planOf } from './plan.ts';

/** What asking the hypervisor takes, and one write with its entry in the journal: virtual nanoseconds. */
const PARK_NS = 2_000;
const WRITE_NS = 1_000;
const RESUME_NS = 2_000;
/** How often what a repair leaves is repaired in its turn. */
const ROUNDS = 3;

/**
 * Services a patient that has been looked at: park, write, look again, and only when nothing is left that is wrong let
 * it go on; else everything is undone first. Undefined when the ambulance came to its end on the way: what it had begun
 * is then for the hypervisor to undo. The patient goes on in any case, unless the ambulance is no more.
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
  const repaired = [...plan.repaired];
  const undone = mend(patient, servicing, order, plan, seen, bench, options, repaired);
  if (undone === 'gone') return undefined;
  if (undone !== 'sound') return undo(undone, servicing, bench);
  if (!bench.tell('resume', {})) return undefined;
  if (!servicing.resume())
    return undo(ending('failed', 'NO_SERVICE', 'the patient could not go on'), servicing, bench);
  if (!bench.pass(RESUME_NS)) return undefined;
  const beat = bench.watch();
  if (beat === 'gone') return undefined;
  if (beat === 'silent')
    return { ...ending('failed', 'NO_HEARTBEAT', 'it went on and sent no heartbeat', 'heartbeat'), repaired };
  return {
    state: 'done',
    message:
      repaired.length === plan.repaired.length
        ? plan.summary
        : `${plan.summary}, and what that brought to light`,
    repaired,
  };
}

/**
 * Writes and looks again. What a repair leaves or brings to light is repaired in its turn, where the order is to do
 * what the validators advise: a count is known only once its list is whole.
 */
function mend(
  patient: Patient,
  servicing: Servicing,
  order: Order,
  first: Plan,
  seen: Attended,
  bench: Bench,
  options: AttendOptions,
  repaired: Repaired[],
): 'gone' | 'sound' | ServiceEnd {
  let plan = first;
  const mended = structuresOf(plan, seen);
  for (let round = 1; ; round++) {
    const written = writeAll(plan, patient, servicing, bench);
    if (written !== undefined) return written;
    if (!bench.tell('verify', {})) return 'gone';
    const again = attend(patient, options);
    if (!bench.pass(again.cost_ns)) return 'gone';
    const end = verify(again, mended, seen);
    const next =
      end === undefined || order.kind !== 'advice' || round === ROUNDS
        ? undefined
        : planOf(order, again, patient.name);
    if (end === undefined) return 'sound';
    if (next === undefined) return end;
    if ('state' in next) return declinedThen(end, next, again);
    for (const structure of structuresOf(next, again)) mended.add(structure);
    repaired.push(...next.repaired);
    plan = next;
  }
}

/**
 * Where all that is left has repairs, and one must not be made, that is why everything is undone: it is told, not what
 * is still wrong alone.
 */
function declinedThen(end: ServiceEnd, next: ServiceEnd, { report, repairs }: Attended): ServiceEnd {
  const { findings } = report;
  const declined = repairs.find((repair) => repair.declined !== undefined && repair.declined === next.code);
  const unknown = findings.some(
    ({ index, consequence_of }) =>
      consequence_of === undefined && repairs.every(({ finding }) => finding !== index),
  );
  if (declined === undefined || unknown) return end;
  const left = findings[declined.finding];
  const why = `still wrong: ${left?.code}, ${left?.message}; ${next.message} is declined`;
  return ending('rolled_back', next.code, why, 'verify');
}

/** The structures whose findings a plan repairs. */
function structuresOf({ findings }: Plan, { report }: Attended): Set<string> {
  return new Set(findings.flatMap((index) => report.findings[index]?.structure ?? []));
}

/** Every write, each said before it is made; undefined when all of them are. */
function writeAll(
  plan: Plan,
  patient: Patient,
  servicing: Servicing,
  bench: Bench,
): 'gone' | ServiceEnd | undefined {
  for (const step of plan.steps) {
    const writes = typeof step === 'function' ? step() : step;
    if (typeof writes === 'string') return ending('rolled_back', 'NO_PLACE', writes);
    for (const write of writes) {
      if (!bench.tell('write', told(write))) return 'gone';
      if (!servicing.write(amongOthers(write, patient)))
        return ending('rolled_back', 'NOT_GRANTED', `${write.place} may not be written`, 'grant');
      if (!bench.pass(WRITE_NS)) return 'gone';
    }
  }
  return undefined;
}

/** What is about some bits only, with the others as they are now: a write before it may have changed them. */
function amongOthers(write: RepairWrite, patient: Patient): RepairWrite {
  const { physical, bytes, mask } = write;
  const now = new Uint8Array(bytes.length);
  if (mask === undefined || !patient.read(physical, now)) return write;
  return {
    ...write,
    bytes: bytes.map(
      (byte, index) => (byte & (mask[index] ?? 0xff)) | ((now[index] ?? 0) & ~(mask[index] ?? 0xff)),
    ),
  };
}

function told({ place, address, physical, bytes }: RepairWrite): Readonly<Record<string, string | number>> {
  return { place, ...(address === '' ? {} : { at: address }), physical, bytes: bytes.length };
}

/**
 * What is wrong with the whole patient, on what the journal has; undefined when nothing is. Anything, of whatever
 * structure, is reason enough: a guest that goes on cannot be taken back.
 */
function verify({ report }: Attended, mended: ReadonlySet<string>, seen: Attended): ServiceEnd | undefined {
  const [left] = report.findings;
  if (left !== undefined) return ending('rolled_back', left.code, `still wrong: ${left.message}`, 'verify');
  const before = new Map(seen.report.verdicts.map(({ structure, verdict }) => [structure, verdict]));
  const unsure = report.verdicts.find(({ structure, verdict }) =>
    // The guest is not let run to see whether what is in flux settles.
    mended.has(structure)
      ? verdict !== 'intact'
      : verdict === 'unreachable' && before.get(structure) !== verdict,
  );
  if (unsure === undefined) return undefined;
  return ending('rolled_back', unsure.code, `${unsure.structure} is ${unsure.verdict}`, 'verify');
}

/** To the byte, while nothing of the patient runs; then it goes on as it was found. */
function undo(end: ServiceEnd, servicing: Servicing, bench: Bench): ServiceEnd | undefined {
  servicing.rollBack();
  return bench.pass(PARK_NS) ? end : undefined;
}
