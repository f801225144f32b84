import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula, Statement } from '../../model/structure.ts';
import { eachOf, valueOf, withName } from '../../model/type-source.ts';
import { lacks } from '../../model/typing.ts';
import type { Bindings } from './capture.ts';
import { isAlone } from './alone.ts';
import { capture } from './capture.ts';
import type { Compiled, Context } from './context.ts';
import { typed, Unlinkable } from './context.ts';
import { forEach } from './loops.ts';
import { blamedBy, complain, nameIn, wordsOf } from './report.ts';
import { compileCondition, compileValue } from './values.ts';
import { compileWalk } from './walk.ts';

/** What is told of each rule as it is compiled: the names that a repair of its findings will see. */
export type OnRule = (rule: number, bindings: Bindings) => void;

/** The code of statements, one after the other; names that one binds are there for the next. */
export function compileStatements(body: readonly Statement[], context: Context, onRule: OnRule): void {
  let here = context;
  for (const statement of body) {
    if (statement.kind === 'let') here = bind(statement, here);
    else compileStatement(statement, here, onRule);
  }
}

function compileStatement(
  statement: Exclude<Statement, { kind: 'let' }>,
  context: Context,
  onRule: OnRule,
): void {
  const { code } = context;
  code.labelled((label) => {
    const inner = { ...context, bail: `break ${label};` };
    switch (statement.kind) {
      case 'require':
        return compileRequire(statement, inner, onRule);
      case 'each':
        return compileEach(statement, inner, onRule);
      case 'if':
        // What a guest has not is not asked for.
        if (lacks(statement.condition, inner.scope)) return;
        return code.block(`if (${compileCondition(statement.condition, inner)})`, () =>
          compileStatements(statement.body, inner, onRule),
        );
      case 'walk':
        return compileWalk(
          statement,
          inner,
          (body, within) => compileStatements(body, within, onRule),
          onRule,
        );
    }
  });
}

/** A value that cannot be had leaves the rest of the body without it: the body is given up. */
function bind(statement: Statement & { kind: 'let' }, context: Context): Context {
  const { code } = context;
  const type = valueOf(typed(statement.value, context), context.scope.source);
  const made = compileValue(statement.value, context);
  const kept: Compiled =
    made.kind === 'bool' || made.kind === 'text' ? { ...made, code: code.keep(made.code) } : made;
  return named(context, statement.name, type, kept);
}

/** The context with one more name. */
function named(context: Context, name: string, type: FormulaType, made: Compiled): Context {
  return {
    ...context,
    scope: withName(context.scope, name, type),
    names: new Map([...context.names, [name, made]]),
  };
}

function compileRequire(statement: Statement & { kind: 'require' }, context: Context, onRule: OnRule): void {
  const { code, tables } = context;
  const rule =
    tables.rules.push({
      code: statement.code,
      message: wordsOf(statement.message),
      ...(statement.means === undefined ? {} : { means: statement.means }),
      alone: () => isAlone(statement.condition, context),
    }) - 1;
  const { condition, message, at } = statement;
  const expected = statement.expected ?? otherSide(condition);
  const complaint = { rule, condition, message, ...(at ? { at } : {}), ...(expected ? { expected } : {}) };
  code.block(`if (!(${compileCondition(condition, context)}))`, () => {
    complain(complaint, context, (quiet) => onRule(rule, capture(quiet)));
    // What a wrong link leads to is nothing to go on from.
    const stop = context.walks.get(nameIn(at ?? blamedBy(condition)));
    if (stop !== undefined) code.line(stop);
  });
}

/** What one side of an equality is the measure of: the side that no memory is to blame for. */
function otherSide(condition: Formula): Formula | undefined {
  if (condition.kind !== 'binary' || condition.operator !== '==') return undefined;
  const { left, right } = condition;
  if (blamedBy(left) === undefined)
    return blamedBy(right) === undefined || right.kind === 'text' ? undefined : left;
  return blamedBy(right) === undefined && right.kind !== 'text' && right.kind !== 'bool' ? right : undefined;
}

function compileEach(statement: Statement & { kind: 'each' }, context: Context, onRule: OnRule): void {
  const over = typed(statement.over, context);
  const type = eachOf(over, context.scope.source, statement.span);
  if (type.kind === 'wrong') throw new Unlinkable('NO_TYPE', type.message);
  forEach(statement.over, context, (each, inner) => {
    const within = named(inner, statement.name, type, each);
    inner.code.labelled((label) => {
      const body = { ...within, bail: `break ${label};` };
      if (statement.where)
        inner.code.line(`if (!(${compileCondition(statement.where as Formula, body)})) ${body.bail}`);
      compileStatements(statement.body, body, onRule);
    });
  });
}
