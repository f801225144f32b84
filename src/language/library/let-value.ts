import type { Expression } from '../../model/expression.ts';
import type { Formula } from '../../model/structure.ts';
import { fail, spanOf } from '../scope.ts';
import type { PathExpr } from '../tree.ts';
import type { Context } from './context.ts';
import { readSteps } from './steps.ts';

/** What a `let` of the file stands for in a formula, and the parts of it that are named. */
export function constantOf(value: Expression, expr: PathExpr, context: Context): Formula | undefined {
  const { scope } = context;
  const span = spanOf(scope.unit, expr.root);
  switch (value.kind) {
    case 'int':
      return readSteps(
        { kind: 'int', value: BigInt.asUintN(64, value.value), span },
        expr.steps,
        expr,
        context,
      );
    case 'time':
    case 'size':
      return {
        kind: 'int',
        value: BigInt.asUintN(64, BigInt(Math.round(value.value))),
        quantity: value.kind,
        span,
      };
    case 'bool':
      return { kind: 'bool', value: value.value, span };
    case 'string':
    case 'word':
      return { kind: 'text', value: value.value, span };
    case 'range':
    case 'list': {
      const items = value.kind === 'range' ? [value.low, value.high] : value.items;
      const read = items.map((item) => constantOf(item, { ...expr, steps: [] }, context));
      if (read.includes(undefined)) return undefined;
      const [low, high] = read as [Formula, Formula];
      return value.kind === 'range'
        ? { kind: 'range', low, high, span }
        : { kind: 'set', items: read as Formula[], span };
    }
    default: {
      const message = `\`${expr.root.text}\` is a \`let\` of runs, and no run is going on here`;
      return fail(
        scope,
        'E1021',
        expr.root,
        message,
        'not known here',
        'write a `let` in the validator, or a `def`',
      );
    }
  }
}
