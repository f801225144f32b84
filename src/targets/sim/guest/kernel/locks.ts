import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { gs, r11, r8, rcx, rdi, rdx, rsi } from './registers.ts';

/** asm-generic/qspinlock_types.h and qrwlock.h. */
const QW_LOCKED = 0xff;
const QW_WAITING = 0x100;
const QR_BIAS = 0x200;

/**
 * Queued spinlocks and rwlocks. The fast paths are inlined: true when the lock is had; else the step has ended in a
 * call of the slow path, which returns to the next step (or the next stage) with the lock. Slow paths keep the lock's
 * address in rdi, as Linux's do: that, with rip, is all that tells who waits for what.
 */
export interface Locks {
  spinLock(cpu: Cpu, lock: Address): boolean;
  spinUnlock(cpu: Cpu, lock: Address): void;
  readLock(cpu: Cpu, lock: Address): boolean;
  readUnlock(cpu: Cpu, lock: Address): void;
  writeLock(cpu: Cpu, lock: Address): boolean;
  writeUnlock(cpu: Cpu, lock: Address): void;
}

/** One turn of a waiting loop; r11 counts them. Waiting long backs off, as a hypervisor's pause-loop exits make it. */
function pause(cpu: Cpu): void {
  const turns = cpu.get(r11);
  cpu.set(r11, turns + 1);
  cpu.spend(turns < 8 ? 5_000 : turns < 40 ? 20_000 : 100_000);
}

export function assembleLocks(k: Kernel): Locks {
  const spin_slow = spinSlowPath(k);
  const { read_slow, write_slow } = rwlockSlowPaths(k, spin_slow);
  return {
    spinLock(cpu, lock) {
      if (cpu.load32(lock) === 0) {
        cpu.store32(lock, 1);
        return true;
      }
      cpu.set(rdi, lock);
      cpu.call(spin_slow.at);
      return false;
    },
    spinUnlock: (cpu, lock) => cpu.store8(lock, 0),
    readLock(cpu, lock) {
      const counts = (cpu.load32(lock) + QR_BIAS) >>> 0;
      cpu.store32(lock, counts);
      if ((counts & 0x1ff) === 0) return true;
      cpu.set(rdi, lock);
      cpu.call(read_slow.at);
      return false;
    },
    readUnlock: (cpu, lock) => cpu.store32(lock, (cpu.load32(lock) - QR_BIAS) >>> 0),
    writeLock(cpu, lock) {
      if (cpu.load32(lock) === 0) {
        cpu.store32(lock, QW_LOCKED);
        return true;
      }
      cpu.set(rdi, lock);
      cpu.call(write_slow.at);
      return false;
    },
    writeUnlock: (cpu, lock) => cpu.store8(lock, 0),
  };
}

/**
 * kernel/locking/qspinlock.c: the first waiter takes the pending bit, the others queue on per-CPU nodes and the lock's
 * tail.
 */
