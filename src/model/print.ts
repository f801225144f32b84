import { formatSize, formatTime } from '../base/units.ts';
import type { Expression, Path, PathStep } from './expression.ts';

/** A path as it is written in a spec, so that what a report prints can be pasted into one. */
export function printPath(path: Path): string {
  return path.root + printSteps(path.steps);
}

export function printSteps(steps: readonly PathStep[]): string {
  return steps.map(printStep).join('');
}

function printStep(step: PathStep): string {
  switch (step.kind) {
    case 'field':
      return `.${step.name}`;
    case 'index':
      return `[${printExpression(step.index)}]`;
    case 'any':
      return '[any]';
    case 'all':
      return '.*';
    case 'call':
      return `(${step.args.map(printExpression).join(', ')})`;
  }
}

/** An expression in the language's own words; brackets wherever an operand is itself an operation. */
export function printExpression(value: Expression): string {
  switch (value.kind) {
    case 'int':
      return value.value > 0xffffn ? `0x${value.value.toString(16)}` : value.value.toString();
    case 'time':
      return formatTime(value.value);
    case 'size':
      return formatSize(value.value);
    case 'percent':
      return `${Number((value.value * 100).toFixed(6))}%`;
    case 'string':
      return `"${value.value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;
    case 'bool':
      return value.value ? 'true' : 'false';
    case 'word':
      return value.value;
    case 'path':
      return printPath(value.value);
    case 'fieldpath':
      return printSteps(value.steps);
    case 'list':
      return `[${value.items.map(printExpression).join(', ')}]`;
    case 'range':
      return `${operand(value.low)}..${operand(value.high)}`;
    case 'unary':
      return value.operator === 'not'
        ? `not ${operand(value.operand)}`
        : value.operator + operand(value.operand);
    case 'binary':
      return `${operand(value.left)} ${value.operator} ${operand(value.right)}`;
    case 'conditional':
      return `${operand(value.condition)} ? ${operand(value.then)} : ${operand(value.otherwise)}`;
    case 'call':
      return `${value.name}(${value.args.map(printExpression).join(', ')})`;
  }
}

function operand(value: Expression): string {
  const compound = value.kind === 'binary' || value.kind === 'conditional' || value.kind === 'range';
  return compound ? `(${printExpression(value)})` : printExpression(value);
}
