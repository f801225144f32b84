import { DIAGNOSES } from '../../model/diagnoses.ts';
import type { Statement } from '../../model/structure.ts';
import { docAbove } from '../docs.ts';
import { plainText } from '../literal.ts';
import { fail, spanOf } from '../scope.ts';
import { clauseNamed, clausesOf, single, wantName } from '../settings.ts';
import { didYouMean } from '../suggest.ts';
import type { Clause, Require } from '../tree.ts';
import { checkAlways } from './always.ts';
import { checkAssign } from './assign.ts';
import { checkCondition } from './check.ts';
import type { Context } from './context.ts';
import { readFormula } from './formula.ts';
import { readMessage } from './messages.ts';
import { formulaOf } from './clause-formulas.ts';
import { codeOf } from './told.ts';
import type { Told } from './told.ts';
import { checkPlace } from './places.ts';

const CLAUSES = ['at', 'expected', 'means'];

/** `require EXPR [at PLACE] [expected EXPR] [means CAUSE] else CODE "message"`. */
export function readRequire(node: Require, context: Context, told: Told): Statement | undefined {
  const { scope } = context;
  const clauses = clausesOf(node.head, node.clauses, CLAUSES, scope);
  const condition = readFormula(node.condition, context);
  const sound = condition !== undefined && checkCondition(condition, context);
  if (condition?.kind === 'bool') {
    const message = `this is ${condition.value ? 'true' : 'false'} whatever lies in memory`;
    fail(scope, 'E1035', node.condition, message, 'nothing to require', 'compare something that is read');
  } else if (condition !== undefined && sound) checkAlways(condition, context);
  const at = formulaOf(clauseNamed(clauses, 'at'), context);
  if (at !== undefined) checkPlace(at, 'at', context);
  const expected = formulaOf(clauseNamed(clauses, 'expected'), context);
  if (at !== undefined && expected !== undefined) checkAssign(at, expected, context);
  const means = causeOf(clauseNamed(clauses, 'means'), context);
  const code = codeOf(node.code, node.code, context);
  const message = readMessage(node.message, context);
  if (code !== undefined && (!told.codes.has(code) || told.codes.get(code)?.condition === undefined)) {
    const doc = docAbove(scope.unit, node.start) ?? plainText(node.message.text);
    const cause = means === undefined ? {} : { means };
    told.codes.set(code, {
      doc,
      ...cause,
      context,
      at: node.code,
      ...(condition === undefined ? {} : { condition }),
      expected: expected !== undefined,
    });
  }
  if (condition === undefined || !sound || code === undefined || message === undefined) return undefined;
  return {
    kind: 'require',
    condition,
    code,
    message,
    ...(at === undefined ? {} : { at }),
    ...(expected === undefined ? {} : { expected }),
    ...(means === undefined ? {} : { means }),
    span: spanOf(scope.unit, node),
  };
}

/** A cause of model/diagnoses.ts: what `means` says. */
export function causeOf(clause: Clause | undefined, { scope }: Context): string | undefined {
  const expr = clause && single(clause.values, clause.word, scope);
  const cause = expr && wantName(expr, (clause as Clause).word, scope);
  if (cause === undefined || expr === undefined || DIAGNOSES.has(cause)) return cause;
  const help = didYouMean(cause, DIAGNOSES.keys(), 'causes are');
  return fail(scope, 'E1040', expr, `there is no cause \`${cause}\``, 'unknown', help);
}
