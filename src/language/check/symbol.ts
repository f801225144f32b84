import { appVariables } from '../../model/app-variables.ts';
import type { Path, PathStep } from '../../model/expression.ts';
import { partsOf } from '../../model/formula-parts.ts';
import { kernelGlobal, kernelPerCpu, KERNEL_VARIABLES } from '../../model/kernel-source.ts';
import type { LparModel } from '../../model/machine.ts';
import type { Formula, TypeModel } from '../../model/structure.ts';
import { resolveType } from '../../model/type-source.ts';
import type { Span } from '../../text/span.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { nearest } from '../suggest.ts';
import { fields } from './fields.ts';
import type { Place } from './place.ts';

/** `web.symbols["init_task"]`, and what lies there. */
export function symbolPlace(
  lpar: LparModel,
  rest: readonly PathStep[],
  path: Path,
  scope: Scope,
): Place | undefined {
  const [index] = rest;
  if (index?.kind !== 'index' || index.index.kind !== 'string') {
    const help = 'as in `web.symbols["init_task"]`';
    return failAt(
      scope,
      'E0603',
      index?.span ?? path.span,
      'a symbol is named by a string',
      'not a name',
      help,
    );
  }
  const name = index.index.value;
  const type = kernelGlobal(name) ?? kernelPerCpu(name) ?? ownType(name, lpar, scope);
  if (type === undefined) known(name, index, lpar, scope);
  const place: Place = {
    kind: 'bytes',
    lpar: lpar.name,
    dimension: 'place',
    ...(type === undefined ? {} : { type }),
  };
  return fields(place, rest, 1, scope);
}

/** What a locator says that lies at a symbol of an application, where it is known here. */
function ownType(name: string, lpar: LparModel, { structures }: Scope): TypeModel | undefined {
  const type = appVariables(lpar).get(name)?.type;
  return type === undefined || structures === undefined || resolveType(type, structures.source) === undefined
    ? undefined
    : type;
}

/** Of the application that every guest has. */
const SHOP_SYMBOL = 'order_book';

/**
 * Warns of a symbol that is neither a variable of the simulated kernel nor one of an application. What a stock kernel
 * has is seen when it runs.
 */
function known(name: string, at: PathStep, lpar: LparModel, scope: Scope): void {
  const own = appVariables(lpar);
  if (own.has(name) || name === SHOP_SYMBOL || scope.structures?.wrong === true || !scope.simulated) return;
  const near = nearest(name, [...own.keys(), SHOP_SYMBOL, ...KERNEL_VARIABLES]);
  const help =
    near === undefined
      ? 'a function, or a variable of another kernel, is looked up when the scenario runs'
      : `did you mean \`${near}\`?`;
  const labels = [{ span: at.span, text: 'known to nobody here' }, ...scope.trail];
  scope.problems.warn(
    'E0619',
    `neither the kernel nor an application of \`${lpar.name}\` has a variable \`${name}\``,
    labels,
    help,
  );
}

/**
 * Warns of a verdict on a structure of the project's own that begins nowhere in a simulated guest: at variables that
 * neither its kernel nor an application has.
 */
export function checkBeginning(place: Place, at: Span, scope: Scope): void {
  const lpar = place.lpar === undefined ? undefined : scope.parties?.lpars.get(place.lpar);
  const locator = scope.structures?.locators.get(place.collection?.name ?? '');
  if (lpar === undefined || locator === undefined || !scope.simulated) return;
  if (locator.shipped || locator.parent !== undefined) return;
  const own = appVariables(lpar);
  const isThere = (name: string): boolean =>
    own.has(name) || name === SHOP_SYMBOL || KERNEL_VARIABLES.has(name);
  const lacking = locator.from.map((from) => symbolsIn(from).find(({ name }) => !isThere(name)));
  const [first] = lacking;
  if (first === undefined || lacking.includes(undefined)) return;
  const near = nearest(first.name, [...own.keys(), SHOP_SYMBOL, ...KERNEL_VARIABLES]);
  const help =
    near === undefined
      ? 'its verdict will be `unreachable` with NO_SYMBOL; an application has what it fills, and what `describes` names'
      : `did you mean \`${near}\`?`;
  const message = `neither the kernel nor an application of \`${lpar.name}\` has a variable \`${first.name}\``;
  const labels = [
    { span: at, text: 'begins nowhere' },
    { span: first.span, text: 'known to nobody there' },
  ];
  scope.problems.warn('E0619', message, [...labels, ...scope.trail], help);
}

function symbolsIn(formula: Formula): readonly (Formula & { kind: 'symbol' })[] {
  return formula.kind === 'symbol' ? [formula] : partsOf(formula).flatMap(symbolsIn);
}
