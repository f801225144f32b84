import { numberIn, plainField } from '../../model/number-field.ts';
import type { Formula, RepairModel, Shape } from '../../model/structure.ts';
import type { Elements } from '../elements.ts';
import type { Draft } from '../findings.ts';
import type { Session } from '../session.ts';
import type { Told } from './propose.ts';

/**
 * Every element lies where it lies: none can be cut off. What hangs together by links may have lost one, and the number
 * is all that knows of it.
 */
const HELD: ReadonlySet<Shape> = new Set(['array', 'ring', 'one', 'bitmap']);

/**
 * True when a repair would make one forget data that was within reach and is not any more: a walk could not be ended,
 * so that elements are out of reach, or there would be counted less than stands there of what hangs together by links,
 * where what is taken off leaves no other trace.
 */
export function wouldLose(model: RepairModel, told: Told, draft: Draft, session: Session): boolean {
  const counted = countedBy(model, draft.structure, session);
  const own = session.located(draft.structure);
  if ([...counted, ...(own === undefined ? [] : [own])].some((elements) => !elements.all().complete))
    return true;
  if (model.verb !== 'set' && model.verb !== 'recount') return false;
  if (counted.every(({ locator }) => HELD.has(locator.model.shape))) return false;
  const value = told.to ?? draft.expected_bits;
  if (value === undefined) return false;
  const { space, address, bytes, field = plainField(bytes) } = told.subject ?? draft;
  const before = space.bytes(address, field.bytes);
  const wanted = field.signed ? BigInt.asIntN(64, value) : value;
  return before === undefined || wanted < numberIn(field, before);
}

/**
 * What the value is counted from: the structures that its formula goes through; of a `recount`, the structure itself.
 */
function countedBy({ to, verb }: RepairModel, structure: string, session: Session): readonly Elements[] {
  const names = to === undefined ? (verb === 'recount' ? [structure] : []) : collectionsIn(to);
  return names.flatMap((name) => {
    const elements = session.located(name.replace('.', ''));
    const nested = elements?.locator.model.parent !== undefined;
    return elements !== undefined && (nested || !name.startsWith('.')) ? [elements] : [];
  });
}

/** Names of locators; behind a dot, what may be one that is nested. */

function collectionsIn(formula: Formula): readonly string[] {
  switch (formula.kind) {
    case 'collection':
      return [formula.locator];
    case 'member':
      return [`.${formula.name}`, ...collectionsIn(formula.of)];
    case 'every':
    case 'cast':
    case 'address':
      return collectionsIn(formula.of);
    case 'index':
      return [...collectionsIn(formula.of), ...collectionsIn(formula.index)];
    case 'unary':
      return collectionsIn(formula.operand);
    case 'binary':
      return [...collectionsIn(formula.left), ...collectionsIn(formula.right)];
    case 'conditional':
      return [formula.condition, formula.then, formula.otherwise].flatMap(collectionsIn);
    case 'set':
      return formula.items.flatMap(collectionsIn);
    case 'call':
      return formula.args.flatMap(collectionsIn);
    default:
      return [];
  }
}
