import type { Address } from '../base/address.ts';
import type { Activity } from './cpus.ts';
import { SLOW_PATHS } from './cpus.ts';
import type { Subject } from './locate/subject.ts';

export type LockType = 'rwlock_t' | 'spinlock_t' | 'raw_spinlock_t';

export function isLockType(type: string): type is LockType {
  return type === 'rwlock_t' || type === 'spinlock_t' || type === 'raw_spinlock_t';
}

/** The words of a lock, as asm-generic/qspinlock_types.h and qrwlock.h have them. */
export interface LockWord {
  readonly kind: 'spin' | 'rw';
  /** Held exclusively: the locked byte, or a writer. */
  readonly exclusive: boolean;
  /** Readers that hold an rwlock. */
  readonly readers: number;
  /** The 32 bits. */
  readonly value: number;
  /** Where they lie. */
  readonly address: Address;
  /** '' when some state of the lock looks like this. */
  readonly problem: string;
}

/**
 * Who takes the well-known locks of a stock kernel, inlining included: Linux names no owner of a spinlock, so a holder is known by
 * the functions on its stack.
 */
const TAKERS: Readonly<Record<string, readonly string[]>> = {
  tasklist_lock: [
    'copy_process', 'release_task', 'do_exit', 'exit_notify', 'forget_original_parent', 'kernel_wait4', 'do_wait', 'wait_consider_task', '__x64_sys_kill',
    'kill_something_info', 'de_thread', 'ptrace_attach', 'ptrace_traceme', 'ptrace_detach', '__x64_sys_setpgid', 'ksys_setsid', 'send_sigio', 'send_sigurg',
    'do_each_pid_thread', 'show_state_filter', 'debug_show_all_locks', 'oom_kill_process', '__x64_sys_setpriority', '__x64_sys_getpriority', 'session_clear_tty',
    'disassociate_ctty', '__do_SAK', 'tty_signal_session_leader', 'release_posix_timer', 'zap_pid_ns_processes', 'reparent_leader', 'sched_setnuma',
  ],
  sb_lock: [
    'sget_fc', 'sget', 'grab_super', 'iterate_supers', '__iterate_supers', 'iterate_supers_type', 'iterate_bdevs', 'get_super', 'user_get_super',
    'get_active_super', 'drop_super', 'drop_super_exclusive', 'put_super', 'deactivate_super', 'deactivate_locked_super', 'generic_shutdown_super', 'ksys_sync',
  ],
  inode_hash_lock: [
    'evict', '__insert_inode_hash', '__remove_inode_hash', 'inode_insert5', 'iget_locked', 'iget5_locked', 'iunique', 'ilookup', 'ilookup5',
    'ilookup5_nowait', 'find_inode_nowait', 'insert_inode_locked', 'insert_inode_locked4', 'find_inode_fast', 'find_inode',
  ],
}; // prettier-ignore

/** The functions that take a lock; undefined for locks of which that is not known. */
export function takersOf(lock: string): readonly string[] | undefined {
  return TAKERS[lock];
}

/** An rwlock's own wait_lock follows its counts: who spins for that waits for the rwlock too. */
const LOCK_BYTES = 8;

export function waitsFor(activity: Activity, lock: Address): boolean {
  return activity.waits_for >= lock && activity.waits_for < lock + LOCK_BYTES && activity.waits_to !== '';
}

const QW_LOCKED = 0xff;
const QR_BIAS = 0x200;

/** Reads a lock; undefined when it cannot be read or BTF does not know it. */
export function readLock(subject: Subject, at: Address, type: LockType | ''): LockWord | undefined {
  const rw = type === 'rwlock_t';
  const path = rw ? 'raw_lock.cnts' : type === 'spinlock_t' ? 'rlock.raw_lock.val' : 'raw_lock.val';
  const offset = type === '' ? 0 : subject.offset(type, path);
  const address = at + offset;
  const value = subject.space.u32(address);
  if (Number.isNaN(value)) return undefined;
  const byte = value & 0xff;
  if (rw) {
    const problem =
      byte !== 0 && byte !== QW_LOCKED
        ? `0x${byte.toString(16)} is no writer`
        : value >>> 9 > 0x7fff
          ? `${value >>> 9} readers`
          : '';
    return {
      kind: 'rw',
      exclusive: byte !== 0,
      readers: Math.floor(value / QR_BIAS),
      value,
      address,
      problem,
    };
  }
  const pending = (value >>> 8) & 0xff;
  const tail_cpu = value >>> 18;
  const problem =
    byte > 3 || byte === 2
      ? `the locked byte is 0x${byte.toString(16)}`
      : pending > 1
        ? `the pending byte is 0x${pending.toString(16)}`
        : tail_cpu > subject.cpus
          ? `CPU ${tail_cpu - 1} is said to wait`
          : '';
  return { kind: 'spin', exclusive: byte !== 0, readers: 0, value, address, problem };
}

/** Who may hold a lock that is held. */
export interface Holding {
  /** CPUs that may be inside the lock's critical section. */
  readonly candidates: readonly Activity[];
  /** True when that nobody can be is certain from where the CPUs are, not only from the names of functions. */
  readonly certain: boolean;
}

/**
 * A CPU in user mode, at rest in the idle loop, or spinning for the lock itself holds it not; nor does one with none of the functions on
 * its stack that take it, when those are known.
 */
export function holdersOf(name: string, lock: Address, activities: readonly Activity[]): Holding {
  const takers = TAKERS[name];
  const inside = activities.filter(
    (one) => one.mode !== 'user' && !waitsFor(one, lock) && !(one.mode === 'idle' && one.frames.length <= 3),
  );
  if (!takers) return { candidates: inside, certain: true };
  const candidates = inside.filter(({ frames }) => frames.some((frame) => takers.includes(frame)));
  return { candidates, certain: inside.length === 0 };
}

/** A waiter's mark on a lock for which no CPU waits: only a CPU in the slow path sets it, and it clears it itself. */
export function strayMark(word: LockWord, lock: Address, activities: readonly Activity[]): boolean {
  const pending = word.kind === 'rw' ? (word.value & 0x100) !== 0 : (word.value & 0xffff_ff00) !== 0;
  return (
    pending &&
    !activities.some((one) => waitsFor(one, lock) || one.frames.some((frame) => frame in SLOW_PATHS))
  );
}

/** How a guard stands when what it guards is read. */
export type GuardState = 'free' | 'held' | 'orphan';

export function guardState(subject: Subject, name: string, at: Address, type: string, activities: readonly Activity[]): GuardState {
  const word = readLock(subject, at, isLockType(type) ? type : '');
  if (!word || !word.exclusive) return 'free';
  return holdersOf(name, at, activities).candidates.some(({ stuck }) => !stuck) ? 'held' : 'orphan';
} // prettier-ignore
