import type { Translation } from '../../formats/page-tables.ts';
import { walk } from '../../formats/page-tables.ts';
import type { ReadMemory } from '../../formats/result.ts';
import type { Subject } from '../subject.ts';
import type { Case, Cause } from './case.ts';

const FRAME = 0x000f_ffff_ffff_f000n;
const TABLE_LIMIT = 512;
const WORDS = 512;
const PAGE_BYTES = 4096;

interface Must {
  readonly place: string;
  readonly address: number;
  /** The finding that led here. */
  readonly finding?: number;
}

/** Entries that do not map what must be mapped, or map it outside of the guest's memory. */
export function pageTables(of: Case): Cause[] {
  const { subject } = of;
  if (!subject) return [];
  const must: Must[] = [...(of.inspected?.landmarks ?? []), ...intoDirectMap(of, subject)];
  const entries = new Map<number, number[]>();
  const fault = of.log.find((line) => line.startsWith('BUG: unable to handle page fault'));
  const causes: Cause[] = [];
  for (const one of must) {
    const { address, finding } = one;
    if (subject.space.mapped(address)) continue;
    const { way, parent } = follow(subject, subject.space.root, address);
    // A table that is not in the dump is none that is damaged.
    if (!way.ok && way.code === 'UNREADABLE' && of.patient.absent?.(way.entry) === true) continue;
    const outside = way.ok ? way.physical >= of.patient.memory_bytes : way.code === 'UNREADABLE';
    if (way.ok && !outside) continue;
    const last = way.ok || way.code === 'NOT_PRESENT';
    const entry = last ? way.entry : parent;
    const explains = entries.get(entry);
    if (finding !== undefined) explains?.push(finding);
    if (entry < 0 || explains) continue;
    const own = finding === undefined ? [] : [finding];
    entries.set(entry, own);
    const wrong = outside ? 'leads outside of its memory' : 'is not present';
    causes.push({
      ...damaged(entry, [
        `the entry of level ${last ? way.level : way.level + 1} at guest-physical 0x${entry.toString(16)} that maps ${one.place} ${wrong}`,
        ...(fault ? [`the log: ${fault}`] : []),
      ]),
      ...(last && finding === undefined ? { place: `page_table[${of.patient.name}.${one.place}]` } : {}),
      explains: own,
    });
  }
  return causes;
}

/**
 * Pointers that were found wild for leading into the direct map of memory that there is: it is the map that is wrong.
 */
function intoDirectMap(of: Case, subject: Subject): Must[] {
  const start = subject.space.u64(subject.symbol('page_offset_base') ?? NaN);
  return of.findings.flatMap(({ finding, draft }) => {
    const address = draft.pointer ? (draft.space?.u64(draft.address) ?? NaN) : NaN;
    const inside = address >= start && address < start + of.patient.memory_bytes;
    return inside ? [{ place: `what ${finding.place} points at`, address, finding: finding.index }] : [];
  });
}

/** CPUs whose cr3 leads outside of the guest's memory, where no finding names the pgd that it was taken from. */
export function rootsOutside(of: Case, known: readonly Cause[]): Cause[] {
  if (known.some((one) => accountsFor(of, one))) return [];
  return of.patient.cpus.flatMap((cpu) => {
    const root = Number(cpu.register('cr3') & FRAME);
    if (root < of.patient.memory_bytes) return [];
    const evidence = [`cr3 of CPU ${cpu.index} leads to 0x${root.toString(16)}, outside of its memory`];
    return [
      {
        cause: 'wild_pointer',
        weight: 94,
        place: `cpus[${cpu.index}].cr3`,
        address: '',
        physical: -1,
        evidence,
        explains: [],
      },
    ];
  });
}

/**
 * True for a wrong pointer, when a CPU has loaded a page table that is none: that is what the hypervisor stopped it
 * for.
 */
export function accountsFor(of: Case, { explains }: Cause): boolean {
  const pointers = of.findings.some(
    ({ finding, draft }) => draft.means === undefined && explains.includes(finding.index),
  );
  return (
    pointers && of.patient.cpus.some((cpu) => Number(cpu.register('cr3') & FRAME) >= of.patient.memory_bytes)
  );
}

/**
 * Entries of the lower half, which maps nothing but memory, that lead outside of it: in the address spaces that CPUs
 * are in.
 */
export function userTables(of: Case): Cause[] {
  const { subject } = of;
  if (!subject) return [];
  const seen = new Set<number>();
  const causes: Cause[] = [];
  for (const cpu of of.patient.cpus) {
    const root = Number(cpu.register('cr3') & FRAME);
    const open = [{ table: root, level: subject.space.levels as number, words: WORDS / 2 }];
    for (let at = open.pop(); at && seen.size < TABLE_LIMIT; at = open.pop()) {
      if (seen.has(at.table)) continue;
      seen.add(at.table);
      const bytes = new Uint8Array(PAGE_BYTES);
      if (!subject.memory.read(at.table, bytes)) continue;
      const view = new DataView(bytes.buffer);
      for (let index = 0; index < at.words; index++) {
        const word = view.getBigUint64(index * 8, true);
        if ((word & 1n) === 0n) continue;
        const frame = Number(word & FRAME);
        const entry = at.table + index * 8;
        if (frame >= of.patient.memory_bytes) {
          causes.push(
            damaged(entry, [
              `the entry of level ${at.level} at guest-physical 0x${entry.toString(16)} is 0x${word.toString(16).padStart(16, '0')} and leads outside of its memory`,
            ]),
          );
        } else if (at.level > 1 && (word & 0x80n) === 0n)
          open.push({ table: frame, level: at.level - 1, words: WORDS });
      }
      if (causes.length > 0) return causes.slice(0, 1);
    }
  }
  return causes;
}

function damaged(entry: number, evidence: readonly string[]): Cause {
  return {
    cause: 'page_table_damage',
    weight: 95,
    place: `memory[0x${entry.toString(16)}]`,
    address: '',
    physical: entry,
    evidence,
    explains: [],
  };
}

/** The walk of an address, and the entry that led to the last table. */
function follow(subject: Subject, root: number, address: number): { way: Translation; parent: number } {
  let [parent, last] = [-1, -1];
  const read: ReadMemory = (physical, into) => {
    [parent, last] = [last, physical];
    return subject.memory.read(physical, into);
  };
  const way = walk(read, root, subject.space.levels, address, subject.space.fold);
  return { way, parent };
}
