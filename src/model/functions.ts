import type { Dimension } from './expression.ts';

/** What a `check` and a value may call. */
export interface FunctionDoc {
  readonly name: string;
  readonly parameters: readonly ('place' | 'event' | 'value' | 'int' | 'field')[];
  /** Dimension of the result; `same` is that of the last argument. */
  readonly gives: Dimension | 'same';
  readonly doc: string;
}

const FUNCTION_LIST: readonly FunctionDoc[] = [
  {
    name: 'count',
    parameters: ['place'],
    gives: 'int',
    doc: 'How many elements a collection has at the end of the run, or how many entries a list of the harness.',
  },
  {
    name: 'sum',
    parameters: ['place', 'field'],
    gives: 'int',
    doc: 'The sum of a field over all elements of a collection: `sum(web.accounts, .count)`.',
  },
  {
    name: 'machine_address',
    parameters: ['place'],
    gives: 'int',
    doc: 'Machine-physical address of a place: what a device sees.',
  },
  { name: 'address', parameters: ['int'], gives: 'place', doc: 'The place at a kernel-virtual address.' },
  {
    name: 'before',
    parameters: ['event', 'value'],
    gives: 'same',
    doc: "The value just before the event's first occurrence; in `on each`, before the occurrence at hand. Of `web.memory`, a hash of all of it.",
  },
];

export const FUNCTIONS: ReadonlyMap<string, FunctionDoc> = new Map(
  FUNCTION_LIST.map((doc) => [doc.name, doc]),
);
