import type { Address } from '../../../../base/address.ts';
import { PTE } from '../../../../formats/page-tables.ts';
import { REG } from '../../step.ts';
import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import {
  DIRECT_MAP,
  FREE_PHYSICAL,
  PER_CPU_GUARD_PAGE,
  PER_CPU_STRIDE,
  STACK_END_MAGIC,
} from '../memory-map.ts';
import type { BootParts } from './boot-parts.ts';
import { INITIAL_JIFFIES, PF } from './constants.ts';
import { CLONE } from './fork.ts';
import { assembleInit } from './init.ts';
import { storeText } from './inline.ts';
import { KERNEL_RW } from './mm.ts';
import { initListHead, PREV } from './lists.ts';
import { gs, rax, rcx, rdi, rdx, rsi } from './registers.ts';
import { assembleSmp } from './smp.ts';

const LARGE_PAGE = 0x20_0000;
const MAP_ENTRY: number = KERNEL_RW | PTE.PAGE_SIZE;

/** init/main.c: from the first instruction to the idle loop. Returns the entry that the boot loader jumps to. */
export function assembleBoot(k: Kernel, parts: BootParts): Label {
  const { printk, sched, fork, boot } = parts;
  const { task, signal, mm } = k.o;
  const at = (name: string): Address => k.symbol(name);
  const s = {
    offsets: at('__per_cpu_offset'),
    cpus: at('nr_cpu_ids'),
    online: at('__cpu_online_mask'),
    init_task: at('init_task'),
    init_signals: at('init_signals'),
    init_mm: at('init_mm'),
    memory_next: at('memory_next'),
    memory_end: at('memory_end'),
    region: at('metadata_region'),
    region_bytes: at('metadata_bytes'),
    jiffies: at('jiffies_64'),
    period: at('sample_period'),
    thresh: at('watchdog_thresh'),
    random: at('random_state'),
    kthreadd: at('kthreadd_task'),
    heartbeat_period: at('heartbeat_period'),
    tss: at('cpu_tss_rw'),
  };
  const init_stack = at('init_stack');
  const smp = assembleSmp(k, parts);
  const kernel_init = assembleInit(k, parts, smp);
  const { initCpu, start_clocks, idle } = smp;

  /** rdi: function, rsi: argument, rcx: comm. A called function: rax is the woken thread. */
  const kernel_thread = k.text.fn(
    'kernel_thread',
    (cpu) => {
      cpu.set(rdx, cpu.get(rsi));
      cpu.set(rsi, cpu.get(rdi));
      cpu.set(rdi, CLONE.kernel);
      cpu.call(fork.copy_process.at);
    },
    (cpu) => {
      cpu.push(cpu.get(rax));
      cpu.set(rdi, cpu.get(rax));
      cpu.call(sched.wake_new.at);
    },
    (cpu) => {
      cpu.set(rax, cpu.pop());
      cpu.ret();
    },
  );

  const kthreadd_comm = k.string(`kthreadd${'\0'.repeat(16)}`);
  const init_comm = k.string(`init${'\0'.repeat(16)}`);
  const banner = 'Linux version 6.1.0-siren (siren@sim) #1 SMP PREEMPT_DYNAMIC';
  const start_kernel = k.text.fn(
    'start_kernel',
    timed(20_000, (cpu) => {
      // setup_arch, setup_per_cpu_areas: what the allocator has not yet is taken from the end of the image on
      // NR_CPUS is 32
      const cpus = Math.min(32, cpu.load32(boot.cpus));
      let free = FREE_PHYSICAL;
      for (let index = 0; index < cpus && index < 32; index++) {
        cpu.store64(s.offsets + index * 8, DIRECT_MAP + free);
        // Below the interrupt stack lies a page that is not mapped.
        cpu.store64(at('level1_direct_pgt') + (((free / 4096) % 512) + PER_CPU_GUARD_PAGE) * 8, 0);
        free += PER_CPU_STRIDE;
      }
      cpu.store64(s.region, free);
      cpu.store64(s.region_bytes, cpu.load64(boot.region_bytes));
      free += Math.ceil(cpu.load64(boot.region_bytes) / 4096) * 4096;
      // The data of apps lies in a ramdisk behind it, and stays there: their processes map it.
      free += cpu.load64(boot.apps_bytes);
      cpu.store32(s.cpus, cpus);
      cpu.store64(s.memory_next, free);
      // sparse_init: a struct page for every page, at the end of the memory, in large pages
      const memory_bytes = cpu.load64(boot.memory_bytes);
      const map = Math.floor((memory_bytes / 4096) * k.o.slab.bytes);
      const map_at = Math.floor((memory_bytes - map) / LARGE_PAGE) * LARGE_PAGE;
      for (let done = 0; done < map && done < 512 * LARGE_PAGE; done += LARGE_PAGE) {
        cpu.store64(at('level2_vmemmap_pgt') + (done / LARGE_PAGE) * 8, map_at + done + MAP_ENTRY);
      }
      cpu.store64(s.memory_end, map_at);
      cpu.set(gs, cpu.load64(s.offsets));
      cpu.set(REG.idtr, at('idt_table'));
      cpu.set(REG.tr, cpu.get(gs) + s.tss);
    }),
    (cpu) => {
      const t = s.init_task;
      cpu.store64(t + task.stack, init_stack);
      cpu.store64(init_stack, STACK_END_MAGIC);
      cpu.store32(t + task.flags, PF.IDLE | PF.KTHREAD);
      cpu.store32(t + task.usage, 2);
      for (const field of [task.prio, task.static_prio, task.normal_prio]) cpu.store32(t + field, 120);
      cpu.store64(t + task.se_load_weight, 1_048_576);
      cpu.store32(t + task.nr_cpus_allowed, cpu.load32(s.cpus));
      for (const field of [task.tasks, task.children, task.sibling, task.thread_group, task.pending_list])
        initListHead(cpu, t + field);
      for (const field of [task.real_parent, task.parent, task.group_leader]) cpu.store64(t + field, t);
      cpu.store64(t + task.signal, s.init_signals);
      for (const [from, to] of [
        [s.init_signals + signal.thread_head, t + task.thread_node],
        [t + task.thread_node, s.init_signals + signal.thread_head],
      ] as const) {
        cpu.store64(from, to);
        cpu.store64(from + PREV, to);
      }
      cpu.store32(s.init_signals + signal.nr_threads, 1);
      cpu.store32(s.init_signals + signal.sigcnt, 1);
      cpu.store32(s.init_signals + signal.live, 1);
      storeText(cpu, t + task.comm, 'swapper/0\0');
      cpu.store32(t + task.on_cpu, 1);
      cpu.store64(t + task.active_mm, s.init_mm);
      cpu.store64(s.init_mm + mm.pgd, at('init_top_pgt'));
      cpu.store32(s.init_mm + mm.mm_users, 2);
      cpu.store32(s.init_mm + mm.mm_count, 64);
      initCpu(cpu, cpu.get(gs), 0, t);
    },
    (cpu) => {
      cpu.store64(s.jiffies, INITIAL_JIFFIES);
      cpu.store32(s.online, 1);
      cpu.store32(s.random, cpu.load32(boot.random) | 1);
      const thresh = cpu.load64(boot.watchdog_thresh_ns);
      cpu.store64(s.period, Math.max(1_000_000, Math.floor((thresh * 2) / 5)));
      cpu.store32(s.thresh, Math.max(1, Math.round(thresh / 1e9)));
      cpu.store64(s.heartbeat_period, cpu.load64(boot.heartbeat_ns));
      cpu.store32(at('panic_on_oops'), cpu.load32(boot.panic_on_oops));
      cpu.store32(at('softlockup_panic'), cpu.load32(boot.softlockup_panic));
      cpu.store32(at('panic_cpu'), 0xffff_ffff);
    },
    (cpu) => cpu.call(parts.kmem_cache_init.at),
    (cpu) => cpu.call(parts.vfs_caches_init.at),
    printk.print(5, () => banner),
    printk.print(6, (cpu) => `Memory: ${Math.floor(cpu.load64(boot.memory_bytes) / 1024)}K`),
    (cpu) => cpu.call(start_clocks.at),
    (cpu) => {
      // rest_init
      cpu.set(rdi, kernel_init.at);
      cpu.set(rsi, 0);
      cpu.set(rcx, init_comm);
      cpu.call(kernel_thread.at);
    },
    (cpu) => {
      cpu.set(rdi, parts.kthreadd.at);
      cpu.set(rsi, 0);
      cpu.set(rcx, kthreadd_comm);
      cpu.call(kernel_thread.at);
    },
    (cpu) => {
      cpu.store64(s.kthreadd, cpu.get(rax));
      cpu.jump(idle.at);
    },
  );
  return start_kernel;
}