function spinSlowPath(k: Kernel): Label {
  const { next, locked, count, bytes } = k.o.mcs;
  const qnodes = k.symbol('qnodes');
  const cpu_number = k.symbol('cpu_number');
  const offsets = k.symbol('__per_cpu_offset');
  const [wait_pending, queue, wait_node, wait_head, hand_over] = [1, 2, 3, 4, 5].map(() => new Label()) as [
    Label,
    Label,
    Label,
    Label,
    Label,
  ];
  return k.text.fn(
    'native_queued_spin_lock_slowpath',
    (cpu) => {
      const lock = cpu.get(rdi);
      const value = cpu.load32(lock);
      cpu.set(r11, 0);
      if (value === 0) {
        cpu.store32(lock, 1);
        return cpu.ret();
      }
      if (value > 0xff) return cpu.jump(queue.at);
      cpu.store8(lock + 1, 1);
    },
    wait_pending,
    timed(1, (cpu) => {
      const lock = cpu.get(rdi);
      if (cpu.load8(lock) !== 0) {
        pause(cpu);
        return cpu.jump(wait_pending.at);
      }
      cpu.store16(lock, 1);
      cpu.ret();
    }),
    queue,
    (cpu) => {
      // rsi: our node; rdx: our tail; rcx: the node before us.
      const base = cpu.get(gs);
      const nesting = cpu.load32(base + qnodes + count);
      const index = Math.min(nesting, 3);
      const node = base + qnodes + index * bytes;
      const tail = ((cpu.load32(base + cpu_number) + 1) << 2) | index;
      cpu.store32(base + qnodes + count, nesting + 1);
      cpu.store32(node + locked, 0);
      cpu.store64(node + next, 0);
      const lock = cpu.get(rdi);
      const before = cpu.load16(lock + 2);
      cpu.store16(lock + 2, tail);
      cpu.set(rsi, node);
      cpu.set(rdx, tail);
      if (before === 0) return cpu.jump(wait_head.at);
      cpu.set(rcx, cpu.load64(offsets + ((before >> 2) - 1) * 8) + qnodes + (before & 3) * bytes);
    },
    (cpu) => cpu.store64(cpu.get(rcx) + next, cpu.get(rsi)),
    wait_node,
    timed(1, (cpu) => {
      if (cpu.load32(cpu.get(rsi) + locked) !== 0) return;
      pause(cpu);
      cpu.jump(wait_node.at);
    }),
    wait_head,
    timed(1, (cpu) => {
      const lock = cpu.get(rdi);
      if (cpu.load16(lock) !== 0) {
        pause(cpu);
        return cpu.jump(wait_head.at);
      }
      cpu.store8(lock, 1);
      if (cpu.load16(lock + 2) === cpu.get(rdx)) {
        cpu.store16(lock + 2, 0);
        const nesting = cpu.get(gs) + qnodes + count;
        cpu.store32(nesting, cpu.load32(nesting) - 1);
        cpu.ret();
      }
    }),
    hand_over,
    (cpu) => {
      const after = cpu.load64(cpu.get(rsi) + next);
      if (after === 0) {
        pause(cpu);
        return cpu.jump(hand_over.at);
      }
      cpu.store32(after + locked, 1);
      const nesting = cpu.get(gs) + qnodes + count;
      cpu.store32(nesting, cpu.load32(nesting) - 1);
      cpu.ret();
    },
  );
}

/** kernel/locking/qrwlock.c: waiters queue on wait_lock; the one in front waits for the counts. */
function rwlockSlowPaths(
  k: Kernel,
  spin_slow: Label,
): { readonly read_slow: Label; readonly write_slow: Label } {
  const { wait_lock } = k.o.qrwlock;
  // wait_lock is taken by a call that keeps rdi on the lock of interest: the lock itself waits in r8.
  const takeWaitLock = (cpu: Cpu): void => {
    const lock = cpu.get(rdi);
    cpu.set(r8, lock);
    cpu.set(r11, 0);
    if (cpu.load32(lock + wait_lock) === 0) return cpu.store32(lock + wait_lock, 1);
    cpu.set(rdi, lock + wait_lock);
    cpu.call(spin_slow.at);
  };
  const back = (cpu: Cpu): void => {
    cpu.set(rdi, cpu.get(r8));
    cpu.set(r11, 0);
  };
  const read_wait = new Label();
  const read_slow = k.text.fn(
    'queued_read_lock_slowpath',
    (cpu) => {
      const lock = cpu.get(rdi);
      cpu.store32(lock, (cpu.load32(lock) - QR_BIAS) >>> 0);
      takeWaitLock(cpu);
    },
    (cpu) => {
      back(cpu);
      const lock = cpu.get(rdi);
      cpu.store32(lock, (cpu.load32(lock) + QR_BIAS) >>> 0);
    },
    read_wait,
    timed(1, (cpu) => {
      const lock = cpu.get(rdi);
      if (cpu.load8(lock) !== 0) {
        pause(cpu);
        return cpu.jump(read_wait.at);
      }
      cpu.store8(lock + wait_lock, 0);
      cpu.ret();
    }),
  );
  const write_wait = new Label();
  const write_slow = k.text.fn(
    'queued_write_lock_slowpath',
    takeWaitLock,
    (cpu) => {
      back(cpu);
      const lock = cpu.get(rdi);
      const counts = cpu.load32(lock);
      if (counts === 0) {
        cpu.store32(lock, QW_LOCKED);
        cpu.store8(lock + wait_lock, 0);
        return cpu.ret();
      }
      cpu.store32(lock, (counts | QW_WAITING) >>> 0);
    },
    write_wait,
    timed(1, (cpu) => {
      const lock = cpu.get(rdi);
      if (cpu.load32(lock) !== QW_WAITING) {
        pause(cpu);
        return cpu.jump(write_wait.at);
      }
      cpu.store32(lock, QW_LOCKED);
      cpu.store8(lock + wait_lock, 0);
      cpu.ret();
    }),
  );
  return { read_slow, write_slow };
}
