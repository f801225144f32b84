/** The closed vocabularies of claims. The checker, the judge and `siren explain` read the same tables. */

export const GUEST_STATES: Readonly<Record<string, string>> = {
  booted: 'It said boot complete.',
  healthy: 'No oops, panic, lock-up or loss of heartbeat, and it was still beating at the end.',
  oopsed: 'Its kernel took an oops: a task was killed, the kernel went on.',
  panicked: 'Its kernel panicked.',
  stalled: 'Its own detectors reported a lock-up.',
  silent: 'It stopped its heartbeat and did not start again.',
  stopped: 'The hypervisor stopped it: triple fault or a second-level violation.',
  parked:
    'All its CPUs were parked; with `until`, from the first parking on, but for moments in which an ambulance read again.',
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
  recovered: 'After a service it beat again.',
  unobserved: 'No hypervisor watched it: what lies in a core file was watched by nobody.',
  revoked: "An ambulance's grants were taken back because its lease ran out.",
};

/** `by SIGN` of a hypervisor claim. */
export const HYPERVISOR_SIGNS: Readonly<Record<string, string>> = {
  heartbeat: 'No heartbeat for three of its periods.',
  progress: "A vCPU's progress counter stood still although it was given its slots.",
  panic: 'The guest said so in its distress hypercall.',
  oops: 'Its console tells of one.',
  triple_fault: 'The processor gave up.',
  second_level: 'The guest touched what is not its own.',
  boot: 'Boot complete never came.',
  lease: 'An ambulance did not renew its lease: it is dead.',
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

export const SERVICE_STATES: Readonly<Record<string, string>> = {
  done: 'Everything was written, it re-validated, the guest went on and its heartbeat came.',
  declined: 'Nothing was written: there was nothing to be done, or doing it would have been worse.',
  rolled_back: 'What had been written was undone to the byte before the guest went on.',
  failed: 'It was not brought to its end, or the guest went on and did not beat.',
};

/** `by SIGN` of a service claim: what ended it. */
export const SERVICE_SIGNS: Readonly<Record<string, string>> = {
  verify: 'What was repaired did not re-validate, or something else was still wrong.',
  grant: 'The hypervisor refused a write that it had not granted.',
  lease: 'The ambulance died, and its lease ran out.',
  heartbeat: 'The guest went on and sent no heartbeat for three of its periods.',
};

/** `with CODE` of a service claim; a service that `verify` rolled back has the code of the finding that was left. */
export const SERVICE_CODES: Readonly<Record<string, string>> = {
  NOTHING_FOUND:
    'Nothing is wrong with the patient, of which everything could be looked at: there is nothing to repair.',
  NOT_JUDGED:
    'Nothing was found, and not everything could be looked at: a structure is unreachable, or was changing whenever it was read.',
  NO_REPAIR:
    'No validator knows a repair for what was found. Add one where the structure is judged: `repair CODE: relink` for a link that its neighbours tell, `set`, `recount`, `unlink`, `release`, `rearm`, `quarantine` for others.',
  WOULD_LOSE_DATA: 'The repair would hide that data is gone.',
  NOT_ORPHAN: 'The lock is free, or may have a holder: releasing it would let two into its section.',
  CONDITION: 'The `only_if` of the repair does not hold.',
  NO_VALUE:
    'What should be written cannot be worked out, because the rest of the structure does not say, or does not fit where it should be written.',
  NO_WAY: 'The repair can do nothing for such a structure.',
  UNMAPPED: 'What the repair has to read or write is not mapped.',
  NO_PLACE: 'What was to be written, or where, could not be worked out.',
  NOT_GRANTED: 'The hypervisor refused a write.',
  NO_SERVICE: 'The patient cannot be written to.',
  NO_HEARTBEAT: 'The guest went on and was silent.',
  AMBULANCE_DIED: 'The ambulance died before the service was over.',
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
  failed: {
    of: ['lpar', 'ambulance'],
    doc: 'The hypervisor took note of the end of the guest, or of the ambulance.',
  },
  park: {
    of: ['lpar', 'ambulance'],
    doc: 'The CPUs of the partition were parked; the ambulance asks for leave to write.',
  },
  resume: { of: ['lpar', 'ambulance'], doc: 'They were let go on; the ambulance is about to let them.' },
  complete: { of: ['device'], doc: 'A device completed a request.' },
  frozen: { of: ['device'], doc: 'A device was taken offline.' },
  iommu_fault: { of: ['device'], doc: 'A DMA was stopped.' },
  summoned: { of: ['ambulance'], doc: 'The rescue was asked for.' },
  attach: { of: ['ambulance'], doc: 'The ambulance attached to a patient.' },
  located: { of: ['ambulance'], doc: 'It has located the structures.' },
  diagnosed: { of: ['ambulance'], doc: 'It has reached its diagnosis.' },
  write: { of: ['ambulance'], doc: 'It is about to make one write of a repair.' },
  verify: { of: ['ambulance'], doc: 'It is about to look again at what it has repaired.' },
  revoked: { of: ['ambulance'], doc: 'Its lease ran out, and its grants were taken back.' },
  release: { of: ['ambulance'], doc: 'It has released the patient.' },
  rolled_back: { of: ['lpar'], doc: 'What a service had written was undone.' },
  recovered: { of: ['lpar'], doc: 'The first heartbeat after a service.' },
};
