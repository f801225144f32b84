import { REGISTERS } from '../model/registers.ts';
import type { Patient, PatientCpu, PatientDevice } from './patient.ts';

/**
 * A patient as a file: all that an ambulance could reach at one instant, and nothing else. Little-endian:
 *
 *   offset size
 *        0    8  magic `SIRENPT1`
 *        8    4  header_bytes
 *       12    4  pages: how many hold anything
 *       16       header: JSON (DumpHeader), header_bytes of it
 *                the registered copy, copy_bytes of it
 *                page numbers, u32 each, ascending
 *                the pages, 4096 bytes each; a page in a readable run that is not among them is all zeros
 */
const MAGIC = 'SIRENPT1';
const PREFIX_BYTES = 16;
const PAGE_BYTES = 4096;
const ZEROS = new Uint8Array(PAGE_BYTES);
const HEADER_LIMIT = 4 * 1_048_576;
const MEMORY_LIMIT = 2 ** 36;
const CPU_LIMIT = 1024;

interface DumpCpu {
  readonly index: number;
  /** Sixteen hex digits each. */
  readonly registers: Readonly<Record<string, string>>;
  readonly steps: number;
  readonly running: boolean;
  readonly ticks: number;
}

interface DumpHeader {
  readonly name: string;
  readonly memory_bytes: number;
  readonly reason: string;
  readonly refusal?: string;
  readonly now_ns: number;
  readonly region?: { readonly physical: number; readonly bytes: number };
  /** 0: there is none. */
  readonly copy_bytes: number;
  readonly cpus: readonly DumpCpu[];
  readonly devices: readonly PatientDevice[];
  /** Runs of pages that could be read: first page and how many. */
  readonly readable: readonly (readonly [first: number, count: number])[];
}

/** Everything that the patient exposes now. Pages that are not granted stay unreadable. */
export function dumpPatient(patient: Patient): Uint8Array {
  const pages: number[] = [];
  const contents: Uint8Array[] = [];
  const readable: [number, number][] = [];
  const page = new Uint8Array(PAGE_BYTES);
  for (let number = 0; (number + 1) * PAGE_BYTES <= patient.memory_bytes; number++) {
    if (!patient.read(number * PAGE_BYTES, page)) continue;
    const last = readable.at(-1);
    if (last && last[0] + last[1] === number) last[1]++;
    else readable.push([number, 1]);
    if (Buffer.compare(page, ZEROS) === 0) continue;
    pages.push(number);
    contents.push(page.slice());
  }
  const copy = patient.boot_copy;
  const header: DumpHeader = {
    name: patient.name,
    memory_bytes: patient.memory_bytes,
    reason: patient.reason,
    ...(patient.refusal === undefined ? {} : { refusal: patient.refusal }),
    now_ns: patient.now(),
    ...(patient.region ? { region: patient.region } : {}),
    copy_bytes: copy?.length ?? 0,
    cpus: patient.cpus.map(dumpCpu),
    devices: patient.devices.map(({ name, frozen, pending, interrupts }) => ({
      name,
      frozen,
      pending,
      interrupts,
    })),
    readable,
  };
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const pages_at = PREFIX_BYTES + text.length + header.copy_bytes;
  const bytes = new Uint8Array(pages_at + pages.length * (4 + PAGE_BYTES));
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(MAGIC, 'latin1'));
  view.setUint32(8, text.length, true);
  view.setUint32(12, pages.length, true);
  bytes.set(text, PREFIX_BYTES);
  if (copy) bytes.set(copy, PREFIX_BYTES + text.length);
  pages.forEach((number, index) => view.setUint32(pages_at + index * 4, number, true));
  contents.forEach((content, index) => bytes.set(content, pages_at + pages.length * 4 + index * PAGE_BYTES));
  return bytes;
}

function dumpCpu(cpu: PatientCpu): DumpCpu {
  const registers = Object.fromEntries(
    REGISTERS.map((name) => [name, cpu.register(name).toString(16).padStart(16, '0')]),
  );
  return { index: cpu.index, registers, steps: cpu.steps, running: cpu.running, ticks: cpu.ticks };
}

/** The patient in a dump; a text that says what is wrong with it otherwise. It cannot be let run. */
export function openDump(bytes: Uint8Array): Patient | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PREFIX_BYTES || Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== MAGIC)
    return 'it is no dump of a patient';
  const header_bytes = view.getUint32(8, true);
  const pages = view.getUint32(12, true);
  if (header_bytes > HEADER_LIMIT || PREFIX_BYTES + header_bytes > bytes.length)
    return 'its header is cut short';
  const header = parseHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + header_bytes));
  if (!header) return 'its header says what no patient is';
  const copy_at = PREFIX_BYTES + header_bytes;
  const numbers_at = copy_at + header.copy_bytes;
  if (numbers_at + pages * (4 + PAGE_BYTES) > bytes.length) return 'its pages are cut short';
  const at = new Map<number, number>();
  for (let index = 0; index < pages; index++) {
    at.set(view.getUint32(numbers_at + index * 4, true), numbers_at + pages * 4 + index * PAGE_BYTES);
  }
  return new DumpedPatient(
    header,
    bytes,
    at,
    header.copy_bytes > 0 ? bytes.subarray(copy_at, numbers_at) : undefined,
  );
}

