/** The closed vocabularies of claims. The checker, the judge and `siren explain` read the same tables. */

export const GUEST_STATES: Readonly<Record<string, string>> = {
  booted: 'It said boot complete.',
  healthy: 'No oops, panic, lock-up or loss of heartbeat, and it was still beating at the end.',
  oopsed: 'Its kernel took an oops: a task was killed, the kernel went on.',
  panicked: 'Its kernel panicked.',
  stalled: 'Its own detectors reported a lock-up.',
  silent: 'It stopped its heartbeat and did not start again.',
  stopped: 'The hypervisor stopped it: triple fault or a second-level violation.',
  parked: 'All its CPUs were parked.',
};

/** `by SIGN` of a guest claim. */
export const GUEST_SIGNS: Readonly<Record<string, string>> = {
  list_bug: 'CONFIG_DEBUG_LIST found a bad link: a BUG.',
  slub_bug: 'The allocator found an object freed twice in a row: a BUG at mm/slub.c.',
  page_fault: 'An access to an unmapped page.',
  null_pointer: 'An access below the first page.',
  general_protection: 'An access to a non-canonical address.',
  invalid_opcode: 'Execution outside kernel code.',
  bug: 'A BUG() other than the list checks.',
  stack_end: 'The scheduler found the stack end magic gone.',
  soft_lockup: 'A CPU did not schedule for twice watchdog_thresh.',
  hard_lockup: 'A CPU took no timer interrupt for watchdog_thresh.',
  double_fault: 'An exception while entering an exception.',
  triple_fault: 'A fault that could not even be raised as a double fault.',
  second_level: 'A second-level translation was missing or forbidden.',
  oops: 'panic_on_oops turned an oops into a panic.',
  request: 'A panic asked for by a stimulus.',
};

export const HYPERVISOR_STATES: Readonly<Record<string, string>> = {
  healthy: 'No watchdog has barked and the guest has reported nothing.',
  failing: 'A watchdog barked.',
  failed: 'The guest reported its own end, or had to be stopped.',
  registered: 'The metadata region was accepted.',
  refused: 'A registration was turned down; `with` says why.',
  frozen: 'A device whose DMA was stopped and that was taken offline.',
  parked: 'All CPUs of the partition are parked.',
  attached: 'The ambulance held grants on it.',
};

/** `by SIGN` of a hypervisor claim. */
export const HYPERVISOR_SIGNS: Readonly<Record<string, string>> = {
  heartbeat: 'No heartbeat for three of its periods.',
  progress: "A vCPU's progress counter stood still although it was given its slots.",
  panic: 'The guest said so in its distress hypercall.',
  oops: 'The guest said so in its distress hypercall.',
  triple_fault: 'The processor gave up.',
  second_level: 'The guest touched what is not its own.',
  boot: 'Boot complete never came.',
};

/** Why the registry refuses a region. */
export const REFUSALS: Readonly<Record<string, string>> = {
  OUTSIDE: "The region is not wholly inside the partition's memory.",
  FOREIGN: "The region's address lies in another partition.",
  TRUNCATED: 'The region is shorter than its own header says.',
  VERSION: 'The region has a version that the hypervisor does not know.',
  LATE: 'The registration came after boot complete.',
  TWICE: 'A region was registered before in this boot.',
  STALE: "The region carries an earlier boot's boot id.",
  SEAL: "The region's seal does not match its bytes.",
  MALFORMED: 'The header or an entry is not well formed.',
};

/** `misregister … how HOW`: every refusal that a guest can cause, and never registering at all. */
export const MISREGISTRATIONS: readonly string[] = [...Object.keys(REFUSALS), 'NEVER'];

export const VERDICTS: readonly string[] = ['intact', 'corrupt', 'unreachable', 'unsettled', 'unchecked'];
export type Verdict = 'intact' | 'corrupt' | 'unreachable' | 'unsettled' | 'unchecked';

/** How the ambulance came by the region. */
export const VIA: readonly string[] = ['live_region', 'boot_copy', 'note_scan'];
export type Via = 'live_region' | 'boot_copy' | 'note_scan' | 'none';

export const BYSTANDER_STATES: Readonly<Record<string, string>> = {
  contained: 'Bit-identical, with the fault and no rescue, to the run without the fault.',
  undisturbed: 'Bit-identical, with fault and rescue, to the run with the fault alone.',
};

/** Whose event it is: what stands before the event's name in `on SUBJECT.EVENT`. */
export type EventSubject = 'lpar' | 'task' | 'device' | 'ambulance';

/** What `on` and `until` can wait for; the kinds of target/events.ts with their sources. */
export const EVENTS: Readonly<
  Record<string, { readonly of: readonly EventSubject[]; readonly doc: string }>
> = {
  power_on: { of: ['lpar'], doc: 'The partition starts to boot.' },
  register: { of: ['lpar'], doc: 'The guest is about to register its metadata region.' },
  registered: { of: ['lpar'], doc: 'The hypervisor accepted the region.' },
  refused: { of: ['lpar'], doc: 'The hypervisor turned the region down.' },
  boot_complete: { of: ['lpar'], doc: 'The guest said boot complete.' },
  heartbeat: { of: ['lpar'], doc: 'A heartbeat hypercall.' },
  run: { of: ['lpar', 'task'], doc: 'A CPU switched to a task (`web.tasks["nginx"].run`), or to any.' },
  fork: { of: ['lpar', 'task'], doc: 'A task was forked, or forked another.' },
  exit: { of: ['lpar', 'task'], doc: 'A task exited.' },
  log: { of: ['lpar'], doc: 'A line was printed to the kernel log.' },
  oops: { of: ['lpar'], doc: 'The guest took an oops.' },
  panic: { of: ['lpar'], doc: 'The guest panicked.' },
  stall: { of: ['lpar'], doc: "A lock-up detector of the guest's own reported." },
  stopped: { of: ['lpar'], doc: 'The hypervisor stopped the guest.' },
  failing: { of: ['lpar'], doc: 'A watchdog of the hypervisor barked.' },
  failed: { of: ['lpar'], doc: 'The hypervisor took note of the end of the guest.' },
  park: { of: ['lpar'], doc: 'The CPUs of the partition were parked.' },
  resume: { of: ['lpar'], doc: 'They were let go on.' },
  complete: { of: ['device'], doc: 'A device completed a request.' },
  frozen: { of: ['device'], doc: 'A device was taken offline.' },
  iommu_fault: { of: ['device'], doc: 'A DMA was stopped.' },
  summoned: { of: ['ambulance'], doc: 'The rescue was asked for.' },
  attach: { of: ['ambulance'], doc: 'The ambulance attached to a patient.' },
  located: { of: ['ambulance'], doc: 'It has located the structures.' },
  diagnosed: { of: ['ambulance'], doc: 'It has reached its diagnosis.' },
  release: { of: ['ambulance'], doc: 'It has released the patient.' },
};
