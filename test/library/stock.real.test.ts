import { beforeAll, describe, expect, it } from 'vitest';
import { verdicts } from '../support/attended-guest.ts';
import { look, restless } from '../support/fixtures.ts';
import { SHIPPED } from '../support/library.ts';
import { whyNoGuest } from '../support/real-guest.ts';
import type { Change, Poke } from '../support/stock-memory.ts';
import { StockMemory } from '../support/stock-memory.ts';
import { CODES_ELSEWHERE, ELSEWHERE } from './fixtures.ts';

const missing = whyNoGuest();
if (missing !== undefined) console.log(`left out, for want of a real guest: ${missing}`);

type Row = readonly [validator: string, code: string, place: string, change: Change];
const to = (value: bigint): Change => ({ to: value });
const flip = (mask: bigint): Change => ({ flip: mask });
/** Away from where it leads, and to memory all the same. */
const astray = flip(0x40n);

/** One for every code of every validator whose structure only a stock kernel has. */
const ROWS: readonly Row[] = [
  ['pids', 'PID_NUMBER', 'pids[7].numbers[0].nr', to(4000n)],
  ['pids', 'PID_COUNT', 'pids[7].count', to(0n)],
  ['pids', 'PID_TASK', 'pids[7].tasks[0].first', astray],
  ['pids', 'PID_LOST', 'threads["init"].thread_pid', astray],
  ['modules', 'MODULE_STATE', 'modules[0].state', to(9n)],
  ['modules', 'MODULE_NAME', 'modules[0].name', to(0xffn)],
  ['modules', 'MODULE_LAYOUT', 'modules[0].core_layout.mtn.mod', astray],
  ['modules', 'MODULE_FUNCTION', 'modules[0].exit', flip(0x100_0000n)],
  ['modules', 'MODULE_COUNT', 'modules[0].refcnt', to(-5n)],
  ['mounts', 'MOUNT_ROOT', 'mounts[1].mnt.mnt_root', astray],
  ['mounts', 'MOUNT_SB', 'mounts[1].mnt.mnt_sb', astray],
  ['mounts', 'MOUNT_NAMESPACE', 'mounts[1].mnt_ns', astray],
  ['mounts', 'MOUNT_PARENT', 'mounts[1].mnt_parent', astray],
  ['mounts', 'MOUNT_COUNT', 'mounts[1].mnt_ns.mounts', to(77n)],
  ['work_queues', 'QUEUE_POOL', 'pool_work_queues[3].pool', astray],
  ['work_queues', 'QUEUE_COUNT', 'pool_work_queues[3].refcnt', to(-1n)],
  ['worker_pools', 'POOL_ID', 'worker_pools[0].id', to(77n)],
  ['worker_pools', 'WORKER_POOL', 'pool_workers[0].pool', astray],
  ['worker_pools', 'WORK_FUNCTION', 'pool_workers[0].current_work', to(0x1000n)],
  ['worker_pools', 'POOL_COUNT', 'worker_pools[0].nr_workers', to(77n)],
  ['areas', 'AREA_RANGE', 'areas[2].vm_end', flip(1n)],
  ['areas', 'AREA_SPACE', 'areas[2].vm_mm', astray],
  ['areas', 'AREA_FILE', 'areas[0].vm_file', to(0x1000n)],
  ['areas', 'AREA_COUNT', 'spaces[0].map_count', to(77n)],
  ['areas', 'SPACE_COUNT', 'spaces[0].mm_users', to(0n)],
  ['vmap_areas', 'VMAP_RANGE', 'vmap_areas[5].va_end', flip(1n)],
  ['vmap_areas', 'VMAP_ORDER', 'vmap_areas[4].va_end', to(-4096n)],
  ['interrupts', 'IRQ_NUMBER', 'interrupts[2].irq_data.irq', to(77n)],
  ['interrupts', 'IRQ_FUNCTION', 'interrupts[2].handle_irq', flip(1n)],
  ['interrupts', 'IRQ_DEPTH', 'interrupts[2].depth', to(77n)],
  ['gates', 'GATE_TARGET', 'gates[14].offset_high', flip(0x10n)],
  ['gates', 'GATE_KIND', 'gates[14].segment', to(0x33n)],
  ['gates', 'GATE_CLOSED', 'gates[14].bits', to(0x0e00n)],
  ['free_areas', 'FREE_PAGE', 'free_pages[0]._refcount', to(1n)],
  ['free_areas', 'FREE_ORDER', 'free_pages[0].private', flip(1n)],
  ['free_areas', 'FREE_ZONE', 'zones["DMA32"].spanned_pages', to(1n)],
  ['free_areas', 'FREE_COUNT', 'zones["DMA32"].free_area[3].nr_free', to(7_777n)],
  ['pages', 'PAGE_COUNT', 'partial_slabs[0].__page_refcount', to(-3n)],
  ['pages', 'PAGE_SLAB', 'partial_slabs[0].slab_cache', astray],
  ['pages', 'PAGE_HEAD', 'free_pages[0].compound_head', to(1n)],
  ['pages', 'PAGE_FREE', 'free_pages[0]._refcount', to(1n)],
  ['credentials', 'CRED_COUNT', 'credentials[0].usage', to(0n)],
  ['credentials', 'CRED_USER', 'credentials[0].user', to(0x1000n)],
  ['file_tables', 'FILES_COUNT', 'file_tables[1].count', to(0n)],
  ['file_tables', 'FILE_OPEN', 'file_tables[1].fdt.fd[0]', to(0x1000n)],
  ['file_tables', 'FILE_NUMBER', 'file_tables[1].fdt.open_fds[0]', to(0n)],
  ['jump_sites', 'JUMP_SITE', 'jump_sites[3000].code', flip(0x20n)],
  ['jump_sites', 'JUMP_KEY', 'jump_sites[40].key', flip(1n)],
  ['text', 'TEXT_CHANGED', 'text[1000].bytes[77]', flip(4n)],
  ['system_calls', 'CALL_ENTRY', 'system_calls[17].function', flip(4n)],
  ['call_sites', 'CALL_SITE', 'call_sites[3000].addr', flip(0x3n)],
  ['class_queues', 'CLASS_COUNT', 'class_queues[0].rt.rt_nr_running', to(3n)],
  ['class_queues', 'CLASS_MAP', 'class_queues[1].rt.active.bitmap[0]', flip(0x10n)],
  ['group_queues', 'GROUP_QUEUE', 'group_queues[0].tg', astray],
  ['group_queues', 'GROUP_COUNT', 'group_queues[0].nr_running', to(77n)],
  ['spin_locks', 'LOCK_VALUE', 'spin_locks[0].word', to(0x77n)],
  ['spin_locks', 'LOCK_NO_HOLDER', 'spin_locks[3].word', to(1n)],
  ['mutexes', 'LOCK_OWNER', 'mutexes[2].owner', to(0x1240n)],
  ['mounts', 'MOUNT_LINK', 'mounts[1].mnt_instance.next', astray],
  ['slabs', 'CACHE_FUNCTION', 'slabs[7].ctor', to(0x1234n)],
  ['super_blocks', 'SB_TYPE', 'super_blocks[3].s_op', to(0x4141_4140n)],
  ['tasks', 'TASK_OWN', 'threads["init"].usage', to(0n)],
  ['timers', 'TIMER_RUNNING', 'timer_wheels[0].running_timer', to(0x4141_4140n)],
];

