import type { FormulaType } from '../../model/formula-types.ts';
import type { Formula, Statement } from '../../model/structure.ts';
import { eachOf, valueOf } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import { isWrong, NUMBER } from '../../model/formula-types.ts';
import { fail, failAt, label, spanOf } from '../scope.ts';
import { clauseNamed, clausesOf, single } from '../settings.ts';
import { didYouMean } from '../suggest.ts';
import type { Clause, Each, If, Let, Name, Statement as Written, Walk } from '../tree.ts';
import { checkAlways } from './always.ts';
import { checkCondition, checkedType, tell } from './check.ts';
import { bind } from './context.ts';
import type { Context } from './context.ts';
import { readFormula } from './formula.ts';
import { causeOf, readRequire } from './requirement.ts';
import { conditionOf, formulaOf } from './clause-formulas.ts';
import { checkCount, checkWalkStep } from './locator-types.ts';
import { MOST } from './locators.ts';
import { codeOf } from './told.ts';
import type { Told } from './told.ts';

/** How other languages say what a validator says. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...['assert', 'check', 'expect', 'ensure', 'must', 'verify', 'invariant'].map((word): [string, string] => [
    word,
    'write `require … else CODE "message"`',
  ]),
  ...['for', 'foreach'].map((word): [string, string] => [word, 'write `each NAME in …`']),
  ...['while', 'do', 'loop'].map((word): [string, string] => [
    word,
    'write `each NAME in …`, or a bounded `walk NAME from … step … limit …`',
  ]),
  ...['return', 'break', 'continue'].map((word): [string, string] => [
    word,
    'what is required is required of every element; `where` and `if` leave some out',
  ]),
  ...['const', 'var', 'auto'].map((word): [string, string] => [word, 'write `let`']),
]);

/** Reads statements in order; a `let` is known to those after it. */
export function readStatements(nodes: readonly Written[], outer: Context, told: Told): Statement[] {
  const statements: Statement[] = [];
  let context = outer;
  const lets: Name[] = [];
  for (const node of nodes) {
    if (node.kind === 'broken' || context.scope.problems.full(context.scope.unit.file)) continue;
    const at = label(context.scope.unit, node, 'no further than here');
    if (!context.scope.problems.spend(1, at)) break;
    switch (node.kind) {
      case 'let': {
        const read = readLet(node, context);
        context = read.context;
        lets.push(node.name);
        if (read.statement !== undefined) statements.push(read.statement);
        break;
      }
      case 'require':
        push(statements, readRequire(node, context, told));
        break;
      case 'each':
        push(statements, readEach(node, context, told));
        break;
      case 'if':
        push(statements, readIf(node, context, told));
        break;
      case 'walk':
        push(statements, readWalk(node, context, told));
        break;
      case 'repair':
        told.repairs.push({ node, context });
        break;
      case 'phrase': {
        const { text } = node.head;
        const heads = ['require', 'each', 'if', 'walk', 'let', 'repair'];
        const help = ELSEWHERE.get(text) ?? didYouMean(text, heads, 'it holds');
        fail(
          context.scope,
          'E0306',
          node.head,
          `a validator has no sentence \`${node.head.text}\``,
          'unknown',
          help,
        );
      }
    }
  }
  for (const name of lets) told.lets.push({ name, context });
  return statements;
}

function push<T>(list: T[], one: T | undefined): void {
  if (one !== undefined) list.push(one);
}

/** Told when the repairs have been read, too: they see what was bound. */
export function unused(name: Name, { bound, scope }: Context): void {
  if (!scope.unit.whole || name.text.startsWith('_') || bound.get(name.text)?.used !== false) return;
  const help = 'use it, remove it, or start its name with `_`';
  scope.problems.warn(
    'E1034',
    `the \`let\` \`${name.text}\` is used nowhere`,
    [label(scope.unit, name, 'unused')],
    help,
  );
}

function readLet(node: Let, context: Context): { context: Context; statement?: Statement } {
  const value = readFormula(node.value, context);
  const type = value && checkedType(value, context);
  const span = spanOf(context.scope.unit, node.name);
  const formula: Formula | undefined =
    type === undefined ? undefined : { kind: 'name', name: node.name.text, span };
  // What is bound twice goes on meaning what it meant: else everything behind would be wrong, too.
  const twice = context.bound.has(node.name.text);
  const given = named(node.name, type ?? { kind: 'unknown' }, formula, context, value);
  const inner = twice ? context : given;
  if (value === undefined || type === undefined) return { context: inner };
  const statement: Statement = {
    kind: 'let',
    name: node.name.text,
    value,
    span: spanOf(context.scope.unit, node),
  };
  return { context: inner, statement };
}

/** A context with one more name, which must be new. */
function named(
  name: Name,
  type: FormulaType,
  formula: Formula | undefined,
  context: Context,
  value?: Formula,
): Context {
  const { scope, bound } = context;
  const other = bound.get(name.text);
  if (other !== undefined) {
    const first = other.at === undefined ? [] : [label(scope.unit, other.at, 'first here')];
    fail(
      scope,
      'E1033',
      name,
      `\`${name.text}\` is bound twice`,
      'again',
      'give one of them another name',
      first,
    );
  } else if (['symbols', 'cpus', 'it', 'true', 'false'].includes(name.text)) {
    fail(scope, 'E1033', name, `\`${name.text}\` has a meaning of its own`, 'taken', 'give it another name');
  }
  return bind(context, name, type, formula, value);
}

