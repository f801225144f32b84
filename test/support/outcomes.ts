import { addressHex } from '../../src/base/address.ts';
import { NS_PER_MS } from '../../src/base/units.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import type { AmbulanceReport, Finding, HexContext, ServiceReport } from '../../src/patient/report.ts';
import type { ClaimOutcome, RunOutcome, Status } from '../../src/record/outcome.ts';
import type { RunRecord } from '../../src/record/record.ts';
import type { TraceEvent } from '../../src/target/events.ts';
import { CLAIM_TEXTS, diagnosticAt, scenarioNamed } from './spec-fixture.ts';

const at = (ms: number): number => Math.round(ms * NS_PER_MS);
const NGINX = 0xffff_8880_0412_c000n;
const NEXT = addressHex(NGINX + 0x2f8n);

/** 96 bytes of a task_struct whose `tasks.next` holds LIST_POISON1. */
function taskContext(): HexContext {
  const bytes = new Uint8Array(96);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 0x0000_0000_0000_0001n, true);
  view.setBigUint64(8, 0xffff_8880_0410_0900n, true);
  view.setBigUint64(24, 0xdead_0000_0000_0100n, true);
  view.setBigUint64(32, 0xffff_8880_0411_42f8n, true);
  view.setUint32(40, 140, true);
  view.setUint32(44, 140, true);
  bytes.set(new TextEncoder().encode('nginx'), 48);
  for (let index = 64; index < 96; index++) bytes[index] = (index * 37) & 0xff;
  return {
    base: addressHex(NGINX + 0x2e0n),
    hex: Buffer.from(bytes).toString('hex'),
    fields: [
      { name: 'rcu_users', offset: 0, bytes: 4 },
      { name: 'sched_task_group', offset: 8, bytes: 8 },
      { name: 'tasks.next', offset: 24, bytes: 8 },
      { name: 'tasks.prev', offset: 32, bytes: 8 },
      { name: 'pid', offset: 40, bytes: 4 },
      { name: 'tgid', offset: 44, bytes: 4 },
      { name: 'comm', offset: 48, bytes: 16 },
    ],
  };
}

function findings(): readonly Finding[] {
  const one = { structure: 'tasks', physical: 0x412_c2f8, bytes: 8 };
  return [
    {
      ...one,
      index: 0,
      code: 'LIST_NEXT_POISON',
      place: 'web.tasks["nginx"].tasks.next',
      address: NEXT,
      message: 'the next link of task "nginx" (pid 140) holds LIST_POISON1 (0xdead000000000100)',
      context: taskContext(),
    },
    {
      ...one,
      index: 1,
      code: 'TASK_COUNT',
      place: 'web.symbols["nr_threads"]',
      address: 'ffffffff82a01c40',
      bytes: 4,
      message: 'nr_threads says 23, and 9 threads were found before the walk ended',
      consequence_of: 0,
    },
    {
      ...one,
      index: 2,
      structure: 'locks',
      code: 'LOCK_NO_HOLDER',
      place: 'web.locks["tasklist_lock"]',
      address: 'ffffffff82a05080',
      message: 'held for writing, and no CPU, stack or sleeping task can be its holder',
    },
  ];
}

const STRUCTURES = [
  'metadata',
  'tasks',
  'run_queues',
  'locks',
  'stacks',
  'timers',
  'hrtimers',
  'log',
  'orders',
];

/** The lock was released, and then undone, because the link was still wrong. */
export function service(): ServiceReport {
  return {
    ambulance: 'rescue',
    patient: 'web',
    ordered_ns: at(81.93),
    ended_ns: at(82.4),
    state: 'rolled_back',
    code: 'LIST_NEXT_POISON',
    by: 'verify',
    message: 'still wrong: the next link of task "nginx" (pid 140) holds LIST_POISON1',
    repaired: [],
    writes: [
      {
        time_ns: at(82),
        place: 'web.locks["tasklist_lock"]',
        address: 'ffffffff82a05080',
        physical: 0x2a0_5080,
        before: 'ff',
        after: '00',
        bytes: 1,
        undone: true,
      },
    ],
  };
}

export function report(): AmbulanceReport {
  return {
    ambulance: 'rescue',
    patient: 'web',
    reason: 'heartbeat',
    attached_ns: at(75.4),
    diagnosed_ns: at(81.93),
    via: 'live_region',
    health: 'failing',
    verdicts: STRUCTURES.map((structure, place) => ({
      structure,
      verdict: structure === 'tasks' || structure === 'locks' ? 'corrupt' : 'intact',
      ...(structure === 'tasks' ? { code: 'LIST_NEXT_POISON' } : {}),
      ...(structure === 'locks' ? { code: 'LOCK_NO_HOLDER' } : {}),
      via: 'live_region',
      elements: 3 + place * 7,
      rereads: structure === 'run_queues' ? 1 : 0,
    })),
    findings: findings(),
    diagnosis: [
      {
        cause: 'wild_pointer',
        rank: 1,
        place: 'web.tasks["nginx"].tasks.next',
        address: NEXT,
        physical: 0x412_c2f8,
        evidence: [
          'one link of 24 leads nowhere; both neighbours are sound and agree about the order',
          'the value is LIST_POISON1, which no kernel path writes while the entry is on the ring',
          'the log says: list_del corruption. next->prev should be …',
        ],
        explains: [0, 1],
      },
      {
        cause: 'lock_leak',
        rank: 2,
        place: 'web.locks["tasklist_lock"]',
        address: 'ffffffff82a05080',
        physical: 0x2a0_5080,
        evidence: ['the task that took it was killed by the oops'],
        explains: [2],
      },
    ],
    bytes_read: 1_843_200,
    log_tail: [
      '[    0.061204] list_del corruption, ffff88800412c2f8->next is LIST_POISON1 (dead000000000100)',
    ],
    notes: [],
  };
}

