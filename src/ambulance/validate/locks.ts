import type { Address } from '../../base/address.ts';
import type { LockType, LockWord } from '../locks.ts';
import { holdersOf, readLock, strayMark, takersOf, waitsFor } from '../locks.ts';
import type { DraftRepair, Inspection, Validator } from './validator.ts';

interface NamedLock {
  readonly name: string;
  readonly type: LockType;
  readonly address: Address;
}

const TYPES: ReadonlySet<string> = new Set(['rwlock_t', 'spinlock_t', 'raw_spinlock_t']);
const LOCK_LIMIT = 64;
/** _QR_BIAS of asm-generic/qrwlock.h. */
const READER_BIAS = 0x200;

/** Well-known locks: words that some state of the lock has, a holder for what is held, no ring of waiters. */
export const LOCKS: Validator = {
  structure: 'locks',
  run(inspection) {
    const locks: NamedLock[] = [];
    for (const item of (inspection.locator.keys.get('LOCKS') ?? '').split(',', LOCK_LIMIT)) {
      const [name = '', type = ''] = item.split(':');
      const address = inspection.subject.symbol(name);
      if (!TYPES.has(type)) return inspection.unreachable('LOCATOR_MALFORMED', `LOCKS has ${JSON.stringify(item.slice(0, 40))}`); // prettier-ignore
      if (address === undefined) return inspection.unreachable('NO_SYMBOL', `there is no symbol ${name}`);
      locks.push({ name, type: type as LockType, address });
    }
    for (const lock of locks) checkLock(inspection, lock);
    checkWaiters(inspection, locks);
  },
};

function checkLock(inspection: Inspection, lock: NamedLock): void {
  inspection.elements++;
  const word = readLock(inspection.subject, lock.address, lock.type);
  if (!word) return inspection.unreachable('UNMAPPED', `${lock.name} cannot be read`);
  const object = { type: lock.type, base: lock.address };
  const place = `locks["${lock.name}"]`;
  const value = `0x${word.value.toString(16).padStart(8, '0')}`;
  const stray = strayMark(word, lock.address, inspection.activities);
  if (word.problem !== '' || stray) {
    const problem = stray ? 'somebody is said to wait, and no CPU does' : word.problem;
    inspection.report({ code: 'LOCK_VALUE', place, address: word.address, bytes: 4, object, message: `${lock.name} is ${value}: ${problem}`, expected: 0 }); // prettier-ignore
    return;
  }
  if (!isHeld(inspection, lock, word)) return;
  const { candidates, certain } = holdersOf(lock.name, lock.address, inspection.activities);
  if (candidates.length > 0) return;
  const waiting = inspection.activities.filter((one) => waitsFor(one, lock.address)).map((one) => one.cpu);
  const who = waiting.length > 0 ? `; CPU ${waiting.join(', ')} spins for it` : '';
  inspection.report({
    code: 'LOCK_NO_HOLDER',
    place,
    address: word.address,
    bytes: 4,
    object,
    message: `${lock.name} is ${value}, ${word.exclusive ? 'held' : `held by ${word.readers} readers`}, and ${certain ? 'no CPU is where a holder could be' : 'no stack has a function that takes it'}${who}`,
    repair: releaseOf(inspection, lock, word),
  });
}

/** What an unlock would write (queued_write_unlock, queued_read_unlock, queued_spin_unlock): who spins for it has it next. */
function releaseOf(inspection: Inspection, lock: NamedLock, word: LockWord): DraftRepair {
  const place = `locks["${lock.name}"]`;
  // The byte that says locked is the lowest of the word in all of them.
  if (word.exclusive) return { kind: 'release', writes: [{ place, address: word.address, bytes: new Uint8Array(1) }] }; // prettier-ignore
  const waiting = readersWaiting(inspection, lock);
  const value = word.value - (word.readers - waiting) * READER_BIAS;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return { kind: 'release', writes: [{ place, address: word.address, bytes }] };
}

function readersWaiting(inspection: Inspection, lock: NamedLock): number {
  return inspection.activities.filter((one) => one.waits_for === lock.address && one.waits_to === 'read')
    .length;
}

/** Readers that wait for a writer to go count themselves in before they have the lock. */
function isHeld(inspection: Inspection, lock: NamedLock, word: LockWord): boolean {
  if (word.exclusive) return true;
  return word.readers > readersWaiting(inspection, lock);
} // prettier-ignore

/** Two CPUs, each spinning for what the other may hold. */
function checkWaiters(inspection: Inspection, locks: readonly NamedLock[]): void {
  const waiting = inspection.activities.flatMap((one) => {
    const lock = locks.find(({ address }) => waitsFor(one, address));
    return lock ? [{ one, lock }] : [];
  });
  for (const { one, lock } of waiting) {
    for (const { one: other, lock: second } of waiting) {
      if (other.cpu <= one.cpu || second.address === lock.address) continue;
      if (!callersTake(other.frames, lock.name) || !callersTake(one.frames, second.name)) continue;
      for (const { name, address } of [lock, second]) {
        inspection.report({
          code: 'LOCK_WAIT_CYCLE',
          place: `locks["${name}"]`,
          address,
          bytes: 4,
          message: `CPU ${one.cpu} waits for ${lock.name}, CPU ${other.cpu} for ${second.name}, and each may hold the other's`,
        });
      }
    }
  }
}

/** True when a function behind the one that waits now takes the lock: the innermost two are the slow path and who called it. */
function callersTake(frames: readonly string[], lock: string): boolean {
  const takers = takersOf(lock) ?? [];
  return frames.slice(2).some((frame) => frame !== frames[1] && takers.includes(frame));
}
