import type { Address } from '../../../src/base/address.ts';
import { toBigint } from '../../../src/base/address.ts';
import { NO_FOLD } from '../../../src/base/fold.ts';
import type { Random } from '../../../src/base/random.ts';
import type { LocatorBudget, LocatorHost } from '../../../src/formats/locator-code/host.ts';
import { leb } from '../../../src/formats/locator-code/leb128.ts';
import { INSTRUCTIONS, OP, STACK_DEPTH } from '../../../src/formats/locator-code/opcodes.ts';

export const TEXTS = ['init_task', 'runqueues', 'task_struct.tasks', 'rq', 'nowhere'];
const MEMORY = 256;

/** A guest of 256 bytes at each end of the address space, with two CPUs. */
export function smallHost(seed = 1): LocatorHost {
  const byteAt = (address: Address): number => {
    const index = address < 0 ? address + MEMORY : address;
    return index >= 0 && index < MEMORY ? (index * 37 * seed) & 0xff : NaN;
  };
  const number = (address: Address, bytes: number): number => {
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + byteAt(address + index);
    return value;
  };
  const symbols: Readonly<Record<string, Address>> = { init_task: -200, runqueues: 64 };
  return {
    fold: NO_FOLD,
    cpus: 2,
    symbol: (name) => symbols[name],
    perCpuBase: (cpu) => -256 + cpu * 128,
    u8: (address) => number(address, 1),
    u16: (address) => number(address, 2),
    u32: (address) => number(address, 4),
    member: (path) => (path === 'task_struct.tasks' ? 24 : undefined),
    size: (type) => (type === 'rq' ? 96 : undefined),
  };
}

/** What a run came to, in the form in which both interpreters say it. */
export interface Ran {
  readonly failure: string;
  readonly value: bigint | undefined;
  readonly heads: readonly bigint[];
}

const MASK = (1n << 64n) - 1n;
const signed = (value: bigint): number => Number(BigInt.asIntN(64, value));

