import type { Address } from '../base/address.ts';
import type { Expression } from '../model/expression.ts';
import type { NamedMoment, Scenario, TargetName } from '../model/scenario.ts';
import { objectNamed } from '../place/collections/slabs.ts';
import { openKernel } from '../place/kernel.ts';
import { matches } from '../place/event-pattern.ts';
import { evaluate, resolve, scalar } from '../place/evaluate.ts';
import type { Outcome } from '../place/outcome.ts';
import type { Place } from '../place/place.ts';
import type { Value } from '../place/value.ts';
import type { World } from '../place/world.ts';
import type { Receipt, RunRecord } from '../record/record.ts';
import type { ClaimedPlace } from './claimed-place.ts';
import { isInside } from './claimed-place.ts';

/** What only the machine can tell, asked for at the end of the run. */
export interface RunFacts {
  /** A place that is named in claims only: looked up on the fault-free twin. */
  place(expression: Expression): Outcome<Place>;
  /** The value of an expression on the machine as it ended; what places hold is read. */
  value(expression: Expression): Outcome<Value>;
  /** What lies at an address of a partition, as a spec names it; looked up on the twin, as places are. */
  nameOf?(partition: string, address: Address): string | undefined;
}

/** One run as the judge sees it. */
export interface Case {
  readonly scenario: Scenario;
  readonly record: RunRecord;
  readonly target: TargetName;
  readonly facts: RunFacts;
  /** Places of claims that were looked up already. */
  readonly claimed: Map<Expression, ClaimedPlace>;
}

/**
 * The facts of a run from its end states: the machine, and its fault-free twin (the machine itself where there is
 * none). An element that a fault struck is found in the machine where the twin has it when its name is what was
 * damaged.
 */
export function factsOf(live: World, twin: World = live, receipts: readonly Receipt[] = []): RunFacts {
  const struck = (element: string): World | undefined =>
    receipts.some((one) => one.kind === 'fault' && one.fired_ns !== undefined && isInside(one.place, element))
      ? twin
      : undefined;
  const asked: World = twin === live ? live : { ...live, struck };
  return {
    place: (expression) => resolve(twin, expression),
    value: (expression) => scalar(asked, evaluate(asked, expression)),
    nameOf: (name, address) => {
      const partition = twin.target.partitions.find((one) => one.name === name);
      const kernel = partition && openKernel(partition);
      return kernel?.ok ? objectNamed(kernel.value, address) : undefined;
    },
  };
}

/**
 * `smash.activated`, `rot.fired` as a figure that conditions may ask for: whether it has happened. Who reads what is
 * not known where nothing is `watched`.
 */
export function momentOf(
  receipts: readonly Receipt[],
  name: string,
  moment: string,
  watched = true,
): Value | undefined {
  if (moment === 'activated' && !watched) return undefined;
  const named = receipts.filter((receipt) => receipt.name === name);
  if (named.length === 0 || (moment !== 'activated' && moment !== 'fired')) return undefined;
  return { kind: 'bool', value: firstMoment(named, name, moment) !== undefined };
}

/** When a named injection first fired, or was first activated. */
function firstMoment(
  receipts: readonly Receipt[],
  name: string,
  moment: 'fired' | 'activated',
): number | undefined {
  let first: number | undefined;
  for (const receipt of receipts) {
    const time = moment === 'fired' ? receipt.fired_ns : receipt.activated_ns;
    if (receipt.name === name && time !== undefined && (first === undefined || time < first)) first = time;
  }
  return first;
}

/** When that which a claim counts from came to pass; undefined when it never did. */
export function timeOf(
  { name, moment, event }: NamedMoment,
  { receipts, events }: RunRecord,
): number | undefined {
  if (moment !== 'event') return firstMoment(receipts, name, moment);
  return event && events.find((one) => matches(event, one))?.time_ns;
}
