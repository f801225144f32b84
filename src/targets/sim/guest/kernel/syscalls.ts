import { HYPERCALL } from '../../../../target/hypercalls.ts';
import { fuse, Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { TICK_NS } from './constants.ts';
import type { Drivers } from './drivers.ts';
import type { Exit } from './exit.ts';
import type { Fork } from './fork.ts';
import { CLONE } from './fork.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import type { Locks } from './locks.ts';
import { r12, rax, rbx, rcx, rdi, rdx, rsi } from './registers.ts';
import type { Scheduler } from './sched.ts';
import type { Sleep } from './sleep.ts';
import type { Vfs } from './vfs.ts';

/** Numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl) that the user programs use. */
export const NR = {
  read: 0,
  write: 1,
  open: 2,
  poll: 7,
  ioctl: 16,
  nanosleep: 35,
  sendto: 44,
  sendmsg: 46,
  clone: 56,
  fork: 57,
  exit: 60,
  wait4: 61,
  kill: 62,
} as const;

/** ioctl requests of the heartbeat device, in rdi. */
export const HEARTBEAT = { wait: 1, beat: 2 } as const;

const STRIDE = 16;
/** Sixteen entries, most of them cache misses. */
const WALK_NS = 800;

/** The table: functions that are called with rdi and rsi as the program set them, and leave their result in rax. */
export function assembleSyscalls(
  k: Kernel,
  locks: Locks,
  sched: Scheduler,
  fork: Fork,
  exit: Exit,
  sleep: Sleep,
  drivers: Drivers,
  sendmsg: Label,
  vfs: Vfs,
): ReadonlyMap<number, Label> {
  const { task } = k.o;
  const init_task = k.symbol('init_task');
  const tasklist_lock = k.symbol('tasklist_lock');

  /** Both forks: the child is woken, its pid returned. */
  const forked = k.text.fn(
    'kernel_clone',
    (cpu) => cpu.call(fork.copy_process.at),
    (cpu) => {
      const p = cpu.get(rax);
      if (p === 0) {
        cpu.set(rax, -11);
        return cpu.ret();
      }
      pushRegisters(cpu, rbx);
      cpu.set(rbx, cpu.load32(p + task.pid));
      cpu.set(rdi, p);
      cpu.call(sched.wake_new.at);
    },
    (cpu) => {
      cpu.set(rax, cpu.get(rbx));
      popRegisters(cpu, rbx);
      cpu.ret();
    },
  );
  const sys_fork = k.text.fn('__x64_sys_fork', (cpu) => {
    cpu.set(rdi, CLONE.fork);
    cpu.set(rcx, 0);
    cpu.jump(forked.at);
  });
  const sys_clone = k.text.fn('__x64_sys_clone', (cpu) => {
    cpu.set(rdx, cpu.get(rsi));
    cpu.set(rsi, cpu.get(rdi));
    cpu.set(rdi, CLONE.thread);
    cpu.set(rcx, 0);
    cpu.jump(forked.at);
  });

  const sys_nanosleep = k.text.fn('__x64_sys_nanosleep', (cpu) => {
    cpu.set(rdi, cpu.now + cpu.get(rdi));
    cpu.jump(sleep.until.at);
  });
  const sys_poll = k.text.fn('__x64_sys_poll', (cpu) => {
    cpu.set(rdi, Math.max(1, Math.ceil((cpu.get(rdi) * 1e6) / TICK_NS)));
    cpu.jump(sleep.timeout.at);
  });
  const sys_ioctl = k.text.fn('__x64_sys_ioctl', (cpu) => {
    if (cpu.get(rdi) === HEARTBEAT.wait) return cpu.jump(sleep.heartbeat_wait.at);
    cpu.set(rax, HYPERCALL.heartbeat);
    cpu.hypercall();
    cpu.ret();
  });

  // rbx: entry, r12: found
  const scan = new Label();
  const sys_kill = k.text.fn(
    '__x64_sys_kill',
    fuse(
      (cpu) => {
        // kill(-1, 0): does anybody live? for_each_process under tasklist_lock
        pushRegisters(cpu, rbx, r12);
        return locks.readLock(cpu, tasklist_lock);
      },
      (cpu) => {
        cpu.set(rbx, cpu.load64(init_task + task.tasks));
        cpu.set(r12, 0);
        return false;
      },
    ),
    scan,
    timed(WALK_NS, (cpu) => {
      let at = cpu.get(rbx);
      for (let turn = 0; turn < STRIDE; turn++) {
        if (at === init_task + task.tasks) {
          locks.readUnlock(cpu, tasklist_lock);
          cpu.set(rax, 0);
          popRegisters(cpu, rbx, r12);
          return cpu.ret();
        }
        if (cpu.load32(at - task.tasks + task.exit_state) === 0) cpu.set(r12, cpu.get(r12) + 1);
        at = cpu.load64(at);
      }
      cpu.set(rbx, at);
      cpu.jump(scan.at);
    }),
  );

  const sys_exit = k.text.fn('__x64_sys_exit', (cpu) => {
    cpu.set(rdi, cpu.get(rdi) * 256);
    cpu.jump(exit.do_exit.at);
  });

  const table = new Map<number, Label>([
    [NR.read, drivers.read],
    [NR.write, drivers.write],
    [NR.open, vfs.open],
    [NR.poll, sys_poll],
    [NR.ioctl, sys_ioctl],
    [NR.nanosleep, sys_nanosleep],
    [NR.sendto, drivers.send],
    [NR.sendmsg, sendmsg],
    [NR.clone, sys_clone],
    [NR.fork, sys_fork],
    [NR.exit, sys_exit],
    [NR.wait4, exit.wait],
    [NR.kill, sys_kill],
  ]);
  return table;
}
