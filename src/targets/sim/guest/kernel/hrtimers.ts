import type { Address } from '../../../../base/address.ts';
import { HYPERCALL } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { fuse, Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { popRegisters, pushRegisters, restoreFlags, saveFlags } from './inline.ts';
import type { Locks } from './locks.ts';
import type { RedBlack } from './rbtree.ts';
import { gs, r12, r13, rax, rbx, rdi, rsi } from './registers.ts';

export const HRTIMER_NORESTART = 0;
export const HRTIMER_RESTART = 1;

/** kernel/time/hrtimer.c, the monotonic clock alone. */
export interface Hrtimers {
  /** hrtimer_start: rdi timer (function set), rsi absolute ns; on this CPU's queue. A called function. */
  readonly start: Label;
  /** hrtimer_cancel: rdi timer. A called function. */
  readonly cancel: Label;
  /** The clock event's handler, interrupts off. A called function. */
  readonly interrupt: Label;
}

export function assembleHrtimers(k: Kernel, locks: Locks, tree: RedBlack): Hrtimers {
  const { hrtimer, clock_base, cpu_base } = k.o;
  const bases = k.symbol('hrtimer_bases');
  const EXPIRES = hrtimer.node_expires - hrtimer.node;
  const CLOCK = cpu_base.clock_base;
  const active = CLOCK + clock_base.active;
  const LEFTMOST = active + 8;
  const INFINITE = 2 ** 53;

  /** enqueue_hrtimer of one whose expiry is set: a stage. */
  const enqueue = (cpu: Cpu, timer: Address, base: Address): boolean => {
    cpu.store64(timer + hrtimer.base, base + CLOCK);
    cpu.store8(timer + hrtimer.state, 1);
    return tree.insert(cpu, timer + hrtimer.node, base + active, EXPIRES);
  };

  /** Sets the clock event to the leftmost expiry; the end of a step with the base locked. */
  const reprogram = (cpu: Cpu, base: Address): void => {
    const first = cpu.load64(base + LEFTMOST);
    const expires = first === 0 ? INFINITE : cpu.load64(first + EXPIRES);
    if (cpu.load64(base + cpu_base.expires_next) === expires) return;
    cpu.store64(base + cpu_base.expires_next, expires);
    cpu.store64(base + cpu_base.next_timer, first === 0 ? 0 : first - hrtimer.node);
    cpu.set(rax, HYPERCALL.set_timer);
    cpu.set(rdi, first === 0 ? 0 : Math.max(expires, cpu.now + 1));
    cpu.hypercall();
  };

  const leave = (cpu: Cpu): boolean => {
    const base = cpu.get(r12);
    reprogram(cpu, base);
    locks.spinUnlock(cpu, base + cpu_base.lock);
    restoreFlags(cpu);
    popRegisters(cpu, rbx, r12);
    cpu.ret();
    return false;
  };

  const start = k.text.fn(
    'hrtimer_start_range_ns',
    fuse(
      (cpu) => {
        pushRegisters(cpu, rbx, r12);
        saveFlags(cpu);
        const timer = cpu.get(rdi);
        cpu.store64(timer + hrtimer.node_expires, cpu.get(rsi));
        cpu.store64(timer + hrtimer._softexpires, cpu.get(rsi));
        cpu.set(rbx, timer);
        cpu.set(r12, cpu.get(gs) + bases);
        return locks.spinLock(cpu, cpu.get(r12) + cpu_base.lock);
      },
      (cpu) => enqueue(cpu, cpu.get(rbx), cpu.get(r12)),
      leave,
    ),
  );

  const cancel = k.text.fn(
    'hrtimer_cancel',
    fuse(
      (cpu) => {
        const timer = cpu.get(rdi);
        if (cpu.load8(timer + hrtimer.state) === 0) {
          cpu.ret();
          return false;
        }
        pushRegisters(cpu, rbx, r12);
        saveFlags(cpu);
        cpu.set(rbx, timer);
        cpu.set(r12, cpu.load64(cpu.load64(timer + hrtimer.base) + clock_base.cpu_base));
        return locks.spinLock(cpu, cpu.get(r12) + cpu_base.lock);
      },
      (cpu) => {
        const timer = cpu.get(rbx);
        const base = cpu.get(r12);
        if (cpu.load8(timer + hrtimer.state) === 0) return true;
        cpu.store8(timer + hrtimer.state, 0);
        return tree.erase(cpu, timer + hrtimer.node, base + active);
      },
      (cpu) => {
        // Another CPU's clock event stays as it is: it finds nothing to do.
        if (cpu.get(r12) === cpu.get(gs) + bases) return leave(cpu);
        locks.spinUnlock(cpu, cpu.get(r12) + cpu_base.lock);
        restoreFlags(cpu);
        popRegisters(cpu, rbx, r12);
        cpu.ret();
        return false;
      },
    ),
  );

  // r12: base, rbx: timer, r13: what the callback said
  const [look, called] = [new Label(), new Label()];
  const interrupt = k.text.fn(
    'hrtimer_interrupt',
    fuse(
      (cpu) => {
        pushRegisters(cpu, rbx, r12, r13);
        const base = cpu.get(gs) + bases;
        cpu.set(r12, base);
        return locks.spinLock(cpu, base + cpu_base.lock);
      },
      (cpu) => (expired(cpu) ? take(cpu) : done(cpu)),
      call,
    ),
    look,
    fuse(take, call),
    called,
    fuse(
      (cpu) => {
        cpu.set(r13, cpu.get(rax));
        return locks.spinLock(cpu, cpu.get(r12) + cpu_base.lock);
      },
      (cpu) => {
        const base = cpu.get(r12);
        cpu.store64(base + CLOCK + clock_base.running, 0);
        return cpu.get(r13) !== HRTIMER_RESTART || enqueue(cpu, cpu.get(rbx), base);
      },
      (cpu) => {
        if (!expired(cpu)) return done(cpu);
        cpu.jump(look.at);
        return false;
      },
    ),
  );
  return { start, cancel, interrupt };

  function expired(cpu: Cpu): boolean {
    const node = cpu.load64(cpu.get(r12) + LEFTMOST);
    return node !== 0 && cpu.load64(node + EXPIRES) <= cpu.now;
  }

  /** __run_hrtimer: the timer leaves the queue ... */
  function take(cpu: Cpu): boolean {
    const base = cpu.get(r12);
    const node = cpu.load64(base + LEFTMOST);
    const timer = node - hrtimer.node;
    cpu.set(rbx, timer);
    cpu.store64(base + CLOCK + clock_base.running, timer);
    return tree.erase(cpu, node, base + active);
  }

  /** ... and its callback runs without the lock. */
  function call(cpu: Cpu): boolean {
    const timer = cpu.get(rbx);
    const base = cpu.get(r12);
    const callback = cpu.load64(timer + hrtimer.function);
    cpu.store8(timer + hrtimer.state, 0);
    cpu.store32(base + cpu_base.nr_events, cpu.load32(base + cpu_base.nr_events) + 1);
    locks.spinUnlock(cpu, base + cpu_base.lock);
    cpu.set(rdi, timer);
    cpu.push(called.at);
    cpu.jump(callback);
    return false;
  }

  function done(cpu: Cpu): false {
    const base = cpu.get(r12);
    reprogram(cpu, base);
    locks.spinUnlock(cpu, base + cpu_base.lock);
    popRegisters(cpu, rbx, r12, r13);
    cpu.ret();
    return false;
  }
}
