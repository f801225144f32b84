import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import { fuse, Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { LIST_POISON2_LOW, POISON_HIGH } from '../memory-map.ts';
import { popRegisters, pushRegisters, restoreFlags, saveFlags, storeHalves } from './inline.ts';
import type { Locks } from './locks.ts';
import { gs, r12, r13, rbx, rdi, rsi, rsp } from './registers.ts';

/**
 * kernel/time/timer.c: a wheel of nine levels with 64 buckets each, every level eight times as coarse as the one
 * before.
 */
const LEVELS = 9;
const SLOTS = 64;
const SHIFT = 3;
const MAX_DELTA = 2 ** 30;
/** timer_list.flags: CPU in bits 0..17, bucket in bits 22..31; TIMER_DEFERRABLE. */
const CPU_MASK = 0x3_ffff;
const BUCKET_SHIFT = 22;
export const TIMER_DEFERRABLE = 0x8_0000;
/** Far enough never to be reached: NEXT_TIMER_MAX_DELTA. */
const NEVER = 2 ** 30 - 1;

export interface Timers {
  /**
   * add_timer / mod_timer of one that is not queued: rdi timer (function and flags set), rsi jiffies. A called
   * function.
   */
  readonly add: Label;
  /** del_timer: rdi timer. A called function. */
  readonly del: Label;
  /** run_timer_softirq. A called function. */
  readonly softirq: Label;
  /** True when a wheel of this CPU has something to expire at `jiffies`: part of the tick. */
  due(cpu: Cpu, jiffies: number): boolean;
  init(cpu: Cpu, area: Address, index: number, jiffies: number): void;
}

/** Bucket of an expiry, and the jiffy at which it is looked at. */
function bucketOf(expires: number, clk: number): readonly [bucket: number, expiry: number] {
  const delta = expires - clk;
  if (delta < 0) return [clk & (SLOTS - 1), clk];
  const capped = delta >= MAX_DELTA ? clk + MAX_DELTA - 1 : expires;
  let level = 0;
  while (level < LEVELS - 1 && capped - clk >= (SLOTS - 1) * 2 ** (level * SHIFT)) level++;
  const unit = 2 ** (level * SHIFT);
  const at = Math.floor(capped / unit) + 1;
  return [level * SLOTS + (at & (SLOTS - 1)), at * unit];
}

export function assembleTimers(k: Kernel, locks: Locks): Timers {
  const { timer, timer_base } = k.o;
  const bases = k.symbol('timer_bases');
  const jiffies_64 = k.symbol('jiffies_64');
  const offsets = k.symbol('__per_cpu_offset');
  const cpu_number = k.symbol('cpu_number');

  const baseOf = (cpu: Cpu, flags: number): Address =>
    cpu.load64(offsets + (flags & CPU_MASK) * 8) + bases + (flags & TIMER_DEFERRABLE ? timer_base.bytes : 0);
  const setPending = (cpu: Cpu, base: Address, bucket: number, on: boolean): void => {
    const at = base + timer_base.pending_map + (bucket >> 5) * 4;
    const mask = 1 << (bucket & 31);
    cpu.store32(at, (on ? cpu.load32(at) | mask : cpu.load32(at) & ~mask) >>> 0);
  };
  const isPending = (cpu: Cpu, base: Address, bucket: number): boolean =>
    (cpu.load32(base + timer_base.pending_map + (bucket >> 5) * 4) & (1 << (bucket & 31))) !== 0;

  /** detach_timer */
  const detach = (cpu: Cpu, t: Address): void => {
    const next = cpu.load64(t + timer.entry);
    const pprev = cpu.load64(t + timer.entry_pprev);
    cpu.store64(pprev, next);
    if (next !== 0) cpu.store64(next + timer.entry_pprev - timer.entry, pprev);
    cpu.store64(t + timer.entry_pprev, 0);
    storeHalves(cpu, t + timer.entry, LIST_POISON2_LOW, POISON_HIGH);
  };

  /** __next_timer_interrupt: the earliest jiffy at which a bucket has to be looked at. */
  const nextExpiry = (cpu: Cpu, base: Address): number => {
    const clk = cpu.load64(base + timer_base.clk);
    let next = clk + NEVER;
    let at = clk;
    for (let level = 0; level < LEVELS; level++) {
      const low = cpu.load32(base + timer_base.pending_map + level * 8);
      const high = cpu.load32(base + timer_base.pending_map + level * 8 + 4);
      if ((low | high) !== 0) {
        for (let ahead = 0; ahead < SLOTS; ahead++) {
          const slot = (at + ahead) & (SLOTS - 1);
          if (((slot < 32 ? low : high) & (1 << (slot & 31))) === 0) continue;
          next = Math.min(next, (at + ahead) * 2 ** (level * SHIFT));
          break;
        }
      }
      // A level's first bucket that is still to come lies one further unless the clock is at its start.
      at = Math.floor(at / 8) + (at % 8 === 0 ? 0 : 1);
    }
    return next;
  };

  const finish = (cpu: Cpu): void => {
    locks.spinUnlock(cpu, cpu.get(r12) + timer_base.lock);
    restoreFlags(cpu);
    popRegisters(cpu, rbx, r12);
    cpu.ret();
  };

  const add = k.text.fn(
    'add_timer',
    fuse(
      (cpu) => {
        pushRegisters(cpu, rbx, r12);
        saveFlags(cpu);
        const t = cpu.get(rdi);
        const flags = (cpu.load32(t + timer.flags) & TIMER_DEFERRABLE) | cpu.load32(cpu.get(gs) + cpu_number);
        cpu.store32(t + timer.flags, flags);
        cpu.store64(t + timer.expires, cpu.get(rsi));
        const base = baseOf(cpu, flags);
        cpu.set(rbx, t);
        cpu.set(r12, base);
        return locks.spinLock(cpu, base + timer_base.lock);
      },
      (cpu) => {
        const t = cpu.get(rbx);
        const base = cpu.get(r12);
        // forward_timer_base: an idle base's clock lags behind.
        const jiffies = cpu.load64(jiffies_64);
        const next = cpu.load64(base + timer_base.next_expiry);
        if (cpu.load64(base + timer_base.clk) < jiffies && next > jiffies)
          cpu.store64(base + timer_base.clk, jiffies);
        const [bucket, expiry] = bucketOf(cpu.load64(t + timer.expires), cpu.load64(base + timer_base.clk));
        // enqueue_timer: hlist_add_head
        const head = base + timer_base.vectors + bucket * 8;
        const first = cpu.load64(head);
        cpu.store64(t + timer.entry, first);
        if (first !== 0) cpu.store64(first + timer.entry_pprev - timer.entry, t + timer.entry);
        cpu.store64(head, t + timer.entry);
        cpu.store64(t + timer.entry_pprev, head);
        cpu.store32(
          t + timer.flags,
          ((cpu.load32(t + timer.flags) & 0x3f_ffff) | (bucket << BUCKET_SHIFT)) >>> 0,
        );
        if (expiry < next) {
          cpu.store64(base + timer_base.next_expiry, expiry);
          cpu.store8(base + timer_base.next_expiry_recalc, 0);
        }
        cpu.store8(base + timer_base.timers_pending, 1);
        return false;
      },
    ),
    (cpu) => {
      setPending(cpu, cpu.get(r12), cpu.load32(cpu.get(rbx) + timer.flags) >>> BUCKET_SHIFT, true);
      finish(cpu);
    },
  );

  const gone = new Label();
  const del = k.text.fn(
    'del_timer',
    (cpu) => {
      const t = cpu.get(rdi);
      if (cpu.load64(t + timer.entry_pprev) === 0) return cpu.ret();
      pushRegisters(cpu, rbx, r12);
      saveFlags(cpu);
      const base = baseOf(cpu, cpu.load32(t + timer.flags));
      cpu.set(rbx, t);
      cpu.set(r12, base);
      locks.spinLock(cpu, base + timer_base.lock);
    },
    (cpu) => {
      const t = cpu.get(rbx);
      if (cpu.load64(t + timer.entry_pprev) === 0) return cpu.jump(gone.at);
      detach(cpu, t);
    },
    (cpu) => {
      const base = cpu.get(r12);
      const bucket = cpu.load32(cpu.get(rbx) + timer.flags) >>> BUCKET_SHIFT;
      if (cpu.load64(base + timer_base.vectors + bucket * 8) === 0 && isPending(cpu, base, bucket)) {
        setPending(cpu, base, bucket, false);
        cpu.store8(base + timer_base.next_expiry_recalc, 1);
      }
    },
    gone,
    finish,
  );

  /**
   * __run_timers of the base in rdi. On the stack lie `heads[LEVELS]`, as hlist_move_list fills them, and their number
   * in r13: expired timers hang there while their functions run.
   */
  const [look, expire, done] = [1, 2, 3].map(() => new Label()) as [Label, Label, Label];
  const run = k.text.fn(
    '__run_timers',
    (cpu) => {
      const base = cpu.get(rdi);
      if (cpu.load64(jiffies_64) < cpu.load64(base + timer_base.next_expiry)) return cpu.ret();
      pushRegisters(cpu, rbx, r12, r13);
      cpu.set(rsp, cpu.get(rsp) - LEVELS * 8);
      cpu.interruptsOff();
      cpu.set(r12, base);
      locks.spinLock(cpu, base + timer_base.lock);
    },
    look,
    (cpu) => {
      const base = cpu.get(r12);
      const jiffies = cpu.load64(jiffies_64);
      const due = cpu.load64(base + timer_base.next_expiry);
      if (jiffies < cpu.load64(base + timer_base.clk) || jiffies < due) return cpu.jump(done.at);
      // collect_expired_timers
      cpu.store64(base + timer_base.clk, due);
      const heads = cpu.get(rsp);
      let clk = due;
      let levels = 0;
      for (let level = 0; level < LEVELS; level++) {
        const bucket = level * SLOTS + (clk & (SLOTS - 1));
        if (isPending(cpu, base, bucket)) {
          setPending(cpu, base, bucket, false);
          const vector = base + timer_base.vectors + bucket * 8;
          const first = cpu.load64(vector);
          cpu.store64(heads + levels * 8, first);
          if (first !== 0) cpu.store64(first + timer.entry_pprev - timer.entry, heads + levels * 8);
          cpu.store64(vector, 0);
          levels++;
        }
        if ((clk & 7) !== 0) break;
        clk = Math.floor(clk / 8);
      }
      cpu.store64(base + timer_base.clk, due + 1);
      cpu.store64(base + timer_base.next_expiry, nextExpiry(cpu, base));
      cpu.store8(base + timer_base.next_expiry_recalc, 0);
      cpu.set(r13, levels);
    },

    expire,
    (cpu) => {
      // expire_timers
      const levels = cpu.get(r13);
      if (levels <= 0) return cpu.jump(look.at);
      const first = cpu.load64(cpu.get(rsp) + (levels - 1) * 8);
      if (first === 0) {
        cpu.set(r13, levels - 1);
        return cpu.jump(expire.at);
      }
      const base = cpu.get(r12);
      const t = first - timer.entry;
      const callback = cpu.load64(t + timer.function);
      cpu.store64(base + timer_base.running_timer, t);
      detach(cpu, t);
      locks.spinUnlock(cpu, base + timer_base.lock);
      cpu.interruptsOn();
      cpu.set(rdi, t);
      cpu.call(callback);
    },
    (cpu) => {
      cpu.interruptsOff();
      locks.spinLock(cpu, cpu.get(r12) + timer_base.lock);
    },
    (cpu) => {
      cpu.store64(cpu.get(r12) + timer_base.running_timer, 0);
      cpu.jump(expire.at);
    },
    done,
    (cpu) => {
      locks.spinUnlock(cpu, cpu.get(r12) + timer_base.lock);
      cpu.interruptsOn();
      cpu.set(rsp, cpu.get(rsp) + LEVELS * 8);
      popRegisters(cpu, rbx, r12, r13);
      cpu.ret();
    },
  );

  const softirq = k.text.fn(
    'run_timer_softirq',
    (cpu) => {
      cpu.set(rdi, cpu.get(gs) + bases);
      cpu.call(run.at);
    },
    (cpu) => {
      cpu.set(rdi, cpu.get(gs) + bases + timer_base.bytes);
      cpu.jump(run.at);
    },
  );

  return {
    add,
    del,
    softirq,
    due(cpu, jiffies) {
      const base = cpu.get(gs) + bases;
      return (
        jiffies >= cpu.load64(base + timer_base.next_expiry) ||
        jiffies >= cpu.load64(base + timer_base.bytes + timer_base.next_expiry)
      );
    },
    init(cpu, area, index, jiffies) {
      for (let which = 0; which < 2; which++) {
        const base = area + bases + which * timer_base.bytes;
        cpu.store64(base + timer_base.clk, jiffies);
        cpu.store64(base + timer_base.next_expiry, jiffies + NEVER);
        cpu.store32(base + timer_base.cpu, index);
      }
    },
  };
}
