import type { Claim, Scenario } from '../../src/model/scenario.ts';
import type { AmbulanceModel, LparModel, TopologyModel } from '../../src/model/machine.ts';
import type { Diagnostic } from '../../src/text/diagnostic.ts';
import type { Span } from '../../src/text/span.ts';

export const LISTS_FILE = 'specs/structures/lists.spec';

/** The text that the fixture outcomes point into. */
export const LISTS_TEXT = `import { two_partitions } from "../lib/machines.spec"

tag smoke "seconds, run on every commit"
tag lists "the kernel's linked lists"

## Reaping the task behind nginx trips Linux's list check: a BUG, taken with tasklist_lock held for writing.
## panic_on_oops is off in stock Linux, so the sign is an oops and then silence, not a panic.
scenario "smashed task link" {
  uses two_partitions
  tags smoke, lists
  run 400 ms

  at 40 ms called smash:
    set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100
  at 60 ms called reap: exit web.tasks["nginx"].successor

  expect {
    guest      web is oopsed by list_bug within 1 ms of smash.activated
    hypervisor web is failing by heartbeat within 3 * web.kernel.heartbeat of smash.activated
    verdict    web.tasks is corrupt with LIST_NEXT_POISON at web.tasks["nginx"].tasks.next
    diagnosis  web is wild_pointer at web.tasks["nginx"].tasks.next
    verdict    others is intact
    bystander  db is contained
    bystander  db is undisturbed
  }
}
`;

export function spanOf(text: string, inside = LISTS_TEXT, file = LISTS_FILE): Span {
  const start = inside.indexOf(text);
  if (start < 0) throw new Error(`the fixture has no ${text}`);
  return { file, start, end: start + text.length };
}

const anywhere: Span = { file: 'specs/lib/machines.spec', start: 0, end: 0 };

function lpar(name: string, cpus: readonly number[], disk: boolean): LparModel {
  return {
    name,
    cpus: { mode: 'owned', cpus, vcpus: cpus.length, weight: 1 },
    memory_bytes: 128 * 1_048_576,
    devices: [
      ...(disk ? [{ mode: 'owned', device: 'disk0', weight: 1 } as const] : []),
      { mode: 'shared', device: 'eth0', weight: 1 },
    ],
    kernel: {
      flavour: 'linux',
      workload: name === 'web' ? 'web_server' : 'database',
      heartbeat_ns: 5_000_000,
      heartbeat_by: 'fork',
      watchdog_thresh_ns: 10_000_000_000,
      panic_on_oops: false,
      softlockup_panic: false,
      layout_seed: 0,
    },
    metadata: { size_bytes: 65_536, seal: 'crc32c', describes: ['tasks', 'run_queues', 'locks', 'orders'] },
    span: anywhere,
  };
}

const RESCUE: AmbulanceModel = {
  name: 'rescue',
  cpus: { mode: 'owned', cpus: [5], vcpus: 1, weight: 1 },
  memory_bytes: 64 * 1_048_576,
  attends: ['web', 'db'],
  span: anywhere,
};

export const TWO_PARTITIONS: TopologyModel = {
  machine: {
    cpus: [0, 1, 2, 3, 4, 5],
    memory_bytes: 512 * 1_048_576,
    devices: [
      { kind: 'block', name: 'disk0', span: anywhere },
      { kind: 'network', name: 'eth0', span: anywhere },
    ],
    iommu: 'strict',
    slice_ns: 10_000_000,
    span: anywhere,
  },
  lpars: [lpar('web', [0, 1], true), lpar('db', [2, 3], false)],
  ambulances: [RESCUE],
};

/** Three guests in slots on two CPUs, two ambulances: the crowded picture. */
export const SHARED: TopologyModel = {
  machine: { ...TWO_PARTITIONS.machine, cpus: [0, 1, 2, 3] },
  lpars: ['web', 'db', 'batch'].map((name, place) => ({
    ...lpar(name, [0, 1], place === 0),
    cpus: { mode: 'shared', cpus: [0, 1], vcpus: 2, weight: place + 1 },
    memory_bytes: 96 * 1_048_576,
  })),
  ambulances: [
    { ...RESCUE, cpus: { ...RESCUE.cpus, cpus: [2] }, attends: ['web', 'db', 'batch'] },
    { ...RESCUE, name: 'spare', cpus: { ...RESCUE.cpus, cpus: [3] }, attends: ['web'] },
  ],
};

export const CLAIM_TEXTS: readonly string[] = [
  'guest      web is oopsed by list_bug within 1 ms of smash.activated',
  'hypervisor web is failing by heartbeat within 3 * web.kernel.heartbeat of smash.activated',
  'verdict    web.tasks is corrupt with LIST_NEXT_POISON at web.tasks["nginx"].tasks.next',
  'diagnosis  web is wild_pointer at web.tasks["nginx"].tasks.next',
  'verdict    others is intact',
  'bystander  db is contained',
  'bystander  db is undisturbed',
];

function claimOf(text: string): Claim {
  return {
    observer: text.split(' ')[0] as Claim['observer'],
    subjects: [],
    negated: false,
    states: [],
    codes: [],
    places: [],
    signs: [],
    except: [],
    text,
    span: spanOf(text),
  };
}

export function scenarioNamed(name: string, changes: Partial<Scenario> = {}): Scenario {
  const file = changes.file ?? LISTS_FILE;
  return {
    id: `${file} :: ${name}`,
    name,
    doc: "Reaping the task behind nginx trips Linux's list check: a BUG, taken with tasklist_lock held for writing.\npanic_on_oops is off in stock Linux, so the sign is an oops and then silence, not a panic.",
    file,
    line: 8,
    span: {
      file: LISTS_FILE,
      start: LISTS_TEXT.indexOf('scenario'),
      end: LISTS_TEXT.length - 1,
    },
    tags: ['smoke', 'lists'],
    targets: ['sim'],
    seeds: [1],
    duration_ns: 400_000_000,
    topology: TWO_PARTITIONS,
    triggers: [],
    claims: CLAIM_TEXTS.map(claimOf),
    lets: [],
    ...changes,
  };
}

export function diagnosticAt(
  code: string,
  message: string,
  ...labels: readonly (readonly [text: string, says: string])[]
): Diagnostic {
  return {
    code,
    severity: 'error',
    message,
    labels: labels.map(([text, says]) => ({ span: spanOf(text), text: says })),
    help: 'look at the timeline in report.html, or claim what truly happens',
  };
}