function beats(subject: string, until_ms: number): readonly TraceEvent[] {
  const events: TraceEvent[] = [];
  for (let ms = 2; ms < until_ms; ms += 5)
    events.push({ time_ns: at(ms), subject, kind: 'heartbeat', detail: {} });
  return events;
}

function events(): readonly TraceEvent[] {
  const one = (ms: number, subject: string, kind: string, detail: TraceEvent['detail'] = {}): TraceEvent => ({
    time_ns: at(ms),
    subject,
    kind,
    detail,
  });
  return [
    one(-91, 'web', 'power_on'),
    one(-90, 'db', 'power_on'),
    one(-22, 'web', 'register', { address: 0x3f0_0000, size: 65_536 }),
    one(-22, 'web', 'registered'),
    one(-12, 'db', 'register', { address: 0x3f0_0000, size: 65_536 }),
    one(-12, 'db', 'registered'),
    one(-4, 'web', 'boot_complete'),
    one(0, 'db', 'boot_complete'),
    one(61.2, 'web', 'oops', { sign: 'list_bug', address: -0x77777bed3d08, comm: 'init' }),
    one(61.25, 'web', 'exit', { comm: 'init', pid: 1 }),
    one(75.0, 'web', 'failing', { sign: 'heartbeat' }),
    one(75.1, 'web', 'park'),
    one(75.2, 'rescue', 'summoned', { patient: 'web' }),
    one(75.4, 'rescue', 'attach', { patient: 'web' }),
    one(75.4, 'web', 'grant', { what: 'memory' }),
    one(76.9, 'rescue', 'located', { patient: 'web' }),
    one(81.93, 'rescue', 'diagnosed', { patient: 'web' }),
    one(83, 'rescue', 'release', { patient: 'web' }),
    ...beats('web', 61),
    ...beats('db', 400),
  ].sort((a, b) => a.time_ns - b.time_ns);
}

export function record(changes: Partial<RunRecord> = {}): RunRecord {
  const partition = { cpu_time_ns: at(311.204), boot_complete_ns: at(-4) };
  return {
    seed: 1,
    duration_ns: at(400),
    trace_hash: '9f86d081884c7d65',
    events: events(),
    events_dropped: 1204,
    receipts: [
      {
        trigger: 0,
        action: 0,
        name: 'smash',
        verb: 'set',
        kind: 'fault',
        place: 'web.tasks["nginx"].tasks.next',
        partition: 'web',
        address: NEXT,
        physical: 0x412_c2f8,
        armed_ns: 0,
        fired_ns: at(40),
        activated_ns: at(61.19),
        before: 'f8a2100480888ff0',
        after: '000100000000adde',
        bytes: 8,
        note: '',
      },
      {
        trigger: 1,
        action: 0,
        name: 'reap',
        verb: 'exit',
        kind: 'stimulus',
        place: 'web.tasks["php-fpm"]',
        partition: 'web',
        address: 'ffff888004114000',
        physical: 0x411_4000,
        armed_ns: 0,
        fired_ns: at(60),
        before: '',
        after: '',
        bytes: 0,
        note: 'pid 141',
      },
    ],
    reports: [report()],
    services: [],
    audit: [
      {
        time_ns: at(75.4),
        who: 'rescue',
        what: 'read memory of web',
        allowed: true,
        detail: '0..128 MiB until 475 ms',
      },
      {
        time_ns: at(79.2),
        who: 'rescue',
        what: 'write memory of web',
        allowed: false,
        detail: 'no write was granted',
      },
    ],
    partitions: [
      {
        ...partition,
        name: 'web',
        health: 'failing',
        heartbeats: 12,
        console: [
          'Linux version 6.1.0-siren',
          'BUG: kernel list corruption',
          'note: init[1] exited with irqs disabled',
        ],
      },
      {
        ...partition,
        name: 'db',
        health: 'healthy',
        heartbeats: 80,
        boot_complete_ns: 0,
        console: ['Linux version 6.1.0-siren'],
      },
    ],
    twins: [
      { claim: 'contained', partition: 'db', identical: true, difference: '' },
      { claim: 'undisturbed', partition: 'db', identical: true, difference: '' },
    ],
    ...changes,
  };
}

