import { partsOf } from '../../model/formula-parts.ts';
import type { Formula } from '../../model/structure.ts';
import { fail, label } from '../scope.ts';
import type { Node } from '../tree.ts';
import type { Context } from './context.ts';

/** A formula has at most this many parts, each `def` in it expanded. */
const PARTS_LIMIT = 4096;
/** And is nested at most this deep. */
const DEPTH_LIMIT = 256;
/** So many parts count as one sentence of the file. */
const PARTS_OF_A_SENTENCE = 64;

interface Weight {
  readonly parts: number;
  readonly depth: number;
}
const WEIGHTS = new WeakMap<Formula, Weight>();
const LEAF: Weight = { parts: 1, depth: 1 };

/**
 * A formula that has not grown too large: an argument of a `def` is one object wherever the `def` mentions it, so that
 * sixty calls, each doubling the one before, would have more parts than can be counted.
 */
export function sized(formula: Formula, node: Node, context: Context): Formula | undefined {
  let parts = 1;
  let depth = 0;
  for (const part of partsOf(formula)) {
    const weight = WEIGHTS.get(part) ?? LEAF;
    parts += weight.parts;
    depth = Math.max(depth, weight.depth);
  }
  const { scope } = context;
  if (parts > PARTS_LIMIT || depth >= DEPTH_LIMIT) {
    const message = `with every \`def\` in it expanded, this has more than ${PARTS_LIMIT} parts, or is nested more than ${DEPTH_LIMIT} deep`;
    return fail(scope, 'E1032', node, message, 'too large', 'give a part of it a name with `let`');
  }
  WEIGHTS.set(formula, { parts, depth: depth + 1 });
  if (parts % PARTS_OF_A_SENTENCE !== 0) return formula;
  return scope.problems.spend(1, label(scope.unit, node, 'no further than here')) ? formula : undefined;
}

/** True when a formula looks at the element at hand. */
export function seesElement(formula: Formula): boolean {
  return formula.kind === 'element' || partsOf(formula).some(seesElement);
}
