import type { Expression, PathStep } from '../model/expression.ts';
import { fail, label } from './scope.ts';
import type { Scope } from './scope.ts';
import type { Node } from './tree.ts';

/** What a name stands for has at most this many parts, each mention of another name unfolded. */
const PARTS_LIMIT = 50_000;
/** And is nested at most this deep. */
const DEPTH_LIMIT = 400;
/** So many characters of a text count as one part. */
const TEXT_PART = 16;
/** So many parts of a value count as one sentence of the file. */
const PARTS_OF_A_SENTENCE = 64;

/**
 * How many parts a value has, names unfolded; Infinity above `limit`, as soon as that is known. Values share what they
 * are made of, so sixty names, each made of two of the one before, would have more parts than can be counted.
 */
export function partsOf(value: Expression, limit: number): number {
  let left = limit;
  const take = (parts: number, depth: number): boolean => {
    left -= parts;
    return left >= 0 && depth <= DEPTH_LIMIT;
  };
  const steps = (list: readonly PathStep[], depth: number): boolean =>
    take(list.length, depth + list.length) &&
    list.every((step) => step.kind !== 'index' || walk(step.index, depth + 1));
  const walk = (one: Expression, depth: number): boolean => {
    if (!take(1, depth)) return false;
    const all = (parts: readonly Expression[]): boolean => parts.every((part) => walk(part, depth + 1));
    switch (one.kind) {
      case 'string':
        return take(Math.floor(one.value.length / TEXT_PART), depth);
      case 'path':
        return steps(one.value.steps, depth);
      case 'fieldpath':
        return steps(one.steps, depth);
      case 'list':
        return all(one.items);
      case 'range':
        return all([one.low, one.high]);
      case 'unary':
        return walk(one.operand, depth + 1);
      case 'binary':
        return all([one.left, one.right]);
      case 'conditional':
        return all([one.condition, one.then, one.otherwise]);
      case 'call':
        return all(one.args);
      default:
        return true;
    }
  };
  return walk(value, 0) ? limit - left : Infinity;
}

/** The value that a name is to stand for; undefined when it has grown too large, which is reported. */
export function bounded(value: Expression | undefined, node: Node, scope: Scope): Expression | undefined {
  if (value === undefined) return undefined;
  const parts = partsOf(value, PARTS_LIMIT);
  if (parts > PARTS_LIMIT) {
    const message = `with all its names filled in, this has more than ${PARTS_LIMIT} parts, or is nested more than ${DEPTH_LIMIT} deep`;
    return fail(scope, 'E0419', node, message, 'too large', 'name less at once');
  }
  const sentences = 1 + Math.floor(parts / PARTS_OF_A_SENTENCE);
  return scope.problems.spend(sentences, label(scope.unit, node, 'no further than here')) ? value : undefined;
}
