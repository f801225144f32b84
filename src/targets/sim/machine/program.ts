import type { Cpu, Program } from '../step.ts';

/** A program as the fetch loop wants it: two arrays. */
export interface CompiledProgram {
  readonly runs: readonly ((cpu: Cpu) => void)[];
  readonly costs: Float64Array;
}

const compiled = new WeakMap<Program, CompiledProgram>();

export function compileProgram(program: Program): CompiledProgram {
  const known = compiled.get(program);
  if (known !== undefined) return known;
  const made = {
    runs: program.steps.map((step) => step.run),
    costs: Float64Array.from(program.steps, (step) => Math.max(1, Math.ceil(step.cost_ns))),
  };
  compiled.set(program, made);
  return made;
}
