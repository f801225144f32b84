import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Damaged } from '../execute/damaged.ts';
import { PATIENT_NOTE, PATIENT_REGION, PATIENT_SAID } from '../formats/core-file.ts';
import { writeElfCoreHead } from '../formats/elf-core-write.ts';
import { openKernel } from '../formats/kernel.ts';
import type { ReadMemory } from '../formats/result.ts';
import { parseVmcoreInfo } from '../formats/vmcoreinfo.ts';
import type { NoteContent } from '../formats/notes.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Patient } from '../patient/patient.ts';
import type { Partition, RegisterName } from '../target/target.ts';
import { REGISTERS } from '../target/target.ts';
import { writePatientNote } from '../targets/core/patient-note.ts';

const PAGE_BYTES = 4096;
const ZEROS = new Uint8Array(PAGE_BYTES);
/** Events that say what truly became of a guest. */
const TRUTH: ReadonlySet<string> = new Set([
  'boot_complete',
  'registered',
  'refused',
  'oops',
  'panic',
  'stall',
  'stopped',
  'failing',
  'failed',
  'frozen',
]);
/** Longer regions are not copied into the notes. */
const COPY_LIMIT = 1_048_576;

/** A partition's dump, and the file beside it that says what is wrong with it. */
export interface Exported {
  readonly dump: string;
  readonly truth: string;
}

/** Partitions that something struck, all where nothing did. */
export function struckPartitions({ run, injector }: Damaged): readonly string[] {
  const struck = new Set(
    injector.receipts().flatMap((one) => (one.fired_ns === undefined ? [] : [one.partition])),
  );
  const names = run.machine.target.partitions.map(({ name }) => name);
  const hit = names.filter((name) => struck.has(name));
  return hit.length > 0 ? hit : names;
}

/**
 * Writes one partition as an ELF core, and its ground truth as JSON, into a folder. What is zero takes no room on the
 * disk.
 */
export function exportPartition(
  { run, injector }: Damaged,
  { scenario, seed, siren }: { readonly scenario: Scenario; readonly seed: number; readonly siren: string },
  name: string,
  folder: string,
  stem: string,
): Exported {
  const { target, hypervisor } = run.machine;
  const partition = target.partitions.find((one) => one.name === name) as Partition;
  const [dump, truth] = [join(folder, `${stem}.vmcore`), join(folder, `${stem}.json`)];
  mkdirSync(folder, { recursive: true });
  const { region, copy, refusal } = hypervisor.registryEntry(name);
  const { health, signs } = hypervisor.healthOf(name);
  const patient = patientOf(partition, {
    ...(region ? { region } : {}),
    ...(refusal === undefined ? {} : { refusal }),
    reason: signs[0] ?? 'inspection',
    devices: target.devices(name),
    progress: (cpu) => target.progress(name, cpu),
    now_ns: run.now,
  });
  const kept: NoteContent[] = [{ name: PATIENT_NOTE, type: PATIENT_SAID, desc: writePatientNote(patient) }];
  if (copy && copy.length <= COPY_LIMIT) kept.push({ name: PATIENT_NOTE, type: PATIENT_REGION, desc: copy });
  writeDump(dump, partition, kept);
  const said = {
    format: 'siren-ground-truth',
    version: 1,
    siren,
    scenario: {
      id: scenario.id,
      name: scenario.name,
      file: scenario.file,
      line: scenario.line,
      ...(scenario.doc === undefined ? {} : { doc: scenario.doc }),
    },
    seed,
    time_ns: run.now,
    partition: name,
    dump: `${stem}.vmcore`,
    faults: injector.receipts().filter((one) => one.partition === name && one.fired_ns !== undefined),
    guest: run.events.filter(({ kind, subject }) => subject === name && TRUTH.has(kind)),
    hypervisor: { health, signs },
    console: target.console(name),
    claims: scenario.claims
      .filter(({ observer }) => observer === 'verdict' || observer === 'diagnosis')
      .map(({ text }) => text),
  };
  whole(truth, (temporary) => writeFileSync(temporary, `${JSON.stringify(said, null, 1)}\n`));
  return { dump, truth };
}

