import { substream } from '../../../base/random.ts';
import { assert } from '../../../base/assert.ts';
import type { Address } from '../../../base/address.ts';
import { VECTOR } from '../../../target/hypercalls.ts';
import type { Program, Step } from '../step.ts';
import { Label, Section } from './assembler.ts';
import type { BootParams } from './boot-params.ts';
import { bootParamsAt } from './boot-params.ts';
import type { Bug, DataSymbol, Kernel } from './kernel-data.ts';
import { placeData, placePerCpu, Rodata } from './kernel-data.ts';
import { assembleBoot } from './kernel/boot.ts';
import { assembleDrivers, DISK_VECTOR, NET_VECTOR } from './kernel/drivers.ts';
import type { Gate } from './kernel/entry.ts';
import { assembleEntry } from './kernel/entry.ts';
import { assembleExit } from './kernel/exit.ts';
import { fairOf } from './kernel/fair.ts';
import { assembleFork } from './kernel/fork.ts';
import { assembleHrtimers } from './kernel/hrtimers.ts';
import { inlineOf } from './kernel/inline.ts';
import { assembleLists } from './kernel/lists.ts';
import { assembleMailbox } from './kernel/mailbox.ts';
import { assembleLkdtm } from './kernel/lkdtm.ts';
import { assembleLocks } from './kernel/locks.ts';
import { assembleMemory } from './kernel/mm.ts';
import { pagesOf } from './kernel/pages.ts';
import { assembleSlabInit } from './kernel/slub-init.ts';
import { assembleSlub } from './kernel/slub.ts';
import { assembleVfs } from './kernel/vfs.ts';
import { assembleDcache } from './kernel/dcache.ts';
import { assembleOops } from './kernel/oops.ts';
import { assemblePanic } from './kernel/panic.ts';
import { assemblePrintk } from './kernel/printk.ts';
import { assembleRedBlack } from './kernel/rbtree.ts';
import { assembleRegion } from './kernel/region.ts';
import { assembleScheduler } from './kernel/sched.ts';
import { assembleSleep } from './kernel/sleep.ts';
import { assembleSyscalls } from './kernel/syscalls.ts';
import { assembleTick } from './kernel/tick.ts';
import { assembleTimers } from './kernel/timers.ts';
import { assembleWorkqueue } from './kernel/workqueue.ts';
import type { Layout } from './layout.ts';
import { KERNEL_TEXT, imagePhysical, USER_TEXT } from './memory-map.ts';
import { offsetsOf } from './offsets.ts';
import { buildAppData } from './user/app/data.ts';
import type { AppLayout } from './user/app/layout.ts';
import { assemblePrograms } from './user/programs.ts';

/**
 * Everything about a kernel that a layout decides, before it is turned into an image. No state: one serves every
 * machine.
 */
export interface KernelProgram {
  readonly program: Program;
  readonly kernel: Kernel;
  readonly data: readonly DataSymbol[];
  readonly data_end: Address;
  readonly per_cpu: readonly DataSymbol[];
  readonly rodata: Rodata;
  readonly boot: BootParams;
  /** First instruction. */
  readonly entry: Label;
  readonly gates: readonly Gate[];
  readonly app_problems: readonly string[];
  /** First instruction of each app, by name. */
  readonly app_entries: ReadonlyMap<string, Address>;
}

/** Where the user programs' text lies in the image, and how much room there is for it. */
export const USER_TEXT_IMAGE: number = KERNEL_TEXT + 0x8_0000;
const USER_TEXT_PAGES = 2;
/** Steps of the work on one structure, at most; a page holds 256 of them. */
const STEPS_A_FILL = 40;

/** Apps have pages of their own behind the programs'. */
export function userTextPages(apps: readonly AppLayout[]): number {
  const steps = apps.reduce((sum, { fills }) => sum + 8 + fills.length * STEPS_A_FILL, 0);
  return USER_TEXT_PAGES + Math.ceil((steps * 16) / 4096);
}

/** What the apps cannot build: the kernel says so while it boots, where anybody may read it. */
function problemsOf(apps: readonly AppLayout[]): readonly string[] {
  return apps.flatMap((app) =>
    buildAppData(app, substream(0, app.model.name)).problems.map((why) => `${app.model.name}: ${why}`),
  );
}

