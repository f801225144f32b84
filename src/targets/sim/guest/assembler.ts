import { assert } from '../../../base/assert.ts';
import type { Cpu, Step } from '../step.ts';
import { STEP_BYTES, STEP_MAGIC } from '../step.ts';

/** A place in text; its address is known once the function that holds it has been assembled. */
export class Label {
  at = 0;
}

export type Run = (cpu: Cpu) => void;

/** A step with a cost of its own. */
export interface Timed {
  readonly cost_ns: number;
  readonly run: Run;
}

/** A function is a list of steps, with labels before the steps that something jumps to. */
export type Part = Run | Timed | Label | readonly Part[];

/** What a step takes when it says nothing: some dozens of instructions and a few cache misses. */
const STEP_NS = 120;

export function timed(cost_ns: number, run: Run): Timed {
  return { cost_ns, run };
}

/**
 * A piece of a fused step: false when it ended in a call or a jump, and what follows must wait for its return or never
 * comes.
 */
export type Stage = (cpu: Cpu) => boolean;

/**
 * Steps that run as one while nothing makes them wait. Each stage has a slot of its own: a stage that calls something
 * (the slow path of a lock, the rebalancing of a tree) returns false, and the call comes back to the next stage's slot.
 */
export function fuse(...stages: Stage[]): Part {
  const labels = stages.map(() => new Label());
  const end = new Label();
  const slots = stages.map((stage, index): Run => {
    // A slot begins with rip at the next one: only what is run ahead has to move it.
    const [second, third, ...rest] = stages.slice(index + 1);
    if (second === undefined) return stage;
    const after_second = labels[index + 2] ?? end;
    if (third === undefined) {
      return (cpu) => {
        if (!stage(cpu)) return;
        cpu.jump(after_second.at);
        second(cpu);
      };
    }
    assert(rest.length === 0, 'at most three stages');
    const after_third = labels[index + 3] ?? end;
    return (cpu) => {
      if (!stage(cpu)) return;
      cpu.jump(after_second.at);
      if (!second(cpu)) return;
      cpu.jump(after_third.at);
      third(cpu);
    };
  });
  return [slots.map((run, index): Part => [labels[index] as Label, run]), end];
}

/** A run of text: the kernel's, or that of the user programs. Steps are numbered over all sections of a program. */
export class Section {
  readonly base: number;
  readonly symbols: { readonly name: string; readonly address: number; readonly bytes: number }[] = [];
  readonly #steps: Step[];
  readonly #indices: number[] = [];
  readonly #entries = new Map<string, Label>();

  constructor(base: number, steps: Step[]) {
    this.base = base;
    this.#steps = steps;
  }

  /** The entry of a function of this section, whether it has been assembled or not. */
  entry(name: string): Label {
    const known = this.#entries.get(name) ?? new Label();
    this.#entries.set(name, known);
    return known;
  }

  /** Assembles a function at the next free slot. */
  fn(name: string, ...parts: Part[]): Label {
    const entry = this.entry(name);
    assert(entry.at === 0, `two functions are called ${name}`);
    const start = this.base + this.#indices.length * STEP_BYTES;
    entry.at = start;
    const first = this.#indices.length;
    this.#add(name, first, parts);
    const bytes = (this.#indices.length - first) * STEP_BYTES;
    assert(bytes > 0, `${name} has no steps`);
    this.symbols.push({ name, address: start, bytes });
    return entry;
  }

  #add(name: string, first: number, parts: readonly Part[]): void {
    for (const part of parts) {
      if (part instanceof Label) {
        part.at = this.base + this.#indices.length * STEP_BYTES;
      } else if (typeof part === 'function' || 'run' in part) {
        const { cost_ns, run } = typeof part === 'function' ? { cost_ns: STEP_NS, run: part } : part;
        const index = this.#indices.length - first;
        this.#indices.push(this.#steps.length);
        this.#steps.push({ name: index === 0 ? name : `${name}+${index}`, cost_ns, run });
      } else {
        this.#add(name, first, part);
      }
    }
  }

  get end(): number {
    return this.base + this.#indices.length * STEP_BYTES;
  }

  /** The section's bytes. What lies behind a slot's first word is int3, as linkers pad text. */
  bytes(): Uint8Array {
    for (const [name, label] of this.#entries) assert(label.at !== 0, `nobody defines ${name}`);
    const bytes = new Uint8Array(this.#indices.length * STEP_BYTES).fill(0xcc);
    const view = new DataView(bytes.buffer);
    this.#indices.forEach((index, slot) => view.setUint32(slot * STEP_BYTES, STEP_MAGIC | index, true));
    return bytes;
  }
}
