import type { Dimension } from './expression.ts';

/** What a verb acts on. */
export type SubjectKind =
  | 'bytes'
  | 'lock'
  | 'cpu'
  | 'timer_or_interrupt'
  | 'stack'
  | 'device'
  | 'metadata'
  | 'locator'
  | 'task'
  | 'lpar'
  | 'cpus'
  | 'memory'
  | 'object'
  | 'ambulance';

/** One clause of a verb: its values' dimension or the words it takes. */
export interface ClauseRule {
  readonly required: boolean;
  readonly takes: Dimension | readonly string[];
  readonly doc: string;
}

export interface Verb {
  readonly name: string;
  readonly subject: SubjectKind;
  /** A fault breaks something; a stimulus makes the guest do what it could do by itself; a request asks the rescuer. */
  readonly kind: 'fault' | 'stimulus' | 'request';
  readonly clauses: Readonly<Record<string, ClauseRule>>;
  /** At least one of its clauses has to be there, whichever. */
  readonly some?: true;
  readonly doc: string;
}

const VERB_LIST: readonly Verb[] = [
  {
    name: 'set',
    subject: 'bytes',
    kind: 'fault',
    doc: 'Writes a value of the width of the place.',
    clauses: { to: { required: true, takes: 'int', doc: 'the value, or a place whose address it is' } },
  },
  {
    name: 'flip',
    subject: 'bytes',
    kind: 'fault',
    doc: 'Inverts bits.',
    clauses: { bit: { required: true, takes: 'int', doc: 'bit numbers from 0, the least significant' } },
  },
  {
    name: 'zero',
    subject: 'bytes',
    kind: 'fault',
    doc: 'Writes zeros.',
    clauses: { bytes: { required: false, takes: 'size', doc: 'how many; default the width of the place' } },
  },
  {
    name: 'fill',
    subject: 'bytes',
    kind: 'fault',
    doc: 'Writes one byte over and over.',
    clauses: {
      with: { required: true, takes: 'int', doc: 'the byte, 0..255' },
      bytes: { required: false, takes: 'size', doc: 'how many; default the width of the place' },
    },
  },
  {
    name: 'leak',
    subject: 'lock',
    kind: 'fault',
    doc: 'Takes a lock that nobody will ever release.',
    clauses: { mode: { required: false, takes: ['read', 'write'], doc: 'for an rwlock; default write' } },
  },
  {
    name: 'stop',
    subject: 'cpu',
    kind: 'fault',
    doc: 'The CPU executes nothing any more and takes no interrupt.',
    clauses: {},
  },
  {
    name: 'stall',
    subject: 'cpu',
    kind: 'fault',
    doc: 'The CPU stands still for a while, then goes on.',
    clauses: { for: { required: true, takes: 'time', doc: 'how long' } },
  },
  {
    name: 'lose',
    subject: 'timer_or_interrupt',
    kind: 'fault',
    doc: 'A timer is taken off its queue, or an interrupt (`web.cpus[0].tick`, `web.disk0.interrupt`) never comes again.',
    clauses: {},
  },
  {
    name: 'smash',
    subject: 'stack',
    kind: 'fault',
    doc: 'A stray write over the end magic of a kernel stack.',
    clauses: { with: { required: false, takes: 'int', doc: 'the byte; default 0xa5' } },
  },
  {
    name: 'dma',
    subject: 'device',
    kind: 'fault',
    doc: 'The device completes a transfer to a wrong machine address.',
    clauses: {
      to: { required: true, takes: 'place', doc: 'a place, or machine_address(place)' },
      bytes: { required: false, takes: 'size', doc: 'default 512' },
      fill: { required: false, takes: 'int', doc: 'the byte; default 0xa5' },
    },
  },
  {
    name: 'misregister',
    subject: 'metadata',
    kind: 'fault',
    doc: 'The guest lies, is late or says nothing at registration. Only under `on LPAR.register`.',
    clauses: {
      how: {
        required: true,
        takes: [
          'OUTSIDE',
          'FOREIGN',
          'TRUNCATED',
          'VERSION',
          'LATE',
          'TWICE',
          'STALE',
          'SEAL',
          'MALFORMED',
          'NEVER',
        ],
        doc: 'the lie',
      },
    },
  },
  {
    name: 'free',
    subject: 'object',
    kind: 'fault',
    doc: 'The guest\'s own kfree runs on an object of a slab cache, whoever uses it: `free web.slabs["kmalloc-64"].objects[4]`.',
    clauses: {
      by: {
        required: false,
        takes: 'place',
        doc: 'the CPU; default the one whose slab it lies in, else CPU 0',
      },
    },
  },
  {
    name: 'acquire',
    subject: 'lock',
    kind: 'fault',
    doc: "A CPU takes a lock with its own kernel's code, waits for it if it must, and keeps it: two CPUs and two locks are a deadlock.",
    clauses: {
      by: { required: true, takes: 'place', doc: 'the CPU' },
      mode: { required: false, takes: ['read', 'write'], doc: 'for an rwlock; default write' },
    },
  },
  {
    name: 'release',
    subject: 'lock',
    kind: 'fault',
    doc: 'A CPU gives a lock back, whether it has it or not.',
    clauses: {
      by: { required: false, takes: 'place', doc: 'the CPU; default the one that was made to acquire it' },
    },
  },
  {
    name: 'loop',
    subject: 'cpu',
    kind: 'fault',
    doc: 'A CPU enters a loop without end in its kernel.',
    clauses: { irqs: { required: true, takes: ['off', 'on'], doc: 'whether it takes interrupts meanwhile' } },
  },
  {
    name: 'copy',
    subject: 'bytes',
    kind: 'fault',
    doc: 'Writes what one place holds over another of the same size: `copy web.orders[1].qty to web.orders[2].qty`.',
    clauses: { to: { required: true, takes: 'place', doc: 'where to' } },
  },
  {
    name: 'replace',
    subject: 'locator',
    kind: 'fault',
    doc: 'Writes other code, another type or limit into a locator of the region, which is sealed anew: a forgery. All else of the entry stays.',
    some: true,
    clauses: {
      with: {
        required: false,
        takes: 'string',
        doc: 'locator code as text (src/formats/region.md): `"loop 0"`',
      },
      type: { required: false, takes: 'string', doc: 'what its elements are said to be: `"rq"`' },
      limit: { required: false, takes: 'int', doc: 'how many elements it is said to have at most' },
    },
  },
  {
    name: 'exit',
    subject: 'task',
    kind: 'stimulus',
    doc: 'The task exits at its next chance and is reaped.',
    clauses: {},
  },
  { name: 'panic', subject: 'lpar', kind: 'stimulus', doc: 'The guest panics, as by sysrq-c.', clauses: {} },
  {
    name: 'summon',
    subject: 'ambulance',
    kind: 'request',
    doc: 'The ambulance is asked to attend a partition.',
    clauses: {
      to: { required: true, takes: 'place', doc: 'the partition' },
      for: { required: false, takes: ['inspection', 'service'], doc: 'default inspection' },
    },
  },
  {
    name: 'service',
    subject: 'lpar',
    kind: 'request',
    doc: "The ambulance repairs the partition, in braces step by step: park, what is to be written, verify, resume. Everything goes through the hypervisor's journal, and is undone to the byte when it does not re-validate.",
    clauses: {
      by: {
        required: false,
        takes: ['advice'],
        doc: '`by advice`, in the place of braces: what the validators know a repair for',
      },
    },
  },
  {
    name: 'kill',
    subject: 'ambulance',
    kind: 'fault',
    doc: 'The ambulance is dead: it does nothing more, and does not renew its lease. The hypervisor is not told.',
    clauses: {},
  },
];

