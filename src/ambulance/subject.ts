import type { Address } from '../base/address.ts';
import type { Btf, BtfMember } from '../formats/btf.ts';
import { imageToPhysical, openKernel } from '../formats/kernel.ts';
import type { NameTable } from '../formats/kallsyms-names.ts';
import type { Kallsyms } from '../formats/kallsyms.ts';
import { contentMemo } from '../formats/memo.ts';
import type { Failure, Result } from '../formats/result.ts';
import { failure, success } from '../formats/result.ts';
import type { VmcoreInfo } from '../formats/vmcoreinfo.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { Patient, PatientCpu } from '../patient/patient.ts';
import type { Attachment } from './attach.ts';
import type { PhysicalCache } from './physical-cache.ts';
import type { Space } from './space.ts';
import { openSpace } from './space.ts';
import { cpuCount, processorsOf } from './processors.ts';
import { servingAs } from './roles.ts';

/** Thousands of patients run the same kernel image: what was made of the same bytes is made once. */
const NAMES = contentMemo<NameTable>(8);
const TYPES = contentMemo<Result<Btf>>(8);

/** The only CPU's own area is not larger. */
const PER_CPU_BYTES = 0x4_0000;
/** MODULES_VADDR and MODULES_END without KASLR (Documentation/x86/x86_64/mm.rst); with it the area begins later. */
const MODULES_START = -0x6000_0000;
const MODULES_END = -0x100_0000;

/**
 * The patient's kernel, opened: symbols to addresses, types to offsets. No offset and no address is known beforehand.
 */
export class Subject {
  readonly patient: Patient;
  readonly info: VmcoreInfo;
  readonly kallsyms: Kallsyms;
  readonly btf: Btf | undefined;
  /** Why its types cannot be had; undefined where they are there. */
  readonly untyped: Failure | undefined;
  readonly space: Space;
  readonly memory: PhysicalCache;
  /** What the rescuer knows. */
  readonly library: LibraryModel;
  /** CPUs that the guest has, as far as the hypervisor shows them or the guest's own word is to be taken. */
  readonly cpus: number;
  /** Each of them by its number; undefined where its registers are not to be had. */
  readonly processors: readonly (PatientCpu | undefined)[];
  readonly #text: readonly [start: Address, end: Address];
  readonly #per_cpu: Address[] = [];
  #per_cpu_generation = -1;

  constructor(
    patient: Patient,
    memory: PhysicalCache,
    info: VmcoreInfo,
    kallsyms: Kallsyms,
    btf: Result<Btf>,
    space: Space,
    library: LibraryModel,
  ) {
    this.patient = patient;
    this.memory = memory;
    this.library = library;
    this.info = info;
    this.kallsyms = kallsyms;
    this.btf = btf.ok ? btf.value : undefined;
    this.untyped = btf.ok ? undefined : btf;
    this.space = space;
    this.cpus = cpuCount(this);
    this.processors = processorsOf(this);
    this.#text = [kallsyms.lookup('_stext') ?? NaN, kallsyms.lookup('_etext') ?? NaN];
  }

  symbol(name: string): Address | undefined {
    return this.kallsyms.lookup(name);
  }

  /** Address of a CPU's own copy of a per-CPU symbol; NaN when it cannot be had. */
  perCpu(symbol: string, cpu: number): Address {
    const offset = this.kallsyms.lookup(symbol);
    return offset === undefined ? NaN : this.perCpuBase(cpu) + offset;
  }

  /** `__per_cpu_offset[cpu]`. */
  perCpuBase(cpu: number): Address {
    if (this.#per_cpu_generation !== this.memory.generation) {
      this.#per_cpu.length = 0;
      this.#per_cpu_generation = this.memory.generation;
      const table = this.kallsyms.lookup('__per_cpu_offset') ?? NaN;
      for (let index = 0; index < this.cpus; index++) this.#per_cpu.push(this.space.u64(table + index * 8));
    }
    return this.#per_cpu[cpu] ?? NaN;
  }

  /** The CPU whose own area an address lies in; -1 when it is nobody's. */
  cpuOf(address: Address): number {
    let [found, least] = [-1, this.#perCpuBytes()];
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      const offset = address - this.perCpuBase(cpu);
      if (offset >= 0 && offset < least) [found, least] = [cpu, offset];
    }
    return found;
  }

  /** Areas lie side by side: none is larger than the way to the next. */
  #perCpuBytes(): number {
    let least = PER_CPU_BYTES;
    for (let cpu = 1; cpu < this.cpus; cpu++) {
      const apart = Math.abs(this.perCpuBase(cpu) - this.perCpuBase(cpu - 1));
      if (apart > 0 && apart < least) least = apart;
    }
    return least;
  }

  /** Where a member lies in a struct, union or typedef, by name; undefined when BTF has no such thing. */
  member(type: string, path: string): BtfMember | undefined {
    const id = this.btf?.findType(type);
    return id === undefined ? undefined : this.btf?.member(id, path);
  }

  /** Bytes from the start of a type to a member; NaN when there is none. */
  offset(type: string, path: string): number {
    return this.member(type, path)?.offset ?? NaN;
  }

  sizeOf(type: string): number {
    const id = this.btf?.findType(type);
    return id === undefined ? NaN : (this.btf?.sizeOf(id) ?? NaN);
  }

  /** True inside the kernel's text. Modules are not looked at. */
  inText(address: Address): boolean {
    return address >= this.#text[0] && address < this.#text[1];
  }

  /** True where a function begins. Where there are modules, anything in their area may be one. */
  isFunction(address: Address): boolean {
    if (this.inText(address)) return this.kallsyms.symbolAt(address)?.offset === 0;
    return (
      address >= MODULES_START &&
      address < MODULES_END &&
      this.symbol(servingAs('module_lists', this.library)) !== undefined
    );
  }

  /** Name of the function that an address of the text lies in; '' outside of it. */
  functionAt(address: Address): string {
    return this.inText(address) ? (this.kallsyms.symbolAt(address)?.name ?? '') : '';
  }

  /**
   * Guest-physical address of a kernel one, -1 when it has none; the image by its fixed distance when the tables fail.
   */
  physical(address: Address): number {
    const walked = this.space.physical(address);
    return walked >= 0 ? walked : (imageToPhysical(this.info, address) ?? -1);
  }
}

/** Opens the kernel that the attachment speaks of. */
export function openSubject(
  patient: Patient,
  memory: PhysicalCache,
  from: Attachment,
  library: LibraryModel,
): Result<Subject> {
  if (!from.info)
    return failure(
      'ABSENT',
      'there is no VMCOREINFO, in its notes or in its memory: dump it anew, QEMU with -device vmcoreinfo, or from /proc/vmcore',
    );
  const opened = openKernel(memory.readOnce, from.info, {
    ...(from.contents?.kallsyms ? { kallsyms: from.contents.kallsyms } : {}),
    ...(from.contents && from.contents.btf.length > 0 ? { btf: from.contents.btf } : {}),
    name_memo: NAMES,
    btf_memo: TYPES,
  });
  if (!opened.ok) return opened;
  const { info, space, kallsyms, btf } = opened.value;
  const own = openSpace(memory, space.root, space);
  return success(new Subject(patient, memory, info, kallsyms, btf, own, library));
}
