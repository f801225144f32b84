/** The closed catalogue of root causes: classes that evidence in memory and registers can tell apart. */
export interface DiagnosisDoc {
  readonly cause: string;
  /** It lies in CPUs, interrupts or devices: what speaks for it is no damage of a structure. */
  readonly outside_memory?: true;
  readonly doc: string;
}

const DIAGNOSIS_LIST: readonly DiagnosisDoc[] = [
  {
    cause: 'wild_pointer',
    doc: 'One link or pointer holds a value that leads nowhere, and its neighbours are sound.',
  },
  {
    cause: 'bit_flip',
    doc: 'One word differs in a single bit from the value that the rest of the structure implies.',
  },
  {
    cause: 'wild_write',
    doc: 'A run of neighbouring bytes, over field boundaries, holds what no field could.',
  },
  { cause: 'bad_value', doc: 'A field holds a value outside its range or enumeration; pointers are sound.' },
  {
    cause: 'bad_count',
    doc: 'A counter disagrees with what it counts, or there are more elements than a structure may have.',
  },
  {
    cause: 'double_free',
    doc: 'An object was freed twice: it stands on a freelist twice, which leads back to itself. A link that was overwritten with the address of an object further up looks the same: the evidence names both links.',
  },
  { cause: 'use_after_free', doc: 'A free object was written to: its link holds what no link could.' },
  { cause: 'lock_leak', doc: 'A lock is held and nobody can be its holder.' },
  { cause: 'deadlock', doc: 'CPUs wait for each other in a ring.' },
  {
    cause: 'endless_loop',
    outside_memory: true,
    doc: "A CPU runs, and its instruction pointer stays in one place: with interrupts off, or with interrupts on and nobody else scheduled, as its kernel's own watchdog says (a soft lock-up).",
  },
  { cause: 'cpu_stopped', outside_memory: true, doc: 'A CPU executes nothing although it was given time.' },
  { cause: 'lost_timer', doc: 'A timer that should be pending is on no queue, or long overdue.' },
  { cause: 'lost_interrupt', outside_memory: true, doc: 'A device or tick interrupt has stopped coming.' },
  {
    cause: 'device_frozen',
    outside_memory: true,
    doc: 'The hypervisor took a device offline, for an access that its IOMMU does not allow; requests stay unanswered.',
  },
  { cause: 'stack_smash', doc: 'The end of a kernel stack was overwritten.' },
  {
    cause: 'page_table_damage',
    doc: 'A page-table entry that maps the kernel is not present, leads elsewhere, or forbids what is done there.',
  },
  { cause: 'second_level_damage', doc: 'The hypervisor stopped the guest at an address that is its own.' },
  { cause: 'metadata_rot', doc: 'The region changed after it was registered.' },
  { cause: 'metadata_lie', doc: 'The registration was refused.' },
  { cause: 'oops', doc: 'The log holds an oops whose cause is no longer to be seen.' },
  { cause: 'requested_panic', doc: 'The log says that the panic was asked for.' },
];

/** What `diagnosis web is` says beside causes. */
export const NO_DIAGNOSIS = {
  word: 'none',
  doc: 'The ambulance attended and named no cause, whenever it did; `is not none`: it named one.',
} as const;

export const DIAGNOSES: ReadonlyMap<string, DiagnosisDoc> = new Map(
  DIAGNOSIS_LIST.map((doc) => [doc.cause, doc]),
);
