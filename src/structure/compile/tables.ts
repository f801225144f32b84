import type { NumberField } from '../../model/number-field.ts';
import { Table } from './code.ts';
import type { Text } from './context.ts';

/** The name of a place with holes, in the order in which their values are given. */
export type Template = readonly (
  string | { readonly hole: 'element'; readonly locator: number } | { readonly hole: 'number' | 'address' }
)[];

/** A requirement or a walk that may fail. */
export interface Rule {
  readonly code: string;
  readonly means?: string;
  /** Of a requirement: whether it is about one word of memory alone. */
  readonly alone?: () => boolean;
  /** Message: texts, and how each value in it is written. */
  readonly message: readonly ({ readonly text: string } | 'plain' | 'address' | 'hex')[];
}

/** What generated code speaks of by number. */
export class Tables {
  readonly symbols: Table<string> = new Table<string>();
  readonly texts: Table<string> = new Table<string>();
  readonly text_sets: Table<readonly string[]> = new Table<readonly string[]>();
  readonly number_sets: Table<ReadonlySet<number>> = new Table<ReadonlySet<number>>();
  /** Names of locators. */
  readonly locators: Table<string> = new Table<string>();
  readonly templates: Table<Template> = new Table<Template>();
  /** How the numbers lie that may be to blame. */
  readonly fields: Table<NumberField> = new Table<NumberField>();
  /** Symbols that a kernel may lack: somebody asks first. */
  readonly optional: Set<string> = new Set<string>();
  readonly rules: Rule[] = [];
  /** comm of each address space that is read; '' is the kernel's. */
  readonly spaces: Table<string> = new Table<string>();
  readonly #space_of: (locator: string) => string;

  /** `spaceOf` tells the comm of a locator's address space. */
  constructor(spaceOf: (locator: string) => string) {
    this.#space_of = spaceOf;
  }

  /** The local of a locator's reader. */
  space(locator: string): string {
    return `m${this.spaces.index(this.#space_of(locator))}`;
  }

  /** -1 of what is no number. */
  field(field: NumberField | undefined): number {
    return field === undefined ? -1 : this.fields.index(field, JSON.stringify(field));
  }

  template(text: Text): number {
    const template = text.map((part) => {
      if (typeof part === 'string') return part;
      return part.hole === 'element' ? { hole: part.hole, locator: part.locator } : { hole: part.hole };
    });
    return this.templates.index(template, JSON.stringify(template));
  }
}
