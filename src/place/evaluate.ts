import type { Expression, Path } from '../model/expression.ts';
import { printExpression, printPath, printSteps } from '../model/print.ts';
import { openKernel } from './kernel.ts';
import { applyBinary, applyUnary } from './operators.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { Place } from './place.ts';
import { enumeratorAt, partitionOf, readValue } from './read.ts';
import { collectionElements, openIn, resolveFrom, resolvePath } from './resolve.ts';
import { addressPlace, machineAddressOf } from './special.ts';
import type { Value } from './value.ts';
import type { World } from './world.ts';

const DEPTH_LIMIT = 64;

/** What an expression comes to now. Places stay places; what is compared or computed with is read from memory. */
export function evaluate(world: World, expression: Expression): Outcome<Value> {
  return evaluateAt(world, expression, 0);
}

/** The place that an expression names. */
export function resolve(world: World, expression: Expression): Outcome<Place> {
  const value = evaluate(world, expression);
  if (!value.ok) return value;
  if (value.value.kind === 'place') return found(value.value.value);
  return lost('TYPE', printExpression(expression), 'it is no place');
}

/** A truth value, for conditions and checks. */
export function holdsTrue(world: World, expression: Expression): Outcome<boolean> {
  const value = scalar(world, evaluate(world, expression));
  if (!value.ok) return value;
  if (value.value.kind === 'bool') return found(value.value.value);
  return lost('TYPE', printExpression(expression), 'it is neither true nor false');
}

/** What a value comes to when a number or text is asked for: the contents of a place, the figure of a measure. */
export function scalar(world: World, value: Outcome<Value>): Outcome<Value> {
  if (!value.ok || value.value.kind !== 'place') return value;
  const place = value.value.value;
  if (place.kind === 'machine' && place.as_address)
    return found({ kind: 'int', value: BigInt(place.address) });
  if (place.kind === 'thing' && place.thing.kind === 'measure') {
    const figure = world.measures.measure(place.thing.subject, place.thing.name);
    return figure ? found(figure) : lost('UNSUPPORTED', place.text, 'nobody measures that on this target');
  }
  return readValue(world.target, place);
}

function evaluateAt(world: World, expression: Expression, depth: number): Outcome<Value> {
  if (depth > DEPTH_LIMIT) return lost('LIMIT', '', 'the expression is too deep');
  const inner = (part: Expression): Outcome<Value> => evaluateAt(world, part, depth + 1);
  switch (expression.kind) {
    case 'path':
      return evaluatePath(world, expression.value, inner);
    case 'fieldpath':
      return found({ kind: 'fieldpath', steps: expression.steps });
    case 'list':
      return evaluateList(expression.items.map(inner));
    case 'range':
      return evaluateRange(
        scalar(world, inner(expression.low)),
        scalar(world, inner(expression.high)),
        expression,
      );
    case 'unary': {
      const operand = scalar(world, inner(expression.operand));
      return operand.ok ? applyUnary(expression.operator, operand.value) : operand;
    }
    case 'binary':
      return evaluateBinary(world, expression, inner);
    case 'conditional': {
      const condition = scalar(world, inner(expression.condition));
      if (!condition.ok) return condition;
      if (condition.value.kind !== 'bool') return lost('TYPE', '', 'a condition is true or false');
      return inner(condition.value.value ? expression.then : expression.otherwise);
    }
    case 'call':
      return evaluateCall(world, expression, inner);
    case 'word':
      return evaluateWord(world, expression.value);
    default:
      return found(expression);
  }
}

/** Words that stand for a value; any other stands for itself. */
function evaluateWord(world: World, word: string): Outcome<Value> {
  if (word === 'yes' || word === 'no') return found({ kind: 'bool', value: word === 'yes' });
  const figure = word === 'elapsed' ? world.measures.measure('elapsed', '') : undefined;
  return found(figure ?? { kind: 'word', value: word });
}

