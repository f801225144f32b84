import type { ValidatorModel } from '../../model/structure.ts';
import { docAbove } from '../docs.ts';
import { fail, label, spanOf } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { clauseNamed, clausesOf, single } from '../settings.ts';
import { nearest } from '../suggest.ts';
import type { Validator } from '../tree.ts';
import { checkFormula } from './check.ts';
import type { Context, Needs } from './context.ts';
import { contextOf, readFormula } from './formula.ts';
import { checkGuard } from './locator-types.ts';
import type { Names } from './names.ts';
import { readRepairs } from './repairs.ts';
import { readStatements, unused } from './statements.ts';
import type { Told } from './told.ts';

/** Elaborates the validators of a file into its names. */
export function readValidators(scope: Scope, names: Names, needs: Map<string, Needs>): void {
  for (const { unit, node } of scope.unit.validators.values()) {
    if (unit !== scope.unit || scope.problems.full(unit.file)) continue;
    const context = contextOf(scope, names);
    const model = readValidator(node, context);
    if (model === undefined) continue;
    names.validators.set(model.name, model);
    needs.set(`validators ${model.name}`, context.needs);
    checkNamed(node, context);
  }
}

/** A verdict goes by its validator's name: one that is nearly that of what it goes through was meant to be it. */
function checkNamed({ name }: Validator, { scope, names, needs }: Context): void {
  if (names.source.locator(name.text) !== undefined) return;
  const { validators } = scope.unit;
  const unjudged = [...needs.locators].filter(
    (one) => !validators.has(one) && !scope.unit.shipped.validators.has(one),
  );
  const near = nearest(name.text, unjudged);
  if (near === undefined) return;
  const message = `\`${name.text}\` judges \`${near}\`, and no locator has its name`;
  const at = [label(scope.unit, name, `no verdict on \`${near}\` comes of it`)];
  scope.problems.warn('E1048', message, at, `did you mean \`validator ${near}\`?`);
}

function readValidator(node: Validator, context: Context): ValidatorModel | undefined {
  const { scope } = context;
  const before = scope.problems.errors;
  const { text: name } = node.name;
  const clause = clauseNamed(clausesOf(node.name, node.clauses, ['guard'], scope), 'guard');
  const lock = clause && single(clause.values, clause.word, scope);
  const guard = lock && readFormula(lock, context);
  if (guard !== undefined && checkFormula(guard, context)) checkGuard(guard, context);
  if (context.names.source.locator(name) !== undefined) context.needs.locators.add(name);
  const told: Told = { structure: name, codes: new Map(), repairs: [], lets: [] };
  const body = readStatements(node.body, context, told);
  const repairs = readRepairs(told, context);
  for (const { name: bound, context: where } of told.lets) unused(bound, where);
  if (told.codes.size === 0 && scope.unit.whole && scope.problems.errors === before) {
    const help = 'add `require … else CODE "message"`';
    fail(scope, 'E1047', node.name, `validator \`${name}\` requires nothing`, 'finds nothing', help);
  }
  if (scope.problems.errors > before) return undefined;
  const doc = docAbove(scope.unit, node.start);
  return {
    name,
    ...(guard === undefined ? {} : { guard }),
    body,
    repairs,
    codes: [...told.codes].map(([code, one]) => ({
      code,
      doc: one.doc,
      ...(one.means === undefined ? {} : { means: one.means }),
    })),
    shipped: scope.unit.shipped.ships,
    ...(doc === undefined ? {} : { doc }),
    span: spanOf(scope.unit, node),
  };
}
