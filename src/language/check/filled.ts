import type { PathStep } from '../../model/expression.ts';
import type { AppField, AppFill, LparModel } from '../../model/machine.ts';
import type { LocatorModel } from '../../model/structure.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';

/**
 * What an application of the partition fills a structure with; undefined where none does, or where each parent has
 * elements of its own.
 */
function fillOf(name: string, { apps = [] }: LparModel): AppFill | undefined {
  const fill = apps.flatMap(({ fills }) => fills).find(({ locator }) => locator.name === name);
  return fill?.locator.parent === undefined ? fill : undefined;
}

/** False when the application that fills a structure makes no element of that name or number, which is reported. */
export function isFilled(locator: LocatorModel, step: PathStep, lpar: LparModel, scope: Scope): boolean {
  const fill = fillOf(locator.name, lpar);
  if (fill === undefined || step.kind !== 'index') return true;
  const { index } = step;
  const { name, id, label } = locator;
  if (index.kind === 'int' && id.length === 0) {
    if (index.value < BigInt(fill.count)) return true;
    const has = `it has ${fill.count} ${fill.count === 1 ? 'element' : 'elements'}, from 0`;
    failAt(scope, 'E0618', step.span, `\`${name}\` has no element ${index.value}`, has);
    return false;
  }
  const member = (index.kind === 'string' ? label : id).join('.');
  const field = fill.fields.find((one) => one.member.join('.') === member);
  if (field === undefined || (index.kind !== 'int' && index.kind !== 'string')) return true;
  const found =
    index.kind === 'int' ? hasNumber(field, index.value, fill.count) : hasText(field, index.value);
  if (found) return true;
  const wanted = index.kind === 'int' ? String(index.value) : `"${index.value}"`;
  failAt(
    scope,
    'E0607',
    step.span,
    `no element of \`${name}\` has the ${member} ${wanted}`,
    'none is made',
    undefined,
    [{ span: field.span, text: 'what they are filled with' }],
  );
  return false;
}

function hasNumber({ value }: AppField, wanted: bigint, count: number): boolean {
  switch (value.kind) {
    case 'constant':
      return value.value === wanted;
    case 'range':
      return wanted >= value.low && wanted <= value.high;
    case 'choice':
      return value.values.includes(wanted);
    case 'counter': {
      const { from, step } = value;
      const off = wanted - from;
      return step === 0n ? off === 0n : off % step === 0n && off / step >= 0n && off / step < BigInt(count);
    }
    default:
      return true;
  }
}

/** A text is cut to its member: only what it begins with is sure. */
function hasText({ value }: AppField, wanted: string): boolean {
  return value.kind !== 'text' || value.value.startsWith(wanted);
}
