import { FORMULA_FUNCTIONS } from '../../model/formula-functions.ts';
import type { Formula } from '../../model/structure.ts';
import { elementScope, typeOf } from '../../model/typing.ts';
import { fileScope } from '../file-scope.ts';
import { fail, label, spanOf } from '../scope.ts';
import type { Declared, Unit } from '../scope.ts';
import { nearest } from '../suggest.ts';
import type { Def, Expr, PathExpr, Step } from '../tree.ts';
import { seesElement } from './build.ts';
import { bring } from './bring.ts';
import type { Bound, Context } from './context.ts';
import { constantOf } from './let-value.ts';
import { readSteps } from './steps.ts';
import { structName } from './enumeration.ts';
import { ofElement, shippedOrUnknown } from './words.ts';
import { readSizeof } from './sizeof.ts';

/** A name, a place or a call. */
export function readPath(expr: PathExpr, context: Context): Formula | undefined {
  const { scope, names, bound } = context;
  const { text } = expr.root;
  const span = spanOf(scope.unit, expr.root);
  const [first, ...rest] = expr.steps;
  if (first?.kind === 'call') {
    const result = readCall(expr, first, context);
    return result && readSteps(result, rest, expr, context);
  }
  const known = bound.get(text);
  if (known !== undefined) {
    const formula = boundAs(known, expr, context);
    return formula && readSteps(formula, expr.steps, expr, context);
  }
  if (context.bare && ofElement(text, context))
    return readSteps(
      { kind: 'member', of: { kind: 'element', span }, name: text, span },
      expr.steps,
      expr,
      context,
    );
  if (text === 'it' && context.typing.element !== undefined)
    return readSteps({ kind: 'element', span }, expr.steps, expr, context);
  if (text === 'symbols') return readSymbol(expr, first, rest, context);
  if (text === 'cpus') return readSteps({ kind: 'cpus', span }, expr.steps, expr, context);
  if ((text === 'true' || text === 'false') && first === undefined)
    return { kind: 'bool', value: text === 'true', span };
  if (scope.values.has(text)) {
    const value = scope.values.get(text);
    return value && constantOf(value, expr, context);
  }
  if (names.source.locator(text) !== undefined) {
    bring('locators', text, context);
    context.needs.locators.add(text);
    return readSteps({ kind: 'collection', locator: text, span }, expr.steps, expr, context);
  }
  if (expr.steps.length > 0 && names.source.named(text) !== undefined) return structName(expr, context);
  return shippedOrUnknown(expr, context);
}

/** The formula that a name stands for. */
function boundAs(known: Bound, expr: PathExpr, context: Context): Formula | undefined {
  known.used = true;
  const { formula } = known;
  if (formula === undefined) return undefined;
  if (known.inside < context.inside && seesElement(formula)) {
    const message = `\`${expr.root.text}\` stands for a part of one element, and here another is at hand`;
    return fail(
      context.scope,
      'E1030',
      expr.root,
      message,
      'of which element?',
      'give it a name with `let` first',
    );
  }
  return { ...formula, span: spanOf(context.scope.unit, expr.root) };
}

function readSymbol(
  expr: PathExpr,
  index: Step | undefined,
  rest: readonly Step[],
  context: Context,
): Formula | undefined {
  const { scope } = context;
  if (index?.kind !== 'index' || index.index.kind !== 'string') {
    const help = 'as in `symbols["init_task"]`';
    return fail(
      scope,
      'E1021',
      index ?? expr.root,
      'a symbol is named by a text in brackets',
      'which one?',
      help,
    );
  }
  const name = index.index.text.slice(1, -1);
  const span = spanOf(scope.unit, { start: expr.start, end: index.end });
  if (!/^[A-Za-z_.$][\w.$]*$/.test(name))
    return fail(scope, 'E1021', index.index, 'no symbol has such a name', 'not a name of the kernel');
  return readSteps({ kind: 'symbol', name, span }, rest, expr, context);
}