/** The same machine written the simple way: one bigint a value, one switch, nothing shared with the other. */
export function naiveRun(
  code: Uint8Array,
  texts: readonly string[],
  host: LocatorHost,
  element: Address,
  budget: LocatorBudget,
): Ran {
  const stack: bigint[] = [];
  const heads: bigint[] = [];
  let [at, steps, loads] = [0, 0, 0];
  const end = (failure: string): Ran => ({ failure, value: stack.at(-1), heads });
  while (at < code.length) {
    const start = at;
    const stop = (what: string): Ran => end(`${what} ${start}`);
    if (++steps > budget.steps) return stop('LOCATOR_BUDGET');
    const op = code[at++] as number;
    const instruction = INSTRUCTIONS[op];
    if (!instruction) return stop('LOCATOR_MALFORMED');
    let operand = 0n;
    if (instruction.operand !== 'none') {
      let shift = 0n;
      for (;;) {
        const byte = code[at++];
        if (byte === undefined || shift > 63n) return stop('LOCATOR_MALFORMED');
        operand |= BigInt(byte & 0x7f) << shift;
        shift += 7n;
        if (byte < 128) break;
      }
      if (operand > MASK) return stop('LOCATOR_MALFORMED');
    }
    if (stack.length < instruction.pops || stack.length - instruction.pops + instruction.pushes > STACK_DEPTH)
      return stop('LOCATOR_STACK');
    const push = (value: bigint): void => void stack.push(value & MASK);
    const pop = (): bigint => stack.pop() as bigint;
    const text = instruction.operand === 'text' ? texts[Number(operand)] : '';
    if (text === undefined) return stop('LOCATOR_MALFORMED');
    const two = (apply: (left: bigint, right: bigint) => bigint): void => {
      const right = pop();
      push(apply(pop(), right));
    };
    const load = (bytes: number): boolean => {
      const address = signed(stack.at(-1) as bigint);
      loads++;
      let value = 0n;
      for (let index = 0; index < bytes; index++) {
        const byte = host.u8(address + index);
        if (Number.isNaN(byte)) return false;
        value |= BigInt(byte) << BigInt(index * 8);
      }
      pop();
      push(value);
      return true;
    };
    switch (op) {
      case OP.end:
        return end('');
      case OP.const:
        push(operand);
        break;
      case OP.cpus:
        push(BigInt(host.cpus));
        break;
      case OP.element:
        if (Number.isNaN(element)) return stop('LOCATOR_MALFORMED');
        push(toBigint(element));
        break;
      case OP.percpu: {
        if ((stack.at(-1) as bigint) >= BigInt(host.cpus)) return stop('INDEX');
        push(toBigint(host.perCpuBase(Number(pop()))));
        break;
      }
      case OP.symbol:
      case OP.size:
      case OP.member: {
        const number =
          op === OP.symbol ? host.symbol(text) : op === OP.size ? host.size(text) : host.member(text);
        if (number === undefined) return stop(op === OP.symbol ? 'NO_SYMBOL' : 'NO_TYPE');
        push(op === OP.member ? pop() + BigInt(number) : toBigint(number));
        break;
      }
      case OP.add:
        two((a, b) => a + b);
        break;
      case OP.sub:
        two((a, b) => a - b);
        break;
      case OP.mul:
        two((a, b) => a * b);
        break;
      case OP.and:
        two((a, b) => a & b);
        break;
      case OP.or:
        two((a, b) => a | b);
        break;
      case OP.xor:
        two((a, b) => a ^ b);
        break;
      case OP.shl:
        two((a, b) => (b > 63n ? 0n : a << b));
        break;
      case OP.shr:
        two((a, b) => (b > 63n ? 0n : a >> b));
        break;
      case OP.eq:
        two((a, b) => (a === b ? 1n : 0n));
        break;
      case OP.ne:
        two((a, b) => (a === b ? 0n : 1n));
        break;
      case OP.lt:
        two((a, b) => (a < b ? 1n : 0n));
        break;
      case OP.load8:
      case OP.load16:
      case OP.load32:
      case OP.load64: {
        if (loads >= budget.loads) return stop('LOCATOR_BUDGET');
        if (!load(1 << (op - OP.load8))) return stop('UNMAPPED');
        break;
      }
      case OP.dup:
        push(stack.at(-1) as bigint);
        break;
      case OP.drop:
        pop();
        break;
      case OP.swap:
        stack.push(...stack.splice(-2).toReversed());
        break;
      case OP.pick: {
        const found = operand < 64n ? stack.at(-1 - Number(operand)) : undefined;
        if (found === undefined) return stop('LOCATOR_STACK');
        push(found);
        break;
      }
      case OP.branch: {
        if (operand < BigInt(at) || operand > BigInt(code.length)) return stop('LOCATOR_MALFORMED');
        if (pop() === 0n) at = Number(operand);
        break;
      }
      case OP.loop:
        if (operand > BigInt(start)) return stop('LOCATOR_MALFORMED');
        at = Number(operand);
        break;
      case OP.below:
        if ((stack.at(-1) as bigint) >= operand) return stop('INDEX');
        break;
      default: {
        const [stride, count] = op === OP.roots ? [pop(), pop()] : [0n, 1n];
        const head = pop();
        pop();
        const number = signed(count);
        if (number < 0 || heads.length + number > budget.roots) return stop('LOCATOR_BUDGET');
        for (let index = 0; index < number; index++) heads.push(head + BigInt(index) * stride);
      }
    }
  }
  return end('');
}

/** Code that mostly makes sense: enough on the stack, operands that exist, jumps to where there is something. */
export function randomCode(random: Random, instructions: number): Uint8Array {
  const bytes: number[] = [];
  let depth = 0;
  const known = INSTRUCTIONS.filter((one) => one !== undefined);
  for (let index = 0; index < instructions; index++) {
    const one = random.pick(known);
    if (one.pops > depth && random.below(8) > 0) {
      bytes.push(OP.const, ...leb(BigInt(random.pick([0, 1, 2, 7, 40, 255, 0x1_0000_0000 - 1, 2 ** 52]))));
      depth++;
      continue;
    }
    if (one.code === OP.end && random.below(4) > 0) continue;
    bytes.push(one.code);
    if (one.operand === 'text') bytes.push(random.below(TEXTS.length + (random.below(16) === 0 ? 2 : 0)));
    else if (one.operand === 'target')
      bytes.push(
        ...leb(BigInt(one.code === OP.loop ? random.below(bytes.length) : bytes.length + random.below(12))),
      );
    else if (one.operand === 'number')
      bytes.push(...leb(BigInt(random.below(random.pick([4, 64, 2 ** 32])))));
    depth = Math.max(0, depth - one.pops + one.pushes);
  }
  return Uint8Array.from(bytes);
}
