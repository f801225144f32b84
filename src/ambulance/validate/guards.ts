import { guardOf, rootPlace } from '../locate/roots.ts';
import type { Root } from '../locate/roots.ts';
import { holdersOf, isLockType, readLock, strayMark, waitsFor } from '../locks.ts';
import type { Inspection } from './validator.ts';

/** The spinlock inside an object of the kernel that guards it: a word that some state of it has, and a holder when it is held. */
export function checkGuard(inspection: Inspection, root: Root): void {
  const { subject, locator, activities } = inspection;
  const guard = guardOf(subject, locator, root);
  if (!guard || !isLockType(guard.type)) return;
  const member = locator.keys.get('GUARD') ?? '';
  if (!member.startsWith('.')) return;
  const word = readLock(subject, guard.address, guard.type);
  if (!word) return;
  const place = `${rootPlace(locator, root)}${member}`;
  const value = `0x${word.value.toString(16).padStart(8, '0')}`;
  const at = { place, address: word.address, bytes: 4, object: { type: guard.type, base: guard.address } };
  const stray = strayMark(word, guard.address, activities);
  if (word.problem !== '' || stray) {
    const problem = stray ? 'somebody is said to wait, and no CPU does' : word.problem;
    inspection.report({
      ...at,
      code: 'LOCK_VALUE',
      message: `${place} is ${value}: ${problem}`,
      expected: 0,
    });
    return;
  }
  if (!word.exclusive || holdersOf('', guard.address, activities).candidates.length > 0) return;
  const waiting = activities.filter((one) => waitsFor(one, guard.address)).map((one) => one.cpu);
  const who = waiting.length > 0 ? `; CPU ${waiting.join(', ')} spins for it` : '';
  inspection.report({ ...at, code: 'LOCK_NO_HOLDER', message: `${place} is ${value}, held, and no CPU is where a holder could be${who}` }); // prettier-ignore
}
