import type { Address } from '../../../../base/address.ts';
import { CRASH_POINT, CRASH_POINT_STATE } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { PF, TASK } from './constants.ts';
import type { Fork } from './fork.ts';
import { CLONE } from './fork.ts';
import type { Inline } from './inline.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import type { Locks } from './locks.ts';
import { gs, r11, r12, rax, rbx, rcx, rdi, rdx, rsi } from './registers.ts';
import type { Scheduler } from './sched.ts';
import type { Slub } from './slub.ts';

/**
 * drivers/misc/lkdtm: crash points. Requests lie in a queue of each CPU; a kernel thread of that CPU, made by kthreadd
 * when it is first needed, carries them out in process context: kfree of an object, a lock that is taken and kept, a
 * loop without end.
 */
export interface Lkdtm {
  /** There is a request for this CPU: an interrupt. */
  readonly interrupt: Label;
  /** kthreadd's body. */
  readonly kthreadd: Label;
}

/** Requests that a queue has room for, as kernel-types.ts declares it. */
const QUEUE = 16;
/** One turn of waiting for the next request, and of a loop without end. */
const POLL_NS = 2_000;
const POLL_LONG_NS = 50_000;
const LOOP_NS = 100_000;

export function assembleLkdtm(
  k: Kernel,
  inline: Inline,
  locks: Locks,
  sched: Scheduler,
  fork: Fork,
  slub: Slub,
): Lkdtm {
  const { task, lkdtm_queue: q, lkdtm_request: request } = k.o;
  const at = (name: string): Address => k.symbol(name);
  const per_cpu = {
    queue: at('lkdtm_queue'),
    waiter: at('lkdtm_waiter'),
    lock: at('lkdtm_lock'),
    number: at('cpu_number'),
  };
  const started = at('lkdtm_started');
  const wanted = at('lkdtm_wanted');
  const kthreadd_task = at('kthreadd_task');
  const do_exit = k.text.entry('do_exit');

  const queueOf = (cpu: Cpu): Address => cpu.get(gs) + per_cpu.queue;
  const asked = (cpu: Cpu): boolean =>
    cpu.load32(queueOf(cpu) + q.head) !== cpu.load32(queueOf(cpu) + q.tail);
  const entry = (cpu: Cpu): Address =>
    queueOf(cpu) + q.requests + (cpu.load32(queueOf(cpu) + q.tail) % QUEUE) * request.bytes;
  /** Requests are begun in the order in which they were made, whichever CPU each is for. */
  const itsTurn = (cpu: Cpu): boolean => cpu.load32(started) === cpu.load32(entry(cpu) + request.number);
  /** The request is begun: part of the step that does the first of it. */
  const begin = (cpu: Cpu): void => {
    const tail = queueOf(cpu) + q.tail;
    const from = entry(cpu);
    cpu.store32(from + request.pid, cpu.load32(inline.current(cpu) + task.pid));
    cpu.store32(from + request.state, CRASH_POINT_STATE.begun);
    cpu.store32(tail, (cpu.load32(tail) + 1) >>> 0);
    cpu.store32(started, (cpu.load32(started) + 1) >>> 0);
  };

  /** What this CPU began last has been done, if that is what it is: part of the step behind it. */
  const finish = (cpu: Cpu, ...ops: readonly number[]): void => {
    const last = (cpu.load32(queueOf(cpu) + q.tail) + QUEUE - 1) % QUEUE;
    const from = queueOf(cpu) + q.requests + last * request.bytes;
    if (
      cpu.load32(from + request.state) !== CRASH_POINT_STATE.begun ||
      !ops.includes(cpu.load32(from + request.op))
    )
      return;
    cpu.store32(from + request.state, CRASH_POINT_STATE.done);
  };

  const hold = k.text.entry('lkdtm_hold');
  /** A function that takes the lock rdi and calls somebody with it held. */
  const holder = (
    name: string,
    take: (cpu: Cpu, lock: Address) => void,
    give: (cpu: Cpu, lock: Address) => void,
  ): Label =>
    k.text.fn(
      name,
      (cpu) => {
        pushRegisters(cpu, rbx, r12);
        cpu.set(r12, cpu.get(rdi));
        cpu.set(rbx, cpu.load64(cpu.get(gs) + per_cpu.lock));
        begin(cpu);
        take(cpu, cpu.get(r12));
      },
      (cpu) => {
        cpu.store64(cpu.get(gs) + per_cpu.lock, cpu.get(r12));
        finish(cpu, CRASH_POINT.acquire);
        cpu.call(hold.at);
      },
      (cpu) => {
        give(cpu, cpu.get(r12));
        cpu.store64(cpu.get(gs) + per_cpu.lock, cpu.get(rbx));
        popRegisters(cpu, rbx, r12);
        cpu.ret();
      },
    );
  const spinHolder = (name: string): Label =>
    holder(name, (cpu, lock) => void locks.spinLock(cpu, lock), locks.spinUnlock);
  /** Functions of Linux that call back with the lock held; tasklist_lock's walkers do so for each task. */
  const holders: readonly { readonly lock: Address; readonly read: Label; readonly write: Label }[] = [
    ['sb_lock', 'sget_fc'] as const,
    ['inode_hash_lock', 'find_inode_nowait'] as const,
  ].map(([lock, name]) => {
    const takes = spinHolder(name);
    return { lock: at(lock), read: takes, write: takes };
  });
  const tasklist = {
    lock: at('tasklist_lock'),
    read: holder('kill_something_info', (cpu, lock) => void locks.readLock(cpu, lock), locks.readUnlock),
    write: holder(
      'ksys_setsid',
      (cpu, lock) => {
        cpu.interruptsOff();
        locks.writeLock(cpu, lock);
      },
      (cpu, lock) => {
        locks.writeUnlock(cpu, lock);
        cpu.interruptsOn();
      },
    ),
  };
  const generic = spinHolder('lkdtm_SPINLOCK');

  const kfree = k.text.fn('kfree', (cpu) => {
    begin(cpu);
    slub.freeAndReturn(cpu, cpu.get(rdi));
  });
  /** Whoever holds it: rdi: lock, rsi: mode. */
  const unlock = k.text.fn('lkdtm_UNLOCK', (cpu) => {
    begin(cpu);
    if (cpu.get(rsi) === CRASH_POINT.read) locks.readUnlock(cpu, cpu.get(rdi));
    else locks.spinUnlock(cpu, cpu.get(rdi));
    cpu.ret();
  });
  const endless = (name: string, first: (cpu: Cpu) => void): Label => {
    const again = new Label();
    const turn = timed(1, (cpu: Cpu) => {
      cpu.spend(LOOP_NS);
      cpu.jump(again.at);
    });
    return k.text.fn(
      name,
      (cpu) => {
        begin(cpu);
        first(cpu);
      },
      again,
      turn,
    );
  };
  const soft = endless('lkdtm_SOFTLOCKUP', (cpu) => cpu.interruptsOn());
  const hard = endless('lkdtm_HARDLOCKUP', (cpu) => cpu.interruptsOff());

  /** Goes to what is asked; it comes back to `back`. */
  const dispatch = (cpu: Cpu, back: Label): void => {
    const from = entry(cpu);
    const op = cpu.load32(from + request.op);
    const mode = cpu.load32(from + request.mode);
    const lock = cpu.load64(from + request.address);
    cpu.store64(cpu.get(gs) + per_cpu.waiter, 0);
    cpu.set(rdi, lock);
    cpu.set(rsi, mode);
    cpu.push(back.at);
    if (op === CRASH_POINT.free) return cpu.jump(kfree.at);
    if (op === CRASH_POINT.release) return cpu.jump(unlock.at);
    if (op === CRASH_POINT.loop) return cpu.jump((mode === CRASH_POINT.irqs_off ? hard : soft).at);
    const known = lock === tasklist.lock ? tasklist : holders.find((one) => one.lock === lock);
    cpu.jump((mode === CRASH_POINT.read ? known?.read : known?.write)?.at ?? generic.at);
  };
  const wait = (cpu: Cpu, back: Label): void => {
    const turns = cpu.get(r11);
    cpu.set(r11, turns + 1);
    cpu.spend(turns < 32 ? POLL_NS : POLL_LONG_NS);
    cpu.jump(back.at);
  };

  const poll = new Label();
  k.text.fn(
    'lkdtm_hold',
    (cpu) => cpu.set(r11, 0),
    poll,
    timed(1, (cpu) => {
      finish(cpu, CRASH_POINT.free, CRASH_POINT.release);
      cpu.store64(cpu.get(gs) + per_cpu.waiter, inline.current(cpu));
      if (!asked(cpu) || !itsTurn(cpu)) return wait(cpu, poll);
      const from = entry(cpu);
      const own = cpu.load64(from + request.address) === cpu.load64(cpu.get(gs) + per_cpu.lock);
      if (cpu.load32(from + request.op) !== CRASH_POINT.release || !own) return dispatch(cpu, poll);
      begin(cpu);
      cpu.ret();
    }),
  );
  const again = new Label();
  const thread = k.text.fn('lkdtm_thread', again, (cpu) => {
    const waiter = cpu.get(gs) + per_cpu.waiter;
    const t = inline.current(cpu);
    finish(cpu, CRASH_POINT.free, CRASH_POINT.release);
    if (asked(cpu)) {
      cpu.store32(t + task.__state, TASK.RUNNING);
      if (itsTurn(cpu)) return dispatch(cpu, again);
      cpu.set(r11, 0);
      return wait(cpu, again);
    }
    const other = cpu.load64(waiter);
    if (other !== 0 && other !== t) {
      cpu.set(rdi, 0);
      return cpu.jump(do_exit.at);
    }
    cpu.store64(waiter, t);
    cpu.store32(t + task.__state, TASK.INTERRUPTIBLE);
    cpu.push(again.at);
    cpu.jump(sched.schedule.at);
  });

  const interrupt = k.text.fn('lkdtm_interrupt', (cpu) => {
    let waiter = cpu.load64(cpu.get(gs) + per_cpu.waiter);
    if (waiter === 0) {
      cpu.store32(wanted, (cpu.load32(wanted) | (1 << cpu.load32(cpu.get(gs) + per_cpu.number))) >>> 0);
      waiter = cpu.load64(kthreadd_task);
    }
    cpu.set(rdi, waiter);
    cpu.jump(sched.wake.at);
  });
  return { interrupt, kthreadd: assembleKthreadd() };

  /** kernel/kthread.c. rbx: CPU that gets a thread. */
  function assembleKthreadd(): Label {
    const names = Array.from({ length: 32 }, (_, index) => k.string(`lkdtm/${index}${'\0'.repeat(16)}`));
    const [next, rest] = [new Label(), new Label()];
    return k.text.fn(
      'kthreadd',
      next,
      (cpu) => {
        const mask = cpu.load32(wanted);
        const t = inline.current(cpu);
        cpu.store32(t + task.__state, TASK.INTERRUPTIBLE);
        if (mask === 0) return cpu.jump(rest.at);
        const index = 31 - Math.clz32(mask & -mask);
        cpu.store32(t + task.__state, TASK.RUNNING);
        cpu.store32(wanted, (mask & (mask - 1)) >>> 0);
        cpu.set(rbx, index);
        cpu.set(rdi, CLONE.kernel);
        cpu.set(rsi, thread.at);
        cpu.set(rdx, index);
        cpu.set(rcx, names[index] ?? 0);
        cpu.call(fork.copy_process.at);
      },
      (cpu) => {
        const t = cpu.get(rax);
        if (t === 0) return cpu.jump(next.at);
        cpu.store32(t + task.thread_info_cpu, cpu.get(rbx));
        cpu.store32(t + task.flags, (cpu.load32(t + task.flags) | PF.NO_SETAFFINITY) >>> 0);
        cpu.set(rdi, t);
        cpu.push(next.at);
        cpu.jump(sched.wake_new.at);
      },
      rest,
      (cpu) => {
        cpu.push(next.at);
        cpu.jump(sched.schedule.at);
      },
    );
  }
}