interface Known {
  readonly region?: Patient['region'];
  readonly refusal?: string;
  readonly reason: string;
  readonly devices: Patient['devices'];
  readonly progress: (cpu: number) => { stuck_ns: number; running: boolean; ticks: number };
  readonly now_ns: number;
}

/** The partition as its hypervisor would show it to an ambulance that has every grant. */
function patientOf({ name, memory, cpus }: Partition, known: Known): Patient {
  return {
    name,
    memory_bytes: memory.size,
    read: (physical, into) => memory.read(physical, into),
    cpus: cpus.map((cpu) => {
      const { stuck_ns, running, ticks } = known.progress(cpu.index);
      return {
        index: cpu.index,
        register: (register: RegisterName) => cpu.get(register),
        steps: stuck_ns,
        running,
        ticks,
      };
    }),
    ...(known.region ? { region: known.region } : {}),
    ...(known.refusal === undefined ? {} : { refusal: known.refusal }),
    reason: known.reason,
    devices: known.devices,
    now: () => known.now_ns,
    letRun: () => false,
  };
}

/** A partition as an ELF core, with notes beside those of its CPUs and its kernel. @public test/bench */
export function writeDump(path: string, partition: Partition, notes: readonly NoteContent[]): void {
  const { memory, cpus } = partition;
  const registers = cpus.map((cpu) => ({
    ...cpu.all?.(),
    ...Object.fromEntries(REGISTERS.map((name) => [name, cpu.get(name)])),
  }));
  const { direct_map, windows } = mappingsOf(partition);
  const head = writeElfCoreHead({
    memory: [{ physical: 0, bytes: memory.size, virtual: direct_map }],
    windows,
    cpus: registers,
    vmcoreinfo: partition.vmcoreinfo(),
    notes,
  });
  whole(path, (temporary) => {
    const file = openSync(temporary, 'w');
    try {
      writeSync(file, head);
      ftruncateSync(file, head.length + memory.size);
      const page = new Uint8Array(PAGE_BYTES);
      for (let at = 0; at < memory.size; at += PAGE_BYTES) {
        if (memory.read(at, page) && Buffer.compare(page, ZEROS) !== 0)
          writeSync(file, page, 0, PAGE_BYTES, head.length + at);
      }
    } finally {
      closeSync(file);
    }
  });
}

/**
 * Whatever ends the command, nobody sees half a file: it is written under another name first. Throws what the file
 * system answers.
 */
function whole(path: string, write: (temporary: string) => void): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    write(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

interface Mappings {
  readonly direct_map: bigint;
  readonly windows: readonly {
    readonly physical: number;
    readonly bytes: number;
    readonly virtual: bigint;
  }[];
}

/**
 * Where the kernel maps all of its memory, 0 where it does not say, and where its own image: debuggers read by virtual
 * address, and what symbols name lies in the image, as in /proc/vmcore.
 */
function mappingsOf(partition: Partition): Mappings {
  const { memory } = partition;
  const read: ReadMemory = (at, into) => memory.read(at, into);
  const kernel = openKernel(read, parseVmcoreInfo(partition.vmcoreinfo()));
  if (!kernel.ok) return { direct_map: 0n, windows: [] };
  const { space, kallsyms } = kernel.value;
  const [base, text, end] = ['page_offset_base', '_text', '_end'].map((name) => kallsyms.lookup(name));
  const word = new Uint8Array(8);
  const known = base !== undefined && space.read(base, word);
  const direct_map = known ? new DataView(word.buffer).getBigUint64(0, true) : 0n;
  if (text === undefined || end === undefined) return { direct_map, windows: [] };
  const [physical, bytes] = [space.translate(text), end - text];
  const there = physical >= 0 && bytes > 0 && physical + bytes <= memory.size;
  return {
    direct_map,
    windows: there ? [{ physical, bytes, virtual: BigInt.asUintN(64, BigInt(text)) }] : [],
  };
}
