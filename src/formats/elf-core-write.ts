import { ELF_HEADER_BYTES, PROGRAM_HEADER_BYTES, PT_LOAD, PT_NOTE } from './elf-core.ts';
import type { CpuRegisters } from './elf-registers.ts';
import { writePrstatus, writeQemuState } from './elf-registers.ts';
import type { NoteContent } from './notes.ts';
import { writeNotes } from './notes.ts';
import { VMCOREINFO_NOTE } from './vmcoreinfo.ts';

/** A machine to be written as a core file. */
interface CoreContent {
  /** Runs of guest-physical memory, apart from each other. */
  readonly memory: readonly {
    readonly physical: number;
    readonly bytes: number;
    /** Where the kernel maps it. */ readonly virtual?: bigint;
  }[];
  /** Stretches of that memory that are mapped a second time: headers alone, of bytes that are there. */
  readonly windows?: readonly {
    readonly physical: number;
    readonly bytes: number;
    readonly virtual: bigint;
  }[];
  readonly cpus: readonly CpuRegisters[];
  /** The text of the VMCOREINFO note. */
  readonly vmcoreinfo?: string;
  /** What else is to be said. */
  readonly notes?: readonly NoteContent[];
}

/**
 * The head of a core file: headers and notes, padded so that the memory that follows is page-aligned. The caller
 * appends the bytes of each run of `memory` in order, with nothing between them: a machine need not fit into one array.
 */
export function writeElfCoreHead(content: CoreContent): Uint8Array {
  const notes = writeNotes([
    ...content.cpus.map((registers, index) => ({
      name: 'CORE',
      type: 1,
      desc: writePrstatus(registers, index + 1),
    })),
    ...content.cpus.map((registers) => ({ name: 'QEMU', type: 0, desc: writeQemuState(registers) })),
    ...(content.notes ?? []),
    ...(content.vmcoreinfo === undefined
      ? []
      : [{ name: VMCOREINFO_NOTE, type: 0, desc: Buffer.from(content.vmcoreinfo, 'latin1') }]),
  ]);
  const { windows = [] } = content;
  const headers = content.memory.length + windows.length + 1;
  const notes_at = ELF_HEADER_BYTES + headers * PROGRAM_HEADER_BYTES;
  const bytes = new Uint8Array(Math.ceil((notes_at + notes.length) / 4096) * 4096);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 4, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setUint32(32, ELF_HEADER_BYTES, true);
  view.setUint16(52, ELF_HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, headers, true);
  let at = ELF_HEADER_BYTES;
  const header = (type: number, offset: number, physical: number, size: number, virtual = 0n): void => {
    view.setUint32(at, type, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, virtual, true);
    view.setBigUint64(at + 24, BigInt(physical), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setBigUint64(at + 40, BigInt(size), true);
    at += PROGRAM_HEADER_BYTES;
  };
  header(PT_NOTE, notes_at, 0, notes.length);
  let offset = bytes.length;
  const placed = content.memory.map((run) => {
    header(PT_LOAD, offset, run.physical, run.bytes, run.virtual);
    offset += run.bytes;
    return { ...run, offset: offset - run.bytes };
  });
  for (const { physical, bytes: size, virtual } of windows) {
    const run = placed.find((one) => physical >= one.physical && physical + size <= one.physical + one.bytes);
    if (run === undefined) throw new RangeError(`no run of memory holds 0x${physical.toString(16)} +${size}`);
    header(PT_LOAD, run.offset + physical - run.physical, physical, size, virtual);
  }
  bytes.set(notes, notes_at);
  return bytes;
}
