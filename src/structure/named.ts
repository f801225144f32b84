import type { Address } from '../base/address.ts';
import type { Guard, Root } from './elements.ts';
import type { Reader } from './reader.ts';

/** A root whose name is told when somebody asks: most are never asked for theirs. */
export class NamedRoot implements Root {
  readonly from: number;
  readonly space: Reader;
  readonly head: Address;
  readonly object: Root['object'];
  guard: Guard | undefined = undefined;
  length: number | undefined = undefined;
  first: number | undefined = undefined;
  last: number | undefined = undefined;
  length_at: Root['length_at'] = undefined;
  first_at: Root['first_at'] = undefined;
  last_at: Root['last_at'] = undefined;
  readonly #named: () => string;

  constructor(from: number, space: Reader, head: Address, object: Root['object'], named: () => string) {
    this.from = from;
    this.space = space;
    this.head = head;
    this.object = object;
    this.#named = named;
  }

  get place(): string {
    return this.#named();
  }
}

/** A lock whose name is told when somebody asks. */
export class NamedGuard implements Guard {
  readonly address: Address;
  readonly type: string;
  readonly space: Reader;
  readonly #named: () => string;

  constructor(address: Address, type: string, space: Reader, named: () => string) {
    this.address = address;
    this.type = type;
    this.space = space;
    this.#named = named;
  }

  get place(): string {
    return this.#named();
  }
}