/** `NAME( … )`: a `def` of the file or a function of the language. */
function readCall(expr: PathExpr, call: Step & { kind: 'call' }, context: Context): Formula | undefined {
  const { scope } = context;
  const { text } = expr.root;
  const declared = scope.unit.names.get(text);
  if (declared?.node.kind === 'def') return expand(declared as Declared<Def>, expr, call.args, context);
  if (text === 'sizeof') return readSizeof(expr, call.args, context);
  const known = FORMULA_FUNCTIONS.get(text);
  if (known === undefined) {
    const ships = scope.unit.shipped_defs.find(text);
    if (ships !== undefined) return expand(ships, expr, call.args, context);
    const help = functionHelp(text, scope.unit);
    return fail(scope, 'E1023', expr.root, `there is no function \`${text}\``, 'unknown', help);
  }
  const most = known.parameters.length;
  if (call.args.length > most || call.args.length < most - known.optional)
    return arity(text, known.parameters, most - known.optional, call, context);
  const args: Formula[] = [];
  for (const [at, arg] of call.args.entries()) {
    const inner =
      known.parameters[at]?.startsWith('each_') === true ? eachOf(args[0], arg, context) : context;
    const value = inner && context.read(arg, inner);
    if (value === undefined) return undefined;
    args.push(value);
  }
  return {
    kind: 'call',
    function: text,
    args,
    span: spanOf(scope.unit, { start: expr.start, end: call.end }),
  };
}

function functionHelp(name: string, { names, shipped_defs }: Unit): string {
  const files = shipped_defs.filesOf(name);
  if (files.length > 1)
    return `${files.join(', ')} have one each: import the one that is meant, or write a \`def\``;
  const defs = [...names].filter(([, one]) => one.node.kind === 'def').map(([own]) => own);
  const near =
    nearest(name, [...FORMULA_FUNCTIONS.keys(), 'sizeof', ...defs]) ?? nearest(name, shipped_defs.names());
  return near === undefined
    ? 'write a `def`; `siren explain` lists the functions'
    : `did you mean \`${near}\`?`;
}

/** What an argument that looks at each element is read against. */
function eachOf(over: Formula | undefined, arg: Expr, context: Context): Context | undefined {
  if (over === undefined) return undefined;
  const type = typeOf(over, context.typing);
  const inner = elementScope(type, context.typing, spanOf(context.scope.unit, arg));
  // What is wrong with it is told with the whole formula.
  const typing = 'kind' in inner ? { ...context.typing, element: { kind: 'unknown' } as const } : inner;
  return { ...context, typing, bare: false, inside: context.inside + 1 };
}

function arity(
  name: string,
  parameters: readonly string[],
  least: number,
  call: Step & { kind: 'call' },
  context: Context,
): undefined {
  const given = call.args.length;
  const message = `\`${name}\` was given ${given} ${given === 1 ? 'value' : 'values'}`;
  const most = parameters.length;
  const wanted = least === most ? String(most) : `${least} to ${most}`;
  return fail(context.scope, 'E1024', call, message, `it takes ${wanted}`);
}

/** Those that have been written out somewhere, and so checked with what they were given. */
const EXPANDED = new WeakSet<Def>();
export const isExpanded = (node: Def): boolean => EXPANDED.has(node);

/** `def`s may use `def`s this deep. */
const DEF_DEPTH = 32;

/** The body of a `def`, with its arguments for its parameters. */
function expand(
  { unit, node }: Declared<Def>,
  expr: PathExpr,
  args: readonly Expr[],
  context: Context,
): Formula | undefined {
  const { scope } = context;
  const { text } = expr.root;
  if (context.defs.includes(node) || context.defs.length >= DEF_DEPTH) {
    const [message, said] = context.defs.includes(node)
      ? [`\`def ${text}\` leads back to itself`, 'never ends']
      : [`a \`def\` uses others more than ${DEF_DEPTH} deep`, 'one too many'];
    const help = 'a `def` is a formula that is written in its place; what repeats is a `walk`';
    return fail(scope, 'E1031', expr.root, message, said, help);
  }
  EXPANDED.add(node);
  // Two calls in each of sixty would be more than can be counted.
  if (!scope.problems.spend(1, label(scope.unit, expr, 'no further than here'))) return undefined;
  const call = expr.steps[0] as Step & { kind: 'call' };
  if (args.length !== node.parameters.length)
    return arity(
      text,
      node.parameters.map((one) => one.text),
      node.parameters.length,
      call,
      context,
    );
  const bound = new Map<string, Bound>();
  let sound = true;
  for (const [at, parameter] of node.parameters.entries()) {
    const formula = context.read(args[at] as Expr, context);
    if (formula === undefined) sound = false;
    bound.set(parameter.text, { formula, inside: context.inside, used: false });
  }
  if (!sound) return undefined;
  const home = fileScope(unit, scope.problems);
  const trail = [label(scope.unit, expr, 'written out here'), ...scope.trail].slice(0, 4);
  const inner: Context = {
    ...context,
    scope: { ...home, trail },
    ...(unit === scope.unit ? {} : { names: context.names.of(unit), into: context.into ?? context.names }),
    bound,
    bare: false,
    defs: [...context.defs, node],
  };
  const result = context.read(node.value, inner);
  return result && { ...result, span: spanOf(scope.unit, expr) };
}