function parseHeader(text: Uint8Array): DumpHeader | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text).toString('utf8'));
  } catch {
    return undefined;
  }
  return isHeader(value) ? value : undefined;
}

function isHeader(value: unknown): value is DumpHeader {
  if (typeof value !== 'object' || value === null) return false;
  const said = value as Partial<Record<keyof DumpHeader, unknown>>;
  const { name, reason, refusal, memory_bytes, now_ns, copy_bytes, region, cpus, devices, readable } = said;
  return (
    typeof name === 'string' &&
    typeof reason === 'string' &&
    (refusal === undefined || typeof refusal === 'string') &&
    isCount(memory_bytes, MEMORY_LIMIT) &&
    typeof now_ns === 'number' &&
    isCount(copy_bytes, MEMORY_LIMIT) &&
    (region === undefined || isRegion(region)) &&
    Array.isArray(cpus) &&
    cpus.length <= CPU_LIMIT &&
    cpus.every(isCpu) &&
    Array.isArray(devices) &&
    Array.isArray(readable) &&
    readable.every(
      (run) => Array.isArray(run) && isCount(run[0], MEMORY_LIMIT) && isCount(run[1], MEMORY_LIMIT),
    )
  );
}

function isCount(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= limit;
}

function isRegion(value: unknown): boolean {
  const { physical, bytes } = (value ?? {}) as { physical?: unknown; bytes?: unknown };
  return isCount(physical, MEMORY_LIMIT) && isCount(bytes, MEMORY_LIMIT);
}

function isCpu(value: unknown, index: number): boolean {
  const cpu = (value ?? {}) as { index?: unknown; registers?: unknown };
  if (cpu.index !== index || typeof cpu.registers !== 'object' || cpu.registers === null) return false;
  const registers = cpu.registers as Record<string, unknown>;
  return REGISTERS.every(
    (name) => typeof registers[name] === 'string' && /^[0-9a-f]{1,16}$/.test(registers[name]),
  );
}

class DumpedPatient implements Patient {
  readonly name: string;
  readonly memory_bytes: number;
  readonly cpus: readonly PatientCpu[];
  readonly region?: { readonly physical: number; readonly bytes: number };
  readonly boot_copy?: Uint8Array;
  readonly reason: string;
  readonly refusal?: string;
  readonly devices: readonly PatientDevice[];
  readonly #header: DumpHeader;
  readonly #bytes: Uint8Array;
  readonly #pages: ReadonlyMap<number, number>;

  constructor(
    header: DumpHeader,
    bytes: Uint8Array,
    pages: ReadonlyMap<number, number>,
    copy: Uint8Array | undefined,
  ) {
    this.#header = header;
    this.#bytes = bytes;
    this.#pages = pages;
    this.name = header.name;
    this.memory_bytes = header.memory_bytes;
    this.reason = header.reason;
    this.devices = header.devices;
    if (header.region) this.region = header.region;
    if (header.refusal !== undefined) this.refusal = header.refusal;
    if (copy) this.boot_copy = copy;
    this.cpus = header.cpus.map(({ index, registers, steps, running, ticks }) => ({
      index,
      steps,
      running,
      ticks,
      register: (name) => BigInt(`0x${registers[name] ?? '0'}`),
    }));
  }

  read(physical: number, into: Uint8Array): boolean {
    const first = Math.floor(physical / PAGE_BYTES);
    const last = Math.floor((physical + Math.max(into.length, 1) - 1) / PAGE_BYTES);
    const run = this.#header.readable.find(([start, count]) => first >= start && first < start + count);
    if (!(physical >= 0) || !run || last >= run[0] + run[1]) return false;
    for (let done = 0; done < into.length;) {
      const within = (physical + done) % PAGE_BYTES;
      const bytes = Math.min(into.length - done, PAGE_BYTES - within);
      const at = this.#pages.get(Math.floor((physical + done) / PAGE_BYTES));
      if (at === undefined) into.fill(0, done, done + bytes);
      else into.set(this.#bytes.subarray(at + within, at + within + bytes), done);
      done += bytes;
    }
    return true;
  }

  now(): number {
    return this.#header.now_ns;
  }

  letRun(): boolean {
    return false;
  }
}
