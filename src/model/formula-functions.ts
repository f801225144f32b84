/** What an argument of a formula's function may be. */
export type FormulaParameter =
  /** A locator's elements, entries of an array, CPUs' copies, `cpus`. */
  | 'elements'
  /** Evaluated for each element of the first argument; a leading dot means the element. */
  | 'each_value'
  | 'each_condition'
  /** An element of a locator, or all of them. */
  | 'element_or_elements'
  | 'element'
  | 'number'
  /** A number or pointer; a struct or an array stands for its own address. */
  | 'address'
  | 'text'
  | 'symbol'
  | 'cpu'
  /** `[ … ]` of texts. */
  | 'texts';

/**
 * What a function gives. `element` is a pointer to an element of the first argument, `value` the type of the second
 * argument.
 */
type FormulaResult = 'number' | 'bool' | 'text' | 'element' | 'value' | 'u8' | 'u16' | 'u32' | 'u64';

/** A function of validators, locators and repairs. */
export interface FormulaFunction {
  readonly name: string;
  readonly parameters: readonly FormulaParameter[];
  /** How many of the parameters may be left out, from the last. */
  readonly optional: number;
  /** `u8` … `u64` are places: they can be blamed and set. */
  readonly gives: FormulaResult;
  readonly doc: string;
}

const FUNCTION_LIST: readonly FormulaFunction[] = [
  {
    name: 'count',
    parameters: ['elements', 'each_condition'],
    optional: 1,
    gives: 'number',
    doc: 'How many elements there are, or how many of them the condition holds for.',
  },
  {
    name: 'sum',
    parameters: ['elements', 'each_value'],
    optional: 0,
    gives: 'number',
    doc: 'The sum of a value over all elements, modulo 2^64.',
  },
  {
    name: 'any',
    parameters: ['elements', 'each_condition'],
    optional: 0,
    gives: 'bool',
    doc: 'True when the condition holds for at least one element; false when there is none.',
  },
  {
    name: 'all',
    parameters: ['elements', 'each_condition'],
    optional: 0,
    gives: 'bool',
    doc: 'True when the condition holds for every element; true when there is none.',
  },
  {
    name: 'min',
    parameters: ['elements', 'each_value'],
    optional: 0,
    gives: 'value',
    doc: 'The least value of all elements; the greatest number of 64 bits when there is none.',
  },
  {
    name: 'max',
    parameters: ['elements', 'each_value'],
    optional: 0,
    gives: 'value',
    doc: 'The greatest value of all elements; 0 when there is none.',
  },
  {
    name: 'depth',
    parameters: ['element_or_elements', 'each_condition'],
    optional: 1,
    gives: 'number',
    doc: 'How far below its root an element hangs, the root at 1; of a locator, the depth of its deepest element. With a condition: how many of the elements from the root down to this one, itself included, it holds for.',
  },
  {
    name: 'head',
    parameters: ['element'],
    optional: 0,
    gives: 'number',
    doc: 'The address of what the shape that an element hangs off begins at: the bucket of a hash, the list_head.',
  },
  {
    name: 'root',
    parameters: ['elements'],
    optional: 0,
    gives: 'element',
    doc: 'The address of the first element: the root of a tree or graph, 0 when it is empty.',
  },
  {
    name: 'swab16',
    parameters: ['number'],
    optional: 0,
    gives: 'number',
    doc: 'The two bytes of a number in the other order.',
  },
  {
    name: 'swab32',
    parameters: ['number'],
    optional: 0,
    gives: 'number',
    doc: 'The four bytes of a number in the other order.',
  },
  {
    name: 'swab64',
    parameters: ['number'],
    optional: 0,
    gives: 'number',
    doc: 'The eight bytes of a number in the other order.',
  },
  {
    name: 'bits',
    parameters: ['number'],
    optional: 0,
    gives: 'number',
    doc: 'How many bits of a number are 1.',
  },
  { name: 'u8_at', parameters: ['address'], optional: 0, gives: 'u8', doc: 'The byte at an address.' },
  {
    name: 'u16_at',
    parameters: ['address'],
    optional: 0,
    gives: 'u16',
    doc: 'The two bytes at an address, the least significant first.',
  },
  {
    name: 'u32_at',
    parameters: ['address'],
    optional: 0,
    gives: 'u32',
    doc: 'The four bytes at an address, the least significant first.',
  },
  {
    name: 'u64_at',
    parameters: ['address'],
    optional: 0,
    gives: 'u64',
    doc: 'The eight bytes at an address, the least significant first.',
  },
  {
    name: 'crc32c',
    parameters: ['address', 'number'],
    optional: 0,
    gives: 'number',
    doc: 'The CRC-32C of a run of bytes, at most 16 MiB.',
  },
  {
    name: 'filled',
    parameters: ['address', 'number', 'number'],
    optional: 0,
    gives: 'bool',
    doc: 'True when every byte of a run (address, length) is the given one.',
  },
  {
    name: 'first_other',
    parameters: ['address', 'number', 'number'],
    optional: 0,
    gives: 'number',
    doc: 'The address of the first byte of a run (address, length) that is not the given one; the address behind the run when all are.',
  },
  {
    name: 'first_changed',
    parameters: ['address', 'number'],
    optional: 0,
    gives: 'number',
    doc: 'The address of the first byte of a run (address, length; at most 256 MiB) that is not what it was when the guest said that it had booted; the address behind the run when all are. Where nobody kept what was there, the structure is `unchecked`, NO_REFERENCE.',
  },
  {
    name: 'booted',
    parameters: ['address'],
    optional: 0,
    gives: 'number',
    doc: 'The byte that was at an address when the guest said that it had booted; where nobody kept that, as `first_changed`.',
  },
  {
    name: 'printable',
    parameters: ['address', 'number'],
    optional: 1,
    gives: 'bool',
    doc: 'True when a char array (or that many bytes at an address) is a text: not empty, printable ASCII, ended by a zero.',
  },
  {
    name: 'mapped',
    parameters: ['address'],
    optional: 0,
    gives: 'bool',
    doc: 'True when the byte at an address can be read.',
  },
  {
    name: 'canonical',
    parameters: ['address'],
    optional: 0,
    gives: 'bool',
    doc: 'True for an address that 4-level page tables can translate: bits 47 to 63 alike.',
  },
  {
    name: 'is_function',
    parameters: ['address'],
    optional: 0,
    gives: 'bool',
    doc: "True where a function of the kernel begins; anything in the modules' area when there are modules.",
  },
  {
    name: 'in_text',
    parameters: ['address'],
    optional: 0,
    gives: 'bool',
    doc: "True inside the kernel's text.",
  },
  {
    name: 'function_at',
    parameters: ['address'],
    optional: 0,
    gives: 'text',
    doc: 'Name of the function that an address of the text lies in; empty outside of it.',
  },
  {
    name: 'symbol_start',
    parameters: ['address'],
    optional: 0,
    gives: 'number',
    doc: 'The address of the last symbol of the kernel at or before an address; 0 when there is none.',
  },
  {
    name: 'symbol_end',
    parameters: ['address'],
    optional: 0,
    gives: 'number',
    doc: 'The address of the next symbol behind an address; 0 when there is none.',
  },
  {
    name: 'contains',
    parameters: ['text', 'text'],
    optional: 0,
    gives: 'bool',
    doc: 'True when the second text is part of the first.',
  },
  {
    name: 'held',
    parameters: ['address'],
    optional: 0,
    gives: 'bool',
    doc: 'True when the lock there is held exclusively: its first byte is not zero.',
  },
  {
    name: 'enumerator',
    parameters: ['text', 'text'],
    optional: 0,
    gives: 'number',
    doc: 'What a value of one of the guest\'s enums is by name: `enumerator("pageflags", "PG_head")`.',
  },
  {
    name: 'has',
    parameters: ['address'],
    optional: 0,
    gives: 'bool',
    doc: 'True when the guest has a member of that name: `has(t.se.my_q) and t.se.my_q != 0`. Where it has none, what `and` joins to it, or `?` makes depend on it, is left out, and so is the body of `if has(PLACE)`.',
  },
  {
    name: 'exists',
    parameters: ['symbol'],
    optional: 0,
    gives: 'bool',
    doc: 'True when the kernel has a symbol of that name.',
  },
  {
    name: 'takes',
    parameters: ['cpu', 'texts'],
    optional: 0,
    gives: 'bool',
    doc: "True when one of the functions is on a CPU's stack.",
  },
  {
    name: 'behind',
    parameters: ['cpu', 'texts'],
    optional: 0,
    gives: 'bool',
    doc: 'True when one of the functions is on the stack of a CPU that waits for a lock, behind the slow path and who called that.',
  },
];