const SEEN = [
  'expected within 1 ms of smash.activated (61.19 ms), happened at 61.2 ms, 10 us after',
  'expected within 15 ms of smash.activated (61.19 ms), happened at 75 ms, 13.81 ms after',
  'corrupt with LIST_NEXT_POISON at web.tasks["nginx"].tasks.next (ffff88800412c2f8)',
  'rank 1: wild_pointer at web.tasks["nginx"].tasks.next (ffff88800412c2f8)',
  'intact: metadata, run_queues, stacks, timers, hrtimers, log, orders',
  'identical to the run without the fault: 128 MiB, 4 CPUs, 0 outputs',
  'identical to the run without the rescue: 128 MiB, 4 CPUs, 0 outputs',
];

export function claims(): readonly ClaimOutcome[] {
  return CLAIM_TEXTS.map((text, index) => ({ index, text, status: 'met', seen: SEEN[index] as string }));
}

export function outcome(scenario: Scenario, status: Status, changes: Partial<RunOutcome> = {}): RunOutcome {
  const seed = changes.seed ?? 1;
  return {
    id: `${scenario.id} #${seed}`,
    scenario: scenario.id,
    seed,
    status,
    claims: claims(),
    complaints: [],
    record: record({ seed }),
    replay: `npx siren run '${scenario.file}:${scenario.line}' --seed ${seed}`,
    ...changes,
  };
}

/** Two claims unmet, each with what was seen and where the fault is written. */
export function failedOutcome(scenario: Scenario = scenarioNamed('smashed task link')): RunOutcome {
  const fault = 'set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100';
  const late = 'expected within 15 ms of smash.activated (61.19 ms), happened at 92.59 ms, 31.4 ms after';
  const differs = 'differs at 61.2 ms: memory ffff888002000000: 8 bytes, 00 against 01';
  const unmet = claims().map((claim): ClaimOutcome => {
    if (claim.index === 1)
      return {
        ...claim,
        status: 'unmet',
        seen: late,
        diagnostic: diagnosticAt(
          'E0901',
          `expected \`${CLAIM_TEXTS[1]}\``,
          [CLAIM_TEXTS[1] as string, late],
          [fault, 'the fault, fired at 40 ms'],
        ),
      };
    if (claim.index === 5)
      return {
        ...claim,
        status: 'unmet',
        seen: differs,
        diagnostic: diagnosticAt(
          'E0905',
          `expected \`${CLAIM_TEXTS[5]}\``,
          [CLAIM_TEXTS[5] as string, differs],
          [fault, 'the fault, fired at 40 ms'],
        ),
      };
    return claim;
  });
  const twins = [
    {
      claim: 'contained',
      partition: 'db',
      identical: false,
      difference: 'memory ffff888002000000: 00 against 01',
    },
    { claim: 'undisturbed', partition: 'db', identical: true, difference: '' },
  ] as const;
  return outcome(scenario, 'failed', {
    claims: unmet,
    complaints: [
      diagnosticAt('E0910', 'no claim covers the finding LOCK_NO_HOLDER at web.locks["tasklist_lock"]', [
        'expect {',
        'add a claim here',
      ]),
    ],
    record: record({ twins }),
  });
}

/** One of each status, as a run would bring them. */
export function oneOfEach(): readonly { readonly scenario: Scenario; readonly outcome: RunOutcome }[] {
  const make = (
    name: string,
    status: Status,
    changes: Partial<RunOutcome>,
    what: Partial<Scenario> = {},
  ): { scenario: Scenario; outcome: RunOutcome } => {
    const scenario = scenarioNamed(name, what);
    return { scenario, outcome: outcome(scenario, status, changes) };
  };
  const without = (one: { scenario: Scenario; outcome: RunOutcome }): typeof one => {
    const { record: _never, ...rest } = one.outcome;
    return { scenario: one.scenario, outcome: { ...rest, claims: [] } };
  };
  const failing = scenarioNamed('smashed task link', { seeds: [1, 2] });
  const passing = outcome(failing, 'passed', { seed: 2, record: record({ seed: 2 }) });
  return [
    { scenario: failing, outcome: failedOutcome(failing) },
    { scenario: failing, outcome: passing },
    make('a healthy machine raises no alarm', 'passed', {}, { line: 40, tags: ['smoke'] }),
    without(
      make('the guest never ends', 'errored', { reason: 'timed out after 10 s of wall time' }, { line: 60 }),
    ),
    without(
      make(
        'waits for QEMU',
        'skipped',
        { reason: 'needs a kernel image, issue 7' },
        { file: 'specs/real/qemu.spec' },
      ),
    ),
    make(
      'a lost tick is told from a stopped CPU',
      'xfailed',
      { reason: 'issue 31, until 2027-03-01' },
      { file: 'specs/real/qemu.spec' },
    ),
    make(
      'mended since',
      'xpassed',
      { reason: 'expected to fail (issue 12), and every claim was met' },
      { file: 'specs/real/qemu.spec' },
    ),
    make(
      'bystanders on real time',
      'inconclusive',
      { reason: 'virtual-time limits cannot be decided on qemu' },
      { file: 'specs/real/qemu.spec' },
    ),
  ];
}
