import type { Expression } from '../model/expression.ts';
import { printExpression } from '../model/print.ts';
import type { EventPattern, Scenario } from '../model/scenario.ts';
import { evaluate, scalar } from '../place/evaluate.ts';
import { matches, patternOf } from '../place/event-pattern.ts';
import type { Outcome } from '../place/outcome.ts';
import type { Value } from '../place/value.ts';
import type { World } from '../place/world.ts';
import type { TraceEvent } from '../target/events.ts';

interface Wanted {
  readonly text: string;
  readonly pattern: EventPattern;
  readonly value: Expression;
  seen: number;
}

/**
 * Every `before(EVENT, x)` of a scenario: its value is taken as the event is told, when nothing of it has happened yet.
 */
export class Befores {
  readonly #wanted: readonly Wanted[];
  readonly #values = new Map<string, Outcome<Value>>();
  #world: World | undefined;

  constructor(scenario: Scenario) {
    const calls = new Map<string, Expression & { kind: 'call' }>();
    for (const expression of expressionsOf(scenario)) collect(expression, calls);
    const at_hand = scenario.triggers.find(({ when }) => when.kind === 'on' && when.each === true)?.when;
    this.#wanted = [...calls].flatMap(([text, call]) => {
      const [event, value] = call.args;
      if (event?.kind !== 'path' || value === undefined) return [];
      const pattern = patternOf(event.value, 1);
      if (pattern === undefined) return [];
      const each = at_hand?.kind === 'on' && sameEvent(at_hand.pattern, pattern);
      return [{ text, value, seen: 0, pattern: each ? { ...pattern, nth: at_hand.pattern.nth } : pattern }];
    });
  }

  /** Kinds of events that it has to hear of. */
  get awaits(): ReadonlySet<string> {
    return new Set(this.#wanted.map(({ pattern }) => pattern.event));
  }

  /** Where values are read; before any event comes. */
  look(world: World): void {
    this.#world = world;
  }

  onEvent(event: TraceEvent): void {
    for (const wanted of this.#wanted) {
      if (!matches(wanted.pattern, event) || ++wanted.seen !== wanted.pattern.nth) continue;
      if (this.#world)
        this.#values.set(wanted.text, scalar(this.#world, evaluate(this.#world, wanted.value)));
    }
  }

  of(call: Expression): Outcome<Value> | undefined {
    return this.#values.get(printExpression(call));
  }
}

function sameEvent(a: EventPattern, b: EventPattern): boolean {
  const place = ({ place: path }: EventPattern): string =>
    path === undefined ? '' : printExpression({ kind: 'path', value: path, span: path.span });
  return a.subject === b.subject && a.event === b.event && place(a) === place(b);
}

function* expressionsOf({ claims, lets, triggers }: Scenario): Generator<Expression> {
  for (const { check, condition } of claims) {
    if (check) yield check;
    if (condition) yield condition;
  }
  for (const { value } of lets) yield value;
  for (const { condition, actions } of triggers) {
    if (condition) yield condition;
    for (const { clauses } of actions) for (const values of Object.values(clauses)) yield* values;
  }
}

/** Calls of `before`, by their text; what stands inside one is taken with it. */
function collect(expression: Expression, calls: Map<string, Expression & { kind: 'call' }>): void {
  switch (expression.kind) {
    case 'call':
      if (expression.name === 'before') calls.set(printExpression(expression), expression);
      else for (const arg of expression.args) collect(arg, calls);
      return;
    case 'unary':
      return collect(expression.operand, calls);
    case 'binary':
      collect(expression.left, calls);
      return collect(expression.right, calls);
    case 'conditional':
      for (const part of [expression.condition, expression.then, expression.otherwise]) collect(part, calls);
      return;
    case 'range':
      collect(expression.low, calls);
      return collect(expression.high, calls);
    case 'list':
      for (const item of expression.items) collect(item, calls);
      return;
    default:
  }
}
