import type { Expression } from '../model/expression.ts';
import type { TopologyModel } from '../model/machine.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Target } from '../target/target.ts';
import type { Outcome } from './outcome.ts';
import type { Value } from './value.ts';

/** Figures that no memory holds: what the harness itself measures in a run. */
export interface Measures {
  /**
   * `web.cpu_time`, `web.disk0.iommu_faults`, `rescue.refusals`, `rot.activated`, `elapsed` (subject `elapsed`, name
   * ''): undefined when there is no such figure. Subjects are written as in a spec.
   */
  measure(subject: string, name: string): Value | undefined;
  /** What a call of `before(EVENT, x)` came to when its event came; undefined when it never did. */
  before?(call: Expression): Outcome<Value> | undefined;
}

/** What paths are resolved against. */
export interface World {
  /** The live machine, or its fault-free twin: whichever is asked about. */
  readonly target: Target;
  readonly topology: TopologyModel;
  /** For `[any]`. */
  readonly seed: number;
  readonly lets: Scenario['lets'];
  /**
   * What each `let` came to where it was first used. Shared by the worlds of one run; plain data, to be copied with a
   * fork.
   */
  readonly known: Map<string, Value>;
  readonly measures: Measures;
  /**
   * The fault-free twin, where a fault struck the element that the text names: it may have lost its name, and is where
   * the twin has it.
   */
  readonly struck?: (element: string) => World | undefined;
}

/** A world of a scenario without anything measured. */
export function worldOf(
  scenario: Pick<Scenario, 'topology' | 'lets'>,
  target: Target,
  seed: number,
  measures: Measures = NOTHING_MEASURED,
): World {
  return { target, topology: scenario.topology, seed, lets: scenario.lets, known: new Map(), measures };
}

const NOTHING_MEASURED: Measures = { measure: () => undefined };
