/**
 * The stack machine that locators are written for: region.md, beside this folder, tells what each instruction does. An
 * instruction is one byte and at most one operand, an unsigned LEB128. Values are 64 bits; the stack is `STACK_DEPTH`
 * deep.
 */

/** What an operand is: a number, a text of the entry's table, a byte of the same code. */
type Operand = 'none' | 'number' | 'text' | 'target';

export interface Instruction {
  readonly code: number;
  readonly name: string;
  readonly operand: Operand;
  /** Values taken off the stack, and put on it. */
  readonly pops: number;
  readonly pushes: number;
}

export const OP = {
  end: 0x00, const: 0x01, symbol: 0x02, percpu: 0x03, cpus: 0x04, element: 0x05, member: 0x06, size: 0x07,
  add: 0x10, sub: 0x11, mul: 0x12, and: 0x13, or: 0x14, xor: 0x15, shl: 0x16, shr: 0x17, eq: 0x18, ne: 0x19, lt: 0x1a,
  load8: 0x20, load16: 0x21, load32: 0x22, load64: 0x23,
  dup: 0x28, drop: 0x29, swap: 0x2a, pick: 0x2b,
  branch: 0x30, loop: 0x31, below: 0x32,
  root: 0x38, roots: 0x39,
} as const; // prettier-ignore

const operands: Partial<Record<keyof typeof OP, Operand>> = {
  const: 'number', symbol: 'text', member: 'text', size: 'text', pick: 'number', branch: 'target', loop: 'target', below: 'number',
}; // prettier-ignore
const effects: Record<keyof typeof OP, readonly [pops: number, pushes: number]> = {
  end: [0, 0], const: [0, 1], symbol: [0, 1], percpu: [1, 1], cpus: [0, 1], element: [0, 1], member: [1, 1], size: [0, 1],
  add: [2, 1], sub: [2, 1], mul: [2, 1], and: [2, 1], or: [2, 1], xor: [2, 1], shl: [2, 1], shr: [2, 1], eq: [2, 1], ne: [2, 1], lt: [2, 1],
  load8: [1, 1], load16: [1, 1], load32: [1, 1], load64: [1, 1],
  dup: [1, 2], drop: [1, 0], swap: [2, 2], pick: [0, 1],
  branch: [1, 0], loop: [0, 0], below: [1, 1],
  root: [2, 0], roots: [4, 0],
}; // prettier-ignore

const LIST: readonly Instruction[] = (Object.keys(OP) as (keyof typeof OP)[]).map((name) => {
  const [pops, pushes] = effects[name];
  return { code: OP[name], name, operand: operands[name] ?? 'none', pops, pushes };
});

/** By opcode; undefined where there is none. */
export const INSTRUCTIONS: readonly (Instruction | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  LIST.find((one) => one.code === code),
);

export const INSTRUCTION_NAMES: ReadonlyMap<string, Instruction> = new Map(
  LIST.map((one) => [one.name, one]),
);

/** Values that the stack holds. */
export const STACK_DEPTH = 32;
/** Bytes of one piece of code. */
export const CODE_LIMIT = 2048;
