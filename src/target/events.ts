/**
 * What happened, in order, as plain data: the timeline of the report, the sources of `on` triggers, the ground truth of
 * `guest` claims. `subject` is a partition or an ambulance. Kinds and their `detail` keys:
 *
 * The target itself makes power_on, register, boot_complete, heartbeat (from the hypercalls) and stopped; the guest's
 * code the rest.
 *
 * from the guest:   power_on, register (address, size), boot_complete, heartbeat, run (comm, pid: switched to), fork
 * (comm, pid),
 *                   exit (comm, pid), oops (sign, address, comm), panic (sign), stall (sign: soft_lockup, hard_lockup;
 *                   cpu), log (text),
 *                   stopped (sign: triple_fault, second_level; address)
 * from a device:    complete (device), frozen (device), iommu_fault (device, address) from hypervisor:  registered,
 * refused (code), failing (sign), failed (sign), park, resume, grant, refusal (what), rolled_back (writes),
 *                   recovered; of an ambulance: failed (sign: lease), revoked
 * from a rescue:    summoned, attach, located, diagnosed, park, write (place, address, bytes), verify, resume, release
 * (partition in
 *                   `detail.patient`); what it says it is about to do, before it does it
 */
export interface TraceEvent {
  readonly time_ns: number;
  readonly subject: string;
  readonly kind: string;
  readonly detail: Readonly<Record<string, string | number>>;
}