export const FORMULA_FUNCTIONS: ReadonlyMap<string, FormulaFunction> = new Map(
  FUNCTION_LIST.map((one) => [one.name, one]),
);

/**
 * What a formula may ask of an element of `cpus`: the rescuer's view of it, from its registers and the stack it is on.
 */
export interface CpuMember {
  readonly name: string;
  readonly gives: 'number' | 'address' | 'bool' | 'text';
  readonly doc: string;
}

const CPU_LIST: readonly CpuMember[] = [
  { name: 'index', gives: 'number', doc: 'Its number.' },
  {
    name: 'mode',
    gives: 'text',
    doc: '`user`, `idle`, `waiting` for a lock, or `kernel`; `unknown` where its registers are not in the dump.',
  },
  { name: 'rip', gives: 'address', doc: 'Its instruction pointer.' },
  { name: 'rsp', gives: 'address', doc: 'Its stack pointer.' },
  { name: 'at', gives: 'text', doc: 'The function that rip lies in; empty outside the text.' },
  { name: 'runs_in', gives: 'text', doc: 'The outermost function on its stack.' },
  { name: 'waits_for', gives: 'address', doc: 'The lock that it spins for; 0 when it does not.' },
  { name: 'waits_to', gives: 'text', doc: '`spin`, `read`, `write`, or empty.' },
  {
    name: 'caller',
    gives: 'text',
    doc: 'Of a CPU that waits for a lock, the function that wants it; else empty.',
  },
  { name: 'waits_on', gives: 'text', doc: 'Symbol of the lock that it spins for.' },
  { name: 'current', gives: 'address', doc: 'The task that it runs; 0 when that cannot be had.' },
  { name: 'depth', gives: 'number', doc: 'How many functions are on its stack.' },
  { name: 'live', gives: 'bool', doc: 'False when it will never execute again by itself.' },
  {
    name: 'stuck',
    gives: 'bool',
    doc: 'True when it ran long without idling, an interrupt or an exception.',
  },
  { name: 'running', gives: 'bool', doc: 'False when it executes nothing although it is given time.' },
  { name: 'interrupts_off', gives: 'bool', doc: 'True when its interrupt flag is clear.' },
];

export const CPU_MEMBERS: ReadonlyMap<string, CpuMember> = new Map(CPU_LIST.map((one) => [one.name, one]));