/**
 * Of what both have: members of a task by which it hangs together with others, and numbers that Linux gives a meaning.
 */
const TASKS: readonly Row[] = [
  ['tasks', 'TASK_PARENT', 'threads["init"].real_parent', astray],
  ['tasks', 'TASK_PARENT', 'threads["kthreadd"].parent', to(0x1234n)],
  ['tasks', 'TASK_LEADER', 'threads["kthreadd"].group_leader', astray],
  ['tasks', 'TASK_SIGNAL', 'threads["init"].signal', flip(0x400n)],
  ['tasks', 'TASK_FLAGS', 'threads["kthreadd"].flags', to(0n)],
  ['tasks', 'TASK_MM', 'threads["init"].mm', to(0n)],
  ['tasks', 'TASK_EXIT', 'threads["init"].exit_state', to(0x20n)],
  ['tasks', 'TASK_SCHED', 'threads["init"].policy', to(4n)],
  ['tasks', 'LIST_NEXT_WILD', 'threads["kthreadd"].children.next', to(0x1234n)],
  ['tasks', 'LIST_PREV_WILD', 'threads["init"].sibling.prev', to(0x1234n)],
];

/** Of codes that others speak for, too. */
const MORE: readonly Row[] = [
  ['class_queues', 'CLASS_COUNT', 'class_queues[1].dl.dl_nr_running', to(2n)],
  ['class_queues', 'LIST_BACKLINK', 'class_queues[0].rt.active.queue[50].next', flip(0x80n)],
  ['free_areas', 'FREE_PAGE', 'free_pages[0].mapping', to(0x123_4560n)],
  ['mutexes', 'LOCK_OWNER', 'rw_semaphores[0].count', to(1n)],
  ['spin_locks', 'LOCK_NO_HOLDER', 'sequence_locks[0].lock', to(1n)],
  ['spin_locks', 'LOCK_NO_HOLDER', 'zones["DMA32"].lock', to(1n)],
  ['spin_locks', 'LOCK_NO_HOLDER', 'worker_pools[0].lock', to(1n)],
  ['super_blocks', 'SB_COUNT', 'super_blocks[3].s_active', to(-3n)],
  ['super_blocks', 'SB_TYPE', 'super_blocks[3].s_instances.pprev', astray],
  ['tasks', 'TASK_SCHED', 'threads["kthreadd"].sched_class', flip(0x10n)],
  ['tasks', 'TASK_OWN', 'threads["init"].fs', to(0x1234n)],
  ['work_queues', 'QUEUE_COUNT', 'pool_work_queues[3].nr_active', to(99_999n)],
];