export function buildProgram(layout: Layout, apps: readonly AppLayout[] = []): KernelProgram {
  const data = placeData(layout);
  const per_cpu = placePerCpu(layout);
  const rodata = new Rodata();
  const symbols = new Map([...data.symbols, ...per_cpu].map(({ name, address }) => [name, address]));
  const steps: Step[] = [];
  const text = new Section(KERNEL_TEXT, steps);
  const user = new Section(USER_TEXT, steps);
  const bugs: Bug[] = [];
  const k: Kernel = {
    layout,
    o: offsetsOf(layout),
    text,
    user,
    bugs,
    string: (content) => rodata.string(content),
    symbol(name) {
      const address = symbols.get(name);
      assert(address !== undefined, `no symbol ${name}`);
      return address;
    },
  };
  const boot = bootParamsAt(k.symbol('boot_params'));

  // _stext: nothing jumps here on purpose.
  text.fn('_stext', (cpu) => cpu.raise(VECTOR.invalid_opcode, 0));
  const inline = inlineOf(k);
  const locks = assembleLocks(k);
  const tree = assembleRedBlack(k);
  const printk = assemblePrintk(k);
  const lists = assembleLists(k, printk);
  const panic = assemblePanic(k, printk);
  const stack_end = k.string('corrupted stack end detected inside scheduler');
  const panic_stack_end = text.fn('schedule_debug', (cpu) => panic.panicWith(cpu, stack_end, 'stack_end'));
  const fair = fairOf(k, inline, tree);
  const sched = assembleScheduler(k, inline, locks, tree, fair, panic_stack_end);
  const hrtimers = assembleHrtimers(k, locks, tree);
  const timers = assembleTimers(k, locks);
  const tick = assembleTick(k, inline, locks, fair, timers, printk, panic);
  const sleep = assembleSleep(k, inline, sched, hrtimers, timers);
  const pages = pagesOf(k);
  const slub = assembleSlub(k, locks, lists, pages);
  const vfs = assembleVfs(k, locks, slub, assembleDcache(k, locks, lists, slub));
  const memory = assembleMemory(k, pages, slub, imagePhysical(USER_TEXT_IMAGE), userTextPages(apps));
  const fork = assembleFork(k, inline, locks, lists, memory);
  const exit = assembleExit(k, inline, locks, lists, memory, sched, panic);
  const drivers = assembleDrivers(k, inline, locks, sched, sleep, memory, boot);
  const sendmsg = assembleMailbox(k, boot);
  const syscalls = assembleSyscalls(k, locks, sched, fork, exit, sleep, drivers, sendmsg, vfs);
  const lkdtm = assembleLkdtm(k, inline, locks, sched, fork, slub);
  const oops = assembleOops(k, inline, printk, panic, sched);
  const requested = k.string('sysrq triggered crash');
  const sysrq = text.fn('sysrq_handle_crash', (cpu) => panic.panicWith(cpu, requested, 'request'));
  const entry = assembleEntry(
    k,
    inline,
    sched,
    panic,
    new Map([
      [VECTOR.divide, oops.divide],
      [VECTOR.invalid_opcode, oops.invalid_opcode],
      [VECTOR.double_fault, oops.double_fault],
      [VECTOR.general_protection, oops.general_protection],
      [VECTOR.page_fault, oops.page_fault],
    ]),
    new Map([
      [VECTOR.timer, hrtimers.interrupt],
      [VECTOR.sysrq, sysrq],
      [VECTOR.lkdtm, lkdtm.interrupt],
      [DISK_VECTOR, drivers.disk_interrupt],
      [NET_VECTOR, drivers.net_interrupt],
    ]),
    timers.softirq,
    syscalls,
  );
  const app_problems = problemsOf(apps);
  const programs = assemblePrograms(user, k.o, entry.syscall, apps);
  const workqueue = assembleWorkqueue(k, inline, sched, timers, lists);
  const register_region = assembleRegion(k, printk, boot);
  const start = assembleBoot(k, {
    inline,
    printk,
    sched,
    fork,
    hrtimers,
    timers,
    sleep,
    tick,
    workqueue,
    memory,
    lists,
    kmem_cache_init: assembleSlabInit(k),
    vfs_caches_init: vfs.init,
    kthreadd: lkdtm.kthreadd,
    probe: drivers.probe,
    register_region,
    boot,
    programs,
    apps: apps.map(({ model }) => model.name),
    app_problems,
  });
  // _etext, one slot: the end of what runs.
  text.fn('_etext', (cpu) => cpu.raise(VECTOR.invalid_opcode, 0));
  return {
    program: { steps },
    kernel: k,
    data: data.symbols,
    data_end: data.end,
    per_cpu,
    rodata,
    boot,
    entry: start,
    gates: entry.gates,
    app_problems,
    app_entries: new Map(apps.map(({ model: { name } }) => [name, programs.get(name)?.at ?? 0])),
  };
}