function evaluatePath(world: World, path: Path, inner: (part: Expression) => Outcome<Value>): Outcome<Value> {
  const bound = world.lets.find((known) => known.name === path.root);
  if (bound) {
    let value = world.known.get(bound.name);
    if (!value) {
      const first = inner(bound.value);
      if (!first.ok) return first;
      value = first.value;
      world.known.set(bound.name, value);
    }
    if (path.steps.length === 0) return found(value);
    if (value.kind !== 'place') return lost('NOT_A_PLACE', path.root, 'it is no place and has no members');
    const place = resolveFrom(world, value.value, path.steps, inner);
    return place.ok ? found({ kind: 'place', value: place.value }) : place;
  }
  const known =
    partitionOf(world.target, path.root) ?? world.topology.ambulances.find(({ name }) => name === path.root);
  if (!known) {
    const figure = world.measures.measure(path.root, printSteps(path.steps).replace(/^\./, ''));
    return figure ? found(figure) : lost('NO_PARTITION', printPath(path), 'nothing of that name is known');
  }
  const here = resolvePath(world, path, inner);
  const twin = here.ok || here.code !== 'NOT_FOUND' ? undefined : world.struck?.(here.at);
  const there = twin && resolvePath(twin, path, inner);
  const place = there?.ok ? there : here;
  return place.ok ? found({ kind: 'place', value: place.value }) : place;
}

function evaluateList(items: readonly Outcome<Value>[]): Outcome<Value> {
  const values: Value[] = [];
  for (const item of items) {
    if (!item.ok) return item;
    values.push(item.value);
  }
  return found({ kind: 'list', items: values });
}

function evaluateRange(low: Outcome<Value>, high: Outcome<Value>, expression: Expression): Outcome<Value> {
  if (!low.ok) return low;
  if (!high.ok) return high;
  if (low.value.kind === 'int' && high.value.kind === 'int') {
    return found({ kind: 'range', low: low.value.value, high: high.value.value });
  }
  if (typeof amount(low.value) === 'number' && low.value.kind === high.value.kind) {
    return found({
      kind: 'range',
      low: BigInt(Math.round(amount(low.value) ?? 0)),
      high: BigInt(Math.round(amount(high.value) ?? 0)),
    });
  }
  return lost('TYPE', printExpression(expression), 'a range has two numbers of one kind');
}

function amount(value: Value): number | undefined {
  return value.kind === 'time' || value.kind === 'size' ? value.value : undefined;
}

function evaluateBinary(
  world: World,
  expression: Extract<Expression, { kind: 'binary' }>,
  inner: (part: Expression) => Outcome<Value>,
): Outcome<Value> {
  const { operator } = expression;
  const left = inner(expression.left);
  if (!left.ok) return left;
  if (operator === 'and' || operator === 'or') {
    const first = scalar(world, left);
    if (!first.ok) return first;
    if (first.value.kind === 'bool' && first.value.value === (operator === 'or')) return first;
  }
  const right = inner(expression.right);
  if (!right.ok) return right;
  const named = enumeration(world, left.value, right.value) ?? enumeration(world, right.value, left.value);
  if (named !== undefined && (operator === '==' || operator === '!=')) {
    return found({ kind: 'bool', value: named === (operator === '==') });
  }
  const [a, b] = [scalar(world, left), scalar(world, right)];
  if (!a.ok) return a;
  return b.ok ? applyBinary(operator, a.value, b.value) : b;
}

/** `web.orders[3].state == filled`: a word beside a place of an enumeration. */
function enumeration(world: World, place: Value, word: Value): boolean | undefined {
  if (place.kind !== 'place' || word.kind !== 'word' || place.value.kind !== 'bytes') return undefined;
  return enumeratorAt(world.target, place.value) === word.value;
}

