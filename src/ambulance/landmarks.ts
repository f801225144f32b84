import type { Address } from '../base/address.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { Session } from '../structure/session.ts';
import type { Subject } from './subject.ts';

/** An object that a structure begins at: what must be mapped for the kernel to run at all. */
export interface Landmark {
  /** As a spec names it, without the patient: `run_queues[0]`, `symbols["init_task"]`. */
  readonly place: string;
  readonly address: Address;
  /** The lock inside of it that writers hold. */
  readonly guard?: { readonly place: string; readonly address: Address } | undefined;
}

/** Its name is told when somebody asks: where all is mapped, nobody does. */
class Named implements Landmark {
  readonly address: Address;
  readonly guard: Landmark['guard'];
  readonly #named: () => string;

  constructor(address: Address, named: () => string, guard?: Landmark['guard']) {
    this.address = address;
    this.guard = guard;
    this.#named = named;
  }

  get place(): string {
    return this.#named();
  }
}

/** Where the structures of the kernel that the library knows begin, and what else every access hangs on. */
export function landmarksOf(subject: Subject, library: LibraryModel, session: Session): readonly Landmark[] {
  const landmarks: Landmark[] = [];
  const offsets = subject.symbol('__per_cpu_offset');
  if (offsets !== undefined) landmarks.push({ place: 'symbols["__per_cpu_offset"]', address: offsets });
  for (const { name, parent, space, shape, shipped, from } of library.locators) {
    if (parent !== undefined || space !== undefined || !shipped) continue;
    const { roots } = session.elements(name).all();
    for (const [index, root] of roots.entries()) {
      const { head, object, guard } = root;
      const whole = shape === 'one' && object.base === head;
      const address = object.type === '' ? head : object.base;
      const numbered = whole && roots.length > 1 && from.length === 1;
      const inside = guard && guard.address > address && guard.address < address + 4096 ? guard : undefined;
      landmarks.push(
        new Named(
          address,
          () =>
            numbered ? `${name}[${index}]` : root.place.replace(/^(symbols\["[^"]+"\](?:\[\d+\])*).*$/, '$1'),
          inside && new Named(inside.address, () => session.placeOf(inside.address) ?? inside.place),
        ),
      );
    }
  }
  return landmarks;
}
