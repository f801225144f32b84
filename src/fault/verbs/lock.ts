import { openKernel } from '../../place/kernel.ts';
import type { Kernel } from '../../place/kernel.ts';
import { bytesOf, integerOf } from '../../place/integer.ts';
import type { BytesPlace } from '../../place/place.ts';
import { partitionOf } from '../../place/read.ts';
import { memberOf } from '../../place/typed.ts';
import type { Effect, Injection, Perform } from '../injection.ts';
import { clause, refused, refusedFor } from '../injection.ts';
import { readPlace } from '../write.ts';
import { overwrite, subject } from './bytes.ts';

/** _QW_LOCKED and _QR_BIAS of include/asm-generic/qrwlock.h; _Q_LOCKED_VAL of qspinlock_types.h. */
const WRITER_LOCKED = 0xff;
const READER_BIAS = 0x200n;
const WRITER_MASK = 0x1ffn;
const SPIN_LOCKED = 1;

/**
 * `leak LOCK mode MODE`: the lock word as an acquisition leaves it that will never be released. While somebody holds
 * the lock the acquirer would wait, and so does this.
 */
export const leak: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const lock = place.value;
  const partition = partitionOf(injection.live, lock.partition);
  const kernel = partition && openKernel(partition);
  if (lock.kind !== 'bytes' || !kernel) return refused(`${lock.text} is no lock`);
  if (!kernel.ok) return refusedFor(kernel);
  const word = wordOf(kernel.value, lock);
  if (!word) return refused(`${lock.text} is neither a spinlock nor an rwlock`);
  const mode = clause(injection.action, 'mode');
  const reading = mode?.kind === 'word' && mode.value === 'read';
  if (reading && word.kind === 'spin') return refused(`${lock.text} is a spinlock: it has no readers`);
  const locked = word.kind === 'spin' ? SPIN_LOCKED : WRITER_LOCKED;
  const effect = reading
    ? takeRead(injection, word.whole)
    : takeByte(injection, word.byte, word.whole, locked);
  return effect.kind === 'done' ? { ...effect, place: lock } : effect;
};

interface LockWord {
  readonly kind: 'spin' | 'rw';
  /** The byte that says locked, or locked for writing. */
  readonly byte: BytesPlace;
  /** The whole 32-bit word. */
  readonly whole: BytesPlace;
}

/** What kind of lock it is, and its words; undefined when it is none. */
export function wordOf(kernel: Kernel, lock: BytesPlace): LockWord | undefined {
  for (const [kind, byte, whole] of [
    ['rw', 'raw_lock.wlocked', 'raw_lock.cnts'],
    ['spin', 'rlock.raw_lock.locked', 'rlock.raw_lock.val'],
    ['spin', 'raw_lock.locked', 'raw_lock.val'],
  ] as const) {
    const found_byte = member(kernel, lock, byte);
    const found_whole = member(kernel, lock, whole);
    if (found_byte && found_whole) return { kind, byte: found_byte, whole: found_whole };
  }
  return undefined;
}

function member(kernel: Kernel, lock: BytesPlace, path: string): BytesPlace | undefined {
  let at = lock;
  for (const name of path.split('.')) {
    const next = memberOf(kernel, at, name);
    if (!next.ok) return undefined;
    at = next.value;
  }
  return { ...at, text: lock.text };
}

function takeByte(injection: Injection, byte: BytesPlace, whole: BytesPlace, value: number): Effect {
  const word = readPlace(injection.live, whole);
  if (word && word.some((part) => part !== 0)) return { kind: 'later', note: 'the lock was held' };
  return overwrite(injection, byte, () => new Uint8Array([value]));
}

function takeRead(injection: Injection, whole: BytesPlace): Effect {
  const word = readPlace(injection.live, whole);
  if (word && (integerOf(word, false) & WRITER_MASK) !== 0n)
    return { kind: 'later', note: 'a writer held the lock' };
  return overwrite(injection, whole, (before) =>
    bytesOf(integerOf(before, false) + READER_BIAS, before.length),
  );
}
