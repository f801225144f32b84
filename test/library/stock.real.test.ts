import { beforeAll, describe, expect, it } from 'vitest';
import { verdicts } from '../support/attended-guest.ts';
import { look, restless } from '../support/fixtures.ts';
import { SHIPPED } from '../support/library.ts';
import { whyNoGuest } from '../support/real-guest.ts';
import type { Change } from '../support/stock-memory.ts';
import { StockMemory } from '../support/stock-memory.ts';
import { ELSEWHERE } from './fixtures.ts';

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
  ['vmap_areas', 'VMAP_TREE', 'vmap_areas[5].rb_node.rb_left', to(0n)],
  ['interrupts', 'IRQ_NUMBER', 'interrupts[2].irq_data.irq', to(77n)],
  ['interrupts', 'IRQ_FUNCTION', 'interrupts[2].handle_irq', flip(1n)],
  ['interrupts', 'IRQ_DEPTH', 'interrupts[2].depth', to(77n)],
  ['gates', 'GATE_TARGET', 'gates[14].offset_high', flip(0x10n)],
  ['gates', 'GATE_KIND', 'gates[14].segment', to(0x33n)],
  ['gates', 'GATE_CLOSED', 'gates[14].bits', to(0x0e00n)],
  ['free_areas', 'FREE_PAGE', 'free_pages[0]._refcount', to(1n)],
  ['free_areas', 'FREE_ORDER', 'free_pages[0].private', to(9n)],
  ['free_areas', 'FREE_COUNT', 'zones["DMA32"].free_area[3].nr_free', to(7_777n)],
  ['pages', 'PAGE_COUNT', 'partial_slabs[0].__page_refcount', to(-3n)],
  ['pages', 'PAGE_SLAB', 'partial_slabs[0].slab_cache', astray],
  ['pages', 'PAGE_FREE', 'free_pages[0]._refcount', to(1n)],
  ['credentials', 'CRED_COUNT', 'credentials[0].usage', to(0n)],
  ['credentials', 'CRED_USER', 'credentials[0].user', to(0x1000n)],
  ['file_tables', 'FILES_COUNT', 'file_tables[1].count', to(0n)],
  ['file_tables', 'FILE_OPEN', 'file_tables[1].fdt.fd[0]', to(0x1000n)],
  ['file_tables', 'FILE_NUMBER', 'file_tables[1].fdt.open_fds[0]', to(0n)],
  ['jump_sites', 'JUMP_SITE', 'jump_sites[3000].code', flip(0x20n)],
  ['jump_sites', 'JUMP_KEY', 'jump_sites[40].key', flip(1n)],
  ['call_sites', 'CALL_SITE', 'call_sites[3000].addr', flip(0x3n)],
];

/** Codes that one change in this guest does not give: two modules, a chain of actions, a compound page, a zone, no function, the end of a walk. */
const NOT_HERE: readonly string[] = ['modules MODULE_OVERLAP', 'interrupts IRQ_CYCLE', 'interrupts WALK_LIMIT', 'pages PAGE_HEAD', 'free_areas FREE_ZONE', 'worker_pools WORK_POOL', 'call_sites CALL_TARGET']; // prettier-ignore

describe.skipIf(missing !== undefined)("the library's validators on a stock Linux", () => {
  let stock: StockMemory;
  beforeAll(() => {
    stock = new StockMemory();
  });

  it('have a fixture for every code of what only such a kernel has', () => {
    const codes = SHIPPED.validators.filter(({ name }) => ELSEWHERE.has(name)).flatMap(({ name, codes: all }) => all.map(({ code }) => `${name} ${code}`)); // prettier-ignore
    expect([...ROWS.map(([validator, code]) => `${validator} ${code}`), ...NOT_HERE].toSorted()).toEqual(codes.toSorted()); // prettier-ignore
  });

  it('pass it clean, all of them', () => {
    const report = look(stock.patient([]));
    expect(report.findings).toEqual([]);
    const { orders, ...others } = verdicts(report);
    expect(orders).toBe('unchecked');
    expect(Object.entries(others).filter(([, verdict]) => verdict !== 'intact')).toEqual([]);
    expect(Object.keys(others).length).toBeGreaterThan(24);
  });

  it.each(ROWS)('%s finds %s: %s', (validator, code, place, change) => {
    const { findings } = look(stock.patient([stock.poke(place, change)]));
    const codes = findings.filter(({ structure }) => structure === validator).map((one) => one.code);
    expect(codes).toContain(code);
  });

  it('believe nothing that is gone at the next look', () => {
    const alarms: string[] = [];
    const clean = stock.patient([]);
    for (const validator of ELSEWHERE.keys()) {
      const [, , place = '', change = to(0n)] = ROWS.find(([name]) => name === validator) ?? [];
      const report = look(restless([stock.patient([stock.poke(place, change)]), clean, clean, clean]));
      if (UNGUARDED.has(validator)) alarms.push(...report.findings.filter(({ structure }) => structure === validator).map((one) => `${validator} ${one.code}`)); // prettier-ignore
    }
    expect(alarms).toEqual([]);
  });
});

/** Structures that no lock guards, or none that names a CPU: they are read three times before anything is believed. */
const UNGUARDED: ReadonlySet<string> = new Set(['mounts', 'work_queues', 'worker_pools', 'interrupts', 'gates', 'pages', 'jump_sites', 'call_sites']); // prettier-ignore
