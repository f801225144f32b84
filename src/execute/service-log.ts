import type { Journal } from '../hypervisor/journal.ts';
import type { ServiceReport, ServiceWrite } from '../patient/report.ts';
import type { Order, ServiceEnd } from '../patient/servicing.ts';
import type { Run } from './run.ts';

const BYTES_KEPT = 64;

/**
 * What became of every service that was ordered: by what the ambulance says, and where it died, by what the hypervisor
 * did.
 */
export class ServiceLog {
  readonly #run: Run;
  /** Ordered and not ended. */
  #open: {
    readonly ambulance: string;
    readonly patient: string;
    readonly order: Order;
    readonly time_ns: number;
  }[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  /** Notes an order; it is the same one that comes back. */
  ordered(ambulance: string, patient: string, order: Order): Order {
    this.#open.push({ ambulance, patient, order, time_ns: this.#run.now });
    return order;
  }

  ended(order: Order, end: ServiceEnd): void {
    const open = this.#open.find((one) => one.order === order);
    if (open === undefined) return;
    this.#open = this.#open.filter((one) => one !== open);
    const journal = this.#run.machine.hypervisor.rescues.journal(open.patient);
    const wrote = end.state !== 'declined' && journal?.ambulance === open.ambulance ? writesOf(journal) : [];
    const report: ServiceReport = {
      ambulance: open.ambulance,
      patient: open.patient,
      ordered_ns: open.time_ns,
      ended_ns: this.#run.now,
      ...end,
      writes: wrote.filter((write) => write.time_ns >= open.time_ns),
    };
    this.#run.services.push(report);
  }

  /** The hypervisor has buried an ambulance, and undone what it had begun on that patient. */
  died(ambulance: string, patient: string): void {
    const open = this.#open.find((one) => one.ambulance === ambulance && one.patient === patient);
    if (open === undefined) return;
    const journal = this.#run.machine.hypervisor.rescues.journal(patient);
    const parked =
      journal?.ambulance === ambulance && journal.entries.every((one) => one.time_ns >= open.time_ns);
    const code = 'AMBULANCE_DIED';
    const by = 'lease';
    this.ended(
      open.order,
      parked && journal.state !== 'kept'
        ? {
            state: 'rolled_back',
            code,
            by,
            message: `${ambulance} died, and its journal was undone`,
            repaired: [],
          }
        : { state: 'failed', code, by, message: `${ambulance} died`, repaired: [] },
    );
  }
}

function writesOf(journal: Journal): readonly ServiceWrite[] {
  return journal.entries.map(({ time_ns, place, address, physical, before, after }) => ({
    time_ns,
    place,
    address,
    physical,
    before: Buffer.from(before.subarray(0, BYTES_KEPT)).toString('hex'),
    after: Buffer.from(after.subarray(0, BYTES_KEPT)).toString('hex'),
    bytes: after.length,
    undone: journal.state === 'undone',
  }));
}
