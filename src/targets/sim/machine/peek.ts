import { translate } from '../../../formats/page-tables.ts';
import type { MachineMemory } from './memory.ts';
import { NOT_MAPPED, walkSecondLevel } from './second-level.ts';
import { WatchSet } from './watch.ts';

/** What an observer's walks report to: nobody. */
const UNWATCHED = new WatchSet();

/**
 * Machine address of the page that maps a virtual page, by a walk of both levels that leaves no trace: no cache is
 * filled, no watch hears of it. NOT_MAPPED where a processor would fault.
 */
export function peekPage(
  memory: MachineMemory,
  second_level_root: number,
  cr3: number,
  page: number,
): number {
  const machine = (physical: number): number => {
    const found = walkSecondLevel(memory, UNWATCHED, 0, second_level_root, physical);
    return found === NOT_MAPPED ? NOT_MAPPED : found - (found % 4096) + (physical % 4096);
  };
  const read = (physical: number, into: Uint8Array): boolean => {
    const at = machine(physical);
    if (at === NOT_MAPPED) return false;
    memory.read(at, into);
    return true;
  };
  const physical = translate(read, cr3 - (cr3 % 4096), 4, page);
  return physical < 0 ? NOT_MAPPED : machine(physical);
}
