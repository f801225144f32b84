import type { Address } from '../../base/address.ts';
import { imageToPhysical } from '../../formats/kernel.ts';
import type { Translation } from '../../formats/page-tables.ts';
import { walk } from '../../formats/page-tables.ts';
import type { Subject } from '../subject.ts';
import type { Case, Cause } from './case.ts';

/** Entries of the image that are looked at: 64 MiB of 4 KiB pages. */
const ENTRY_LIMIT = 16_384;

/** What the kernel lays out as one: `_etext` and the like end it, the first of them that there is. */
interface Stretch {
  readonly from: string;
  readonly to: readonly string[];
  /** What must be allowed there. Read-only data is not asked for, for a kernel that boots has not locked it yet. */
  readonly needs?: 'executable' | 'writable';
}

/** arch/x86/kernel/vmlinux.lds.S. */
const IMAGE: readonly Stretch[] = [
  { from: '_stext', to: ['_etext'], needs: 'executable' },
  { from: '__start_rodata', to: ['__end_rodata', '_sdata'] },
  { from: '_sdata', to: ['_edata', '_end'], needs: 'writable' },
];

/**
 * Entries that map the kernel's own image, or the areas of its CPUs, and do not say what they must: they lead to
 * another frame than `phys_base` or the direct map says, or forbid what is done there, or let a process in. Entries
 * that are not present are found elsewhere.
 */
export function kernelMap(of: Case): Cause[] {
  const { subject } = of;
  // Where the file lacks so much that the types cannot be read, symbols are missing too: what would be taken for the
  // end of a stretch is another.
  if (!subject || (subject.untyped !== undefined && of.patient.absent !== undefined)) return [];
  return [...IMAGE.flatMap((stretch) => imageEntries(of, subject, stretch)), ...cpuAreas(of, subject)];
}

function imageEntries(of: Case, subject: Subject, { from, to, needs }: Stretch): Cause[] {
  const start = subject.symbol(from) ?? NaN;
  const end = to.map((name) => subject.symbol(name)).find((at) => at !== undefined) ?? NaN;
  const causes: Cause[] = [];
  for (let at = start, count = 0; at < end && count < ENTRY_LIMIT; count++) {
    const way = wayOf(subject, at);
    const frame = imageToPhysical(subject.info, at) ?? -1;
    const wrong = way.ok ? wrongWith(way, frame, needs) : '';
    if (way.ok && wrong !== '') {
      // The beginning is named after its symbol, the rest by where it is.
      const place = at === start ? `page_table[${of.patient.name}.symbols["${from}"]]` : '';
      causes.push(damaged(of, way, at, place, wrong));
      if (causes.length === 4) break;
    }
    const page = way.ok ? way.page_bytes : 4096;
    at += page - modulo(at, page);
  }
  return causes;
}

/**
 * Landmarks in the CPUs' own areas, which are written all the time and, as far as they lie in the direct map, are
 * mapped one to one.
 */
function cpuAreas(of: Case, subject: Subject): Cause[] {
  const direct = subject.space.u64(subject.symbol('page_offset_base') ?? NaN);
  const seen = new Set<number>();
  return (of.inspected?.landmarks ?? []).flatMap(({ address, place }) => {
    if (subject.cpuOf(address) < 0) return [];
    const way = wayOf(subject, address);
    if (!way.ok || seen.has(way.entry)) return [];
    const one_to_one = address >= direct && address < direct + of.patient.memory_bytes;
    const wrong = wrongWith(way, one_to_one ? address - direct : way.physical, 'writable');
    if (wrong === '') return [];
    seen.add(way.entry);
    return [damaged(of, way, address, `page_table[${of.patient.name}.${place}]`, wrong)];
  });
}

type Mapped = Translation & { readonly ok: true };

/** '' when the entry is as it must be. */
function wrongWith(way: Mapped, frame: number, needs: Stretch['needs']): string {
  if (way.physical !== frame)
    return `leads to guest-physical 0x${way.physical.toString(16)}, and it lies at 0x${frame.toString(16)}`;
  if (needs === 'executable' && !way.executable) return 'does not let it be executed';
  if (needs === 'writable' && !way.writable) return 'does not let it be written';
  return way.user ? 'lets processes at it' : '';
}

function damaged(of: Case, way: Mapped, address: Address, place: string, wrong: string): Cause {
  const page = address - modulo(address, way.page_bytes);
  const entry = `0x${way.entry.toString(16)}`;
  const inside = of.findings.filter(
    ({ draft }) => draft.address >= page && draft.address < page + way.page_bytes,
  );
  const what =
    place === '' ? 'the kernel' : place.slice('page_table['.length + of.patient.name.length + 1, -1);
  return {
    cause: 'page_table_damage',
    weight: 95,
    place: place === '' ? `memory[${entry}]` : place,
    address: '',
    physical: way.entry,
    evidence: [`the entry of level ${way.level} at guest-physical ${entry} that maps ${what} ${wrong}`],
    explains: wrong.startsWith('leads') ? inside.map(({ finding }) => finding.index) : [],
  };
}

function wayOf(subject: Subject, address: Address): Translation {
  const { space, memory } = subject;
  return walk(memory.read, space.root, space.levels, address, space.fold);
}

function modulo(address: Address, bytes: number): number {
  return ((address % bytes) + bytes) % bytes;
}