const LOSS: ClauseRule = {
  required: false,
  takes: ['loss'],
  doc: '`loss`: not where it would hide that data is gone; the service is declined',
};

/** What a `service` in braces is made of. */
const STEP_LIST: readonly Verb[] = [
  {
    name: 'park',
    subject: 'cpus',
    kind: 'request',
    doc: 'Stops the CPUs and devices and opens the journal: the first step.',
    clauses: {},
  },
  {
    name: 'release',
    subject: 'lock',
    kind: 'request',
    doc: 'Releases a lock that nobody holds.',
    clauses: {
      only_if: {
        required: true,
        takes: ['orphan'],
        doc: '`orphan`: a lock that has a holder is never released, the service is declined',
      },
      unless: LOSS,
    },
  },
  {
    name: 'relink',
    subject: 'memory',
    kind: 'request',
    doc: 'Writes the link that its neighbours agree on.',
    clauses: { unless: LOSS },
  },
  {
    name: 'recount',
    subject: 'memory',
    kind: 'request',
    doc: 'Writes the number that was counted: `recount web.symbols["nr_threads"] unless loss`.',
    clauses: { unless: LOSS },
  },
  {
    name: 'unlink',
    subject: 'memory',
    kind: 'request',
    doc: 'Takes an element out of its structure, as its validator advises.',
    clauses: { unless: LOSS },
  },
  {
    name: 'rearm',
    subject: 'memory',
    kind: 'request',
    doc: 'Hangs a timer that is on no queue into the one that it says itself.',
    clauses: { unless: LOSS },
  },
  {
    name: 'quarantine',
    subject: 'memory',
    kind: 'request',
    doc: 'Keeps a task from ever running again: off every list, as its validator advises.',
    clauses: { unless: LOSS },
  },
  {
    name: 'abandon',
    subject: 'memory',
    kind: 'request',
    doc: 'Cuts a chain off where it is damaged.',
    clauses: { unless: LOSS },
  },
  {
    name: 'set',
    subject: 'memory',
    kind: 'request',
    doc: 'Writes a value of the width of the place.',
    clauses: { to: { required: true, takes: 'int', doc: 'the value, or a place whose address it is' } },
  },
  {
    name: 'verify',
    subject: 'lpar',
    kind: 'request',
    doc: 'Looks at the whole partition again; when anything is still wrong, all is undone.',
    clauses: {},
  },
  {
    name: 'resume',
    subject: 'lpar',
    kind: 'request',
    doc: 'Lets the partition go on: the last step.',
    clauses: {},
  },
];

/** Those of them that a validator has to advise. */
export const REPAIR_STEPS: ReadonlySet<string> = new Set([
  'release',
  'relink',
  'recount',
  'unlink',
  'rearm',
  'quarantine',
  'abandon',
]);

/** Steps by name. */
export const SERVICE_STEPS: ReadonlyMap<string, Verb> = new Map(STEP_LIST.map((step) => [step.name, step]));

export const VERBS: ReadonlyMap<string, Verb> = new Map(VERB_LIST.map((verb) => [verb.name, verb]));