/** What takes more than one value: by what it is made, of a guest that has only the beginnings of it. */
const BUILT: readonly (readonly [
  validator: string,
  code: string,
  make: (stock: StockMemory) => readonly Poke[],
])[] = [
  [
    'interrupts',
    'IRQ_CYCLE',
    (stock) => {
      const first = stock.offset('irqaction', 'handler');
      const action =
        [0, 1, 2, 3, 4, 5, 6, 7]
          .map((index) => stock.at(`interrupts[${index}].action.handler`) - first)
          .find((one) => one !== 0) ?? NaN;
      return [stock.write(action + stock.offset('irqaction', 'next'), [BigInt(action)])];
    },
  ],
  // Which of them has something to its left hangs on the order in which they came.
  [
    'vmap_areas',
    'VMAP_TREE',
    (stock) => {
      const links = Array.from({ length: 32 }, (_, index) =>
        stock.at(`vmap_areas[${index}].rb_node.rb_left`),
      );
      const left = links.find((at) => stock.bytes(at, 8).some((byte) => byte !== 0)) ?? NaN;
      return [stock.write(left, [0n])];
    },
  ],
  [
    'call_sites',
    'CALL_TARGET',
    (stock) => {
      const site = stock.at('call_sites[3000].key');
      const key = site + Buffer.from(stock.bytes(site, 4)).readInt32LE();
      return [stock.write(key - (((key % 4) + 4) % 4), [0x1000n])];
    },
  ],
  // Work that no queue has given, on a pool's list of what is to be done.
  [
    'worker_pools',
    'WORK_POOL',
    (stock) => {
      const [head, entry] = [
        stock.at('worker_pools[0].worklist'),
        stock.at('deferred_probe_work') + stock.offset('work_struct', 'entry'),
      ];
      return [
        stock.write(head, [BigInt(entry), BigInt(entry)]),
        stock.write(entry, [BigInt(head), BigInt(head)]),
      ];
    },
  ],
  // One object less in use than there are, and no free one to be seen.
  [
    'cpu_freelists',
    'SLAB_COUNTERS',
    (stock) => {
      const word = (at: number): number => Number(Buffer.from(stock.bytes(at, 8)).readBigInt64LE());
      const on_cpu = Array.from(
        { length: 60 },
        (_, index) => word(stock.at(`slabs[${index}].cpu_slab`)) + word(stock.at('__per_cpu_offset')),
      );
      const slabs = on_cpu.map((cpu) => word(cpu + stock.offset('kmem_cache_cpu', 'slab')));
      const full =
        slabs.find((slab) => slab !== 0 && word(slab + stock.offset('slab', 'freelist')) === 0) ?? NaN;
      const counters = full + stock.offset('slab', 'counters');
      return [stock.write(counters, [BigInt(word(counters)) - 1n])];
    },
  ],
  ['mutexes', 'LOCK_OWNER', (stock) => [stock.write(stock.at('spaces[0].mmap_lock.count'), [1n, 0x1240n])]],
  // Of a group's tree: what stands alone at its root is of no queue.
  [
    'group_queues',
    'GROUP_ENTITY',
    (stock) => {
      const [entity, root] = [
        stock.at('threads["init"].se.run_node'),
        stock.at('group_queues[0].tasks_timeline.rb_root.rb_node'),
      ];
      const own = stock.at('threads["init"].se.cfs_rq');
      return [
        stock.write(root, [BigInt(entity), BigInt(entity)]),
        stock.write(entity, [1n, 0n, 0n]),
        stock.write(own, [0x1240n]),
      ];
    },
  ],
  // A second module, where the first is, behind it on the list. It is put where the log's text was.
  [
    'modules',
    'MODULE_OVERLAP',
    (stock) => {
      const [head, link, bytes] = [stock.at('modules'), stock.offset('module', 'list'), stock.size('module')];
      const [first, second] = [
        stock.at('modules[0].list') - link,
        stock.at('__log_buf') + 4096 - (stock.at('__log_buf') % 4096),
      ];
      return [
        stock.write(second, stock.bytes(first, bytes)),
        stock.write(second + link, [BigInt(head), BigInt(first + link)]),
        stock.write(first + link, [BigInt(second + link)]),
        stock.write(head + 8, [BigInt(second + link)]),
      ];
    },
  ],
];