function evaluateCall(
  world: World,
  expression: Extract<Expression, { kind: 'call' }>,
  inner: (part: Expression) => Outcome<Value>,
): Outcome<Value> {
  const written = printExpression(expression);
  const [argument] = expression.args;
  if (expression.name === 'before') {
    const [event] = expression.args;
    const never = `${event ? printExpression(event) : 'its event'} never came`;
    return world.measures.before?.(expression) ?? lost('NO_EVENT', written, never);
  }
  if (expression.name === 'sum') return sum(world, expression, inner);
  if (!argument || expression.args.length !== 1)
    return lost('UNSUPPORTED', written, 'it cannot be computed here');
  const value = inner(argument);
  if (!value.ok) return value;
  if (expression.name === 'count') return count(world, value.value, written);
  if (expression.name === 'address') return atAddress(world, value.value, written);
  if (expression.name !== 'machine_address') return lost('UNSUPPORTED', written, 'there is no such function');
  if (value.value.kind !== 'place') return lost('TYPE', written, 'only a place has a machine address');
  const place = value.value.value;
  const partition = partitionOf(world.target, place.partition);
  if (!partition) return lost('NO_PARTITION', written, 'the place is in no partition');
  const machine = machineAddressOf(partition, place);
  return machine.ok ? found({ kind: 'place', value: machine.value }) : machine;
}

/** `sum(web.accounts, .count)`, in 64 bits. */
function sum(
  world: World,
  expression: Extract<Expression, { kind: 'call' }>,
  inner: (part: Expression) => Outcome<Value>,
): Outcome<Value> {
  const written = printExpression(expression);
  const [of, field] = expression.args;
  const whole = of && resolve(world, of);
  if (!whole || field?.kind !== 'fieldpath') return lost('TYPE', written, 'a field of elements is summed up');
  if (!whole.ok) return whole;
  const place = whole.value;
  const partition = partitionOf(world.target, place.partition);
  if (place.kind !== 'collection' || !partition) return lost('TYPE', written, 'it has no elements');
  const kernel = openIn(world, partition);
  if (!kernel.ok) return kernel;
  const elements = collectionElements(kernel.value, place.collection, place.text);
  if (!elements.ok) return elements;
  let total = 0n;
  for (const element of elements.value) {
    const opened = element.open(`${place.text}[${element.label}]`);
    const part = opened.ok ? resolveFrom(world, opened.value, field.steps, inner) : opened;
    const value = part.ok ? scalar(world, found({ kind: 'place', value: part.value })) : part;
    if (!value.ok) return value;
    if (value.value.kind !== 'int') return lost('TYPE', written, 'the field is no number');
    total += value.value.value;
  }
  return found({ kind: 'int', value: BigInt.asUintN(64, total) });
}

/** Only where there is no doubt whose kernel is meant. */
function atAddress(world: World, value: Value, written: string): Outcome<Value> {
  const [partition, another] = world.target.partitions;
  if (value.kind !== 'int') return lost('TYPE', written, 'an address is a number');
  if (!partition || another) return lost('UNSUPPORTED', written, 'there are several kernels');
  const kernel = openKernel(partition);
  const place = kernel.ok ? addressPlace(kernel.value, value.value, written) : kernel;
  return place.ok ? found({ kind: 'place', value: place.value }) : place;
}

function count(world: World, value: Value, written: string): Outcome<Value> {
  const number = (items: number | bigint): Outcome<Value> => found({ kind: 'int', value: BigInt(items) });
  if (value.kind === 'list') return number(value.items.length);
  if (value.kind === 'range') return number(value.high < value.low ? 0n : value.high - value.low + 1n);
  if (value.kind === 'int') return found(value);
  if (value.kind !== 'place') return lost('TYPE', written, 'it cannot be counted');
  const place = value.value;
  if (place.kind === 'thing' && place.thing.kind === 'measure') return scalar(world, found(value));
  const partition = partitionOf(world.target, place.partition);
  if (place.kind !== 'collection' || !partition) return lost('TYPE', written, 'only collections are counted');
  if (place.collection === 'cpus') return number(partition.cpus.length);
  const kernel = openIn(world, partition);
  if (!kernel.ok) return kernel;
  const elements = collectionElements(kernel.value, place.collection, place.text);
  return elements.ok ? number(elements.value.length) : elements;
}
