import type { Address } from '../base/address.ts';
import { isCanonical } from '../base/address.ts';
import { symbolAround } from '../formats/kallsyms.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { LinkedLibrary, Problem } from '../structure/link.ts';
import { link } from '../structure/link.ts';
import { describedLocators } from '../structure/described.ts';
import { withDescribed } from '../structure/spoken-for.ts';
import type { CpuView, DescribedLocator, Surroundings } from '../structure/surroundings.ts';
import { Session } from '../structure/session.ts';
import type { Attachment } from './attach.ts';
import { observe } from './cpus.ts';
import type { Meter } from './limits.ts';
import { Space } from './space.ts';
import { processSpace } from './processes.ts';
import type { Subject } from './subject.ts';

/** A reading of the whole patient at one instant. */
export interface Reading {
  readonly cpus: readonly CpuView[];
  readonly session: Session;
  readonly linked: LinkedLibrary;
  /**
   * What a structure is judged by: the library with what the guest says of that structure, so that a lie costs no
   * other.
   */
  of(structure: string): Pick<Reading, 'session' | 'linked'>;
}

/** Looks at the CPUs, or takes them as given, and puts the library to use on what the memory holds now. */
export function read(
  subject: Subject,
  attachment: Attachment,
  library: LibraryModel,
  meter: Meter,
  cpus: readonly CpuView[] = observe(subject),
): Reading {
  const { fold } = subject.space;
  const linked = link(library, subject.btf, fold);
  const spaces = new Map<string, Space | Problem>();
  const process = (comm: string): Space | Problem => {
    const known = spaces.get(comm) ?? processBy(comm);
    spaces.set(comm, known);
    return known;
  };
  /** What the guest says of its tasks may be false: then processes are found as in every Linux. */
  const processBy = (comm: string): Space | Problem => {
    const found = processSpace(subject, session, comm);
    if (!('code' in found) || described.size === 0) return found;
    return processSpace(subject, new Session(linked, { ...around, described: new Map() }), comm);
  };
  const described = new Map<string, DescribedLocator>();
  const variables = new Map<string, ReadonlyMap<Address, string>>();
  const around: Surroundings = {
    kernel: subject.space,
    process,
    symbol: (name) => subject.symbol(name),
    perCpuBase: (cpu) => subject.perCpuBase(cpu),
    cpu_count: subject.cpus,
    cpus,
    isFunction: (address) => subject.isFunction(address),
    inText: (address) => subject.inText(address),
    functionAt: (address) => subject.functionAt(address),
    symbolAround: (address) => symbolAround(subject.kallsyms, address),
    budget: meter,
    finding_limit: meter.limits.findings,
    objects: (type) => {
      const found = variables.get(type) ?? variablesOf(session, library, type);
      variables.set(type, found);
      return found;
    },
    described,
  };
  const session: Session = new Session(linked, around);
  for (const [name, entry] of attachment.described) {
    // When it is asked for: whose process it lies in is found by another structure.
    let made: DescribedLocator | undefined;
    const locator = (): DescribedLocator | undefined =>
      (made ??= describedLocators(new Map([[name, entry]]), {
        around,
        types: { named: (type) => linked.typeNamed(type) },
        nameOf: (of, base) => session.nameOf(of, base),
      }).get(name));
    described.set(name, {
      roots: (parent, holds) => locator()?.roots(parent, holds) ?? [],
      ...(entry.blocks.has('step')
        ? { successors: (base, found) => locator()?.successors?.(base, found) }
        : {}),
    });
  }
  const togetherWith = (own: LinkedLibrary): Pick<Reading, 'session' | 'linked'> => ({
    session: new Session(own, around),
    linked: own,
  });
  const plain = { session, linked };
  const told = new Map<LibraryModel, Pick<Reading, 'session' | 'linked'>>();
  const of = (structure: string): Pick<Reading, 'session' | 'linked'> => {
    const own = withDescribed(library, attachment.described, structure);
    if (own === library) return plain;
    const known = told.get(own) ?? togetherWith(link(own, subject.btf, fold));
    told.set(own, known);
    return known;
  };
  return { cpus, session, linked, of };
}

const VARIABLE = /^symbols\["([^"]+)"\](?:\[(\d+)\])?/;

/**
 * Objects of a type that are variables of their own, by address, and their names: `heartbeat_timer`, of a CPU's own
 * `tick_cpu_sched/1`. The library lists them in locators of several places.
 */
function variablesOf(session: Session, library: LibraryModel, type: string): ReadonlyMap<Address, string> {
  const variables = new Map<Address, string>();
  for (const { name, of, shape, from } of library.locators) {
    if (shape !== 'one' || from.length < 2 || of.kind !== 'named' || of.name !== type) continue;
    for (const { head, place } of session.elements(name).all().roots) {
      const [, symbol, cpu] = VARIABLE.exec(place) ?? [];
      if (symbol !== undefined) variables.set(head, cpu === undefined ? symbol : `${symbol}/${cpu}`);
    }
  }
  return variables;
}

/** True for a pointer that leads to no memory. */
export function isWild(space: { mapped(address: Address): boolean }, value: Address): boolean {
  return !Number.isNaN(value) && !(isCanonical(value) && space.mapped(value));
}