describe.skipIf(missing !== undefined)("the library's validators on a stock Linux", () => {
  let stock: StockMemory;
  beforeAll(() => {
    stock = new StockMemory();
  });

  it('have a fixture for every code of what only such a kernel has', () => {
    const all = SHIPPED.validators.flatMap(({ name, codes }) =>
      codes.map(({ code }) => ({ name, one: `${name} ${code}` })),
    );
    const codes = all
      .filter(({ name, one }) => ELSEWHERE.has(name) || CODES_ELSEWHERE.has(one))
      .map(({ one }) => one);
    const built = BUILT.filter(([name]) => ELSEWHERE.has(name));
    const fixtures = new Set([...ROWS, ...built].map(([validator, code]) => `${validator} ${code}`));
    expect([...fixtures].toSorted()).toEqual(codes.toSorted());
  });

  it('pass it clean, all of them', () => {
    const report = look(stock.patient([]));
    expect(report.findings).toEqual([]);
    const said = verdicts(report);
    expect(Object.entries(said).filter(([, verdict]) => verdict !== 'intact')).toEqual([]);
    expect(Object.keys(said).length).toBeGreaterThan(28);
    // What lies in a process of a simulated guest is in none of these.
    expect(said).not.toHaveProperty('orders');
  });

  it.each(BUILT)('%s finds %s', (validator, code, make) => {
    const { findings } = look(stock.patient(make(stock)));
    const codes = findings.filter(({ structure }) => structure === validator).map((one) => one.code);
    expect(codes).toContain(code);
  });

  it.each([...TASKS, ...MORE, ...ROWS])('%s finds %s: %s', (validator, code, place, change) => {
    const { findings } = look(stock.patient([stock.poke(place, change)]));
    const codes = findings.filter(({ structure }) => structure === validator).map((one) => one.code);
    expect(codes).toContain(code);
  });

  const written = (pokes: readonly Poke[]): readonly string[] =>
    look(stock.patient(pokes))
      .findings.filter(({ structure }) => structure === 'text')
      .map(({ code, message }) => `${code} ${message}`);

  it('know where code is written while the kernel runs, and where it is not', () => {
    // A call of the tracer where a function begins, and the same five bytes behind it.
    const call = [0xe8, 0x10, 0x20, 0x03, 0x00];
    expect(written([stock.write(stock.at('do_exit'), call)])).toEqual([]);
    expect(written([stock.write(stock.at('do_exit') + 5, call)]).length).toBeGreaterThan(2);
    // Somebody else's instruction at the beginning.
    expect(written([stock.write(stock.at('do_exit'), [0xc3])])).toEqual([
      'TEXT_CHANGED do_exit: 0xc3 stands where 0xf was',
    ]);
  });

  it('know code that was being written when what it had booted to was kept', () => {
    const before = stock.patient([stock.write(stock.at('do_exit'), [0xcc])]);
    const now = stock.patient([stock.write(stock.at('do_exit'), [0xe8, 0x10, 0x20, 0x03, 0x00])]);
    const { findings } = look({ ...now, booted: (physical, into) => before.read(physical, into) });
    expect(findings).toEqual([]);
  });

  it('say of code that it is unchecked where nobody knows what it was', () => {
    const { booted: _, ...alone } = stock.patient([stock.write(stock.at('do_exit') + 5, [0x90])]);
    const text = look(alone).verdicts.find(({ structure }) => structure === 'text');
    expect(text).toMatchObject({ verdict: 'unchecked', code: 'NO_REFERENCE', elements: 0 });
  });

  it('believe nothing that is gone at the next look', () => {
    const alarms: string[] = [];
    const clean = stock.patient([]);
    for (const validator of ELSEWHERE.keys()) {
      const [, , place = '', change = to(0n)] = ROWS.find(([name]) => name === validator) ?? [];
      const report = look(restless([stock.patient([stock.poke(place, change)]), clean, clean, clean]));
      if (UNGUARDED.has(validator))
        alarms.push(
          ...report.findings
            .filter(({ structure }) => structure === validator)
            .map((one) => `${validator} ${one.code}`),
        );
    }
    expect(alarms).toEqual([]);
  });
});

/** Structures that no lock guards: they are read three times before anything is believed. */
const UNGUARDED: ReadonlySet<string> = new Set([
  'mounts',
  'work_queues',
  'worker_pools',
  'interrupts',
  'gates',
  'pages',
]);
