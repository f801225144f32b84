import type { Address } from '../base/address.ts';
import type { Root } from './elements.ts';
import type { Problem } from './link.ts';
import type { Budget, Reader } from './reader.ts';

/** The rescuer's view of a CPU: the members of CPU_MEMBERS, and the functions on its stack. */
export interface CpuView {
  readonly index: number;
  readonly mode: string;
  readonly rip: Address;
  readonly rsp: Address;
  readonly at: string;
  readonly runs_in: string;
  readonly waits_for: Address;
  readonly waits_to: string;
  readonly waits_on: string;
  readonly caller: string;
  readonly current: Address;
  readonly depth: number;
  readonly live: boolean;
  readonly stuck: boolean;
  readonly running: boolean;
  readonly interrupts_off: boolean;
  readonly frames: readonly string[];
}

/** Where a library is put to use: a patient as its kernel publishes it, at one instant. */
export interface Surroundings {
  readonly kernel: Reader;
  /** The address space of the first process of that comm; why there is none to be had. */
  process(comm: string): Reader | Problem;
  symbol(name: string): Address | undefined;
  /** `__per_cpu_offset[cpu]`; NaN when it cannot be had. */
  perCpuBase(cpu: number): Address;
  readonly cpu_count: number;
  readonly cpus: readonly CpuView[];
  isFunction(address: Address): boolean;
  inText(address: Address): boolean;
  functionAt(address: Address): string;
  /** The symbol at or before an address, and the next one behind it; NaN where there is none. */
  symbolAround(address: Address): readonly [start: Address, end: Address];
  readonly budget: Budget;
  /** Findings kept of one structure. */
  readonly finding_limit: number;
  /** Objects of a type that are known otherwise, by address: parts of variables that have a symbol, and their names. */
  objects?(type: string): ReadonlyMap<Address, string>;
  /** Where the guest's own locators serve: the roots that its bytecode gives, and what follows an element. */
  readonly described?: ReadonlyMap<string, DescribedLocator>;
}

/** A locator that the guest itself describes. */
export interface DescribedLocator {
  /**
   * The places at which it begins, of the parent's element when it is nested; those at which `holds` says that nothing
   * hangs may be left out.
   */
  roots(
    parent: Address | undefined,
    holds?: (space: Reader, head: Address) => boolean,
  ): readonly Root[] | Problem;
  /** What it comes to when not all of them could be found: those before have been. */
  successors?(
    base: Address,
    found: (target: Address, field: Address) => void,
  ): (Problem & { readonly address?: Address }) | undefined;
}