function readEach(node: Each, context: Context, told: Told): Statement | undefined {
  const { scope } = context;
  const span = spanOf(scope.unit, node);
  const clauses = clausesOf(node.head, node.clauses, ['where'], scope);
  const over = readFormula(node.over, context);
  let type: FormulaType = { kind: 'unknown' };
  let sound = over !== undefined;
  if (over !== undefined) {
    const found = checkedType(over, context);
    const each = found && eachOf(found, context.names.source, over.span);
    if (each !== undefined && isWrong(each)) tell(each, context);
    if (each === undefined || isWrong(each)) sound = false;
    else type = each;
  }
  const { text: name } = node.name;
  const formula: Formula = { kind: 'name', name, span: spanOf(scope.unit, node.name) };
  const inner = named(node.name, type, sound ? formula : undefined, context);
  if (over?.kind === 'range') checkRange(over, context);
  const where = conditionOf(clauseNamed(clauses, 'where'), inner);
  const body = readStatements(node.body, inner, told);
  if (over === undefined || !sound) return undefined;
  return { kind: 'each', name, over, ...(where === undefined ? {} : { where }), body, span };
}

/** A range that is written down has something to go through, and an end. */
function checkRange(range: Formula & { kind: 'range' }, context: Context): void {
  const { low, high } = range;
  if (low.kind !== 'int' || high.kind !== 'int') return;
  if (high.value >= low.value)
    return checkMost({ ...high, value: high.value - low.value + 1n }, range, 'a range', context);
  failAt(
    context.scope,
    'E1035',
    range.span,
    'this range is empty: nothing is gone through',
    'no number',
    'the lower end stands first',
  );
}

/** What is gone through has at most as many parts as a locator may have elements. */
function checkMost(count: Formula, at: Formula, what: string, { scope }: Context): void {
  if (count.kind !== 'int' || (count.value > 0n && count.value <= BigInt(MOST))) return;
  const message = `${what} is of 1 to ${MOST}, and this is ${count.value}`;
  failAt(scope, 'E0309', at.span, message, 'out of range');
}

function readIf(node: If, context: Context, told: Told): Statement | undefined {
  const condition = readFormula(node.condition, context);
  const sound = condition !== undefined && checkCondition(condition, context);
  if (sound) checkAlways(condition, context);
  const body = readStatements(node.body, context, told);
  return sound ? { kind: 'if', condition, body, span: spanOf(context.scope.unit, node) } : undefined;
}

const OF_WALK = ['from', 'step', 'until', 'limit', 'cycle', 'means', 'over'];
const NEEDED: readonly (readonly [word: string, why: string])[] = [
  ['from', 'where it begins, as in `from k.freelist`'],
  ['step', 'what follows, as in `step o.next`'],
  ['limit', 'after how many elements it is no structure but damage, as in `limit 10_000`'],
];

function readWalk(node: Walk, context: Context, told: Told): Statement | undefined {
  const { scope } = context;
  const clauses = clausesOf(node.head, node.clauses, OF_WALK, scope);
  let sound = true;
  for (const [word, why] of NEEDED) {
    if (clauseNamed(clauses, word) !== undefined) continue;
    sound = false;
    fail(scope, 'E1036', node.name, `a walk needs \`${word}\``, 'incomplete', why);
  }
  const from = formulaOf(clauseNamed(clauses, 'from'), context);
  const limit = formulaOf(clauseNamed(clauses, 'limit'), context);
  const start = from && valueOf(typeOf(from, context.typing), context.names.source);
  const type: FormulaType =
    start?.kind === 'number' || start === undefined
      ? NUMBER
      : start.kind === 'pointer'
        ? { ...start, counted: true }
        : start;
  const { text: name } = node.name;
  const formula: Formula = { kind: 'name', name, span: spanOf(scope.unit, node.name) };
  const inner = named(node.name, type, from === undefined ? undefined : formula, context);
  const step = formulaOf(clauseNamed(clauses, 'step'), inner);
  if (step !== undefined) checkWalkStep(name, step, type, inner);
  if (limit !== undefined) checkMost(limit, limit, '`limit`', context);
  checkCount('limit', limit, context);
  const until = conditionOf(clauseNamed(clauses, 'until'), inner);
  const cycle = walkCode(
    clauseNamed(clauses, 'cycle'),
    'WALK_CYCLE',
    `A walk over \`${name}\` comes back to where it was.`,
    node,
    inner,
    told,
  );
  const over_limit = walkCode(
    clauseNamed(clauses, 'over'),
    'WALK_LIMIT',
    `A walk over \`${name}\` goes on beyond its limit.`,
    node,
    inner,
    told,
  );
  const means = causeOf(clauseNamed(clauses, 'means'), inner);
  const body = readStatements(node.body, inner, told);
  if (!sound || from === undefined || step === undefined || limit === undefined) return undefined;
  const some = { ...(until === undefined ? {} : { until }), ...(means === undefined ? {} : { means }) };
  return {
    kind: 'walk',
    name,
    from,
    step,
    ...some,
    limit,
    cycle,
    over_limit,
    body,
    span: spanOf(scope.unit, node),
  };
}

/** A code that a walk itself gives. */
function walkCode(
  clause: Clause | undefined,
  otherwise: string,
  doc: string,
  node: Walk,
  context: Context,
  told: Told,
): string {
  const expr = clause && single(clause.values, clause.word, context.scope);
  const at = expr?.kind === 'path' && expr.steps.length === 0 ? expr.root : undefined;
  if (expr !== undefined && at === undefined) codeOf(undefined, expr, context);
  const code = at === undefined ? otherwise : codeOf(at, at, context);
  if (code !== undefined && !told.codes.has(code))
    told.codes.set(code, { doc, context, at: at ?? node.name });
  return code ?? otherwise;
}
