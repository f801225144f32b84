import { KERNEL_LOCKS, SYSTEM_TASKS, WORKLOAD_TASKS } from '../../model/collections.ts';
import type { Collection } from '../../model/collections.ts';
import type { Path, PathStep } from '../../model/expression.ts';
import { namedType } from '../../model/kernel-types.ts';
import type { LparModel } from '../../model/machine.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import { noCpu } from './cpu.ts';
import { fields } from './fields.ts';
import type { Place } from './place.ts';
import { own } from './words.ts';

const KINDS: ReadonlyMap<string, Place['kind']> = new Map<string, Place['kind']>([
  ['tasks', 'task'],
  ['threads', 'task'],
  ['locks', 'lock'],
  ['stacks', 'stack'],
  ['timers', 'timer'],
  ['hrtimers', 'timer'],
]);

/** Names of tasks by workload. */
const TASKS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(WORKLOAD_TASKS).map(([workload, names]) => [workload, new Set([...names, ...SYSTEM_TASKS])]),
);
const NOBODY: ReadonlySet<string> = new Set();
const KINDS_BY_TASK = new Set(['tasks', 'threads', 'stacks']);

/** A collection, one of its elements, or a part of one. */
export function element(
  collection: Collection,
  lpar: LparModel,
  steps: readonly PathStep[],
  path: Path,
  scope: Scope,
): Place | undefined {
  const base = { lpar: lpar.name, collection, dimension: 'place' } as const;
  const [index] = steps;
  if (index === undefined)
    return { kind: 'collection', ...base, dimension: collection.name === 'log' ? 'string' : 'set' };
  const rest = steps.slice(1);
  const type = namedType(collection.element);
  const known = type === undefined ? {} : { type };
  if (collection.index.length === 0) return fields({ kind: 'bytes', ...base, ...known }, steps, scope);
  if (index.kind === 'all' && rest.length === 0) return { kind: 'collection', ...base, dimension: 'set' };
  if (index.kind !== 'index' && index.kind !== 'any') {
    const message = `\`${collection.name}\` are many: say which one before \`${index.kind === 'field' ? index.name : '*'}\``;
    return failAt(
      scope,
      'E0603',
      index.span,
      message,
      'of which one?',
      `as in \`${path.root}.${collection.name}[…]\``,
    );
  }
  if (index.kind === 'index' && !indexed(collection, lpar, index, scope)) return undefined;
  const kind = KINDS.get(collection.name) ?? 'bytes';
  const lockName =
    collection.name === 'locks' && index.kind === 'index' && index.index.kind === 'string'
      ? index.index.value
      : '';
  const lockType = namedType(own(KERNEL_LOCKS, lockName) ?? '');
  const start: Place = { kind, ...base, ...(lockType === undefined ? known : { type: lockType }) };
  return rest.length === 0 ? start : parts(start, rest, collection, scope);
}

function parts(
  start: Place,
  rest: readonly PathStep[],
  collection: Collection,
  scope: Scope,
): Place | undefined {
  const [first, ...more] = rest;
  if (collection.element !== 'task_struct' || first?.kind !== 'field' || first.name !== 'successor') {
    return fields(start, rest, scope);
  }
  return more.length === 0 ? start : parts(start, more, collection, scope);
}

function indexed(
  collection: Collection,
  lpar: LparModel,
  step: PathStep & { kind: 'index' },
  scope: Scope,
): boolean {
  const { index } = step;
  const takes = collection.index;
  if (index.kind === 'string' && takes.includes('name'))
    return named(collection, lpar, index.value, step, scope);
  if (index.kind === 'int' && takes.some((kind) => kind !== 'name')) {
    const cpu = Number(index.value);
    if (takes.includes('cpu') && (cpu < 0 || cpu >= lpar.cpus.vcpus)) {
      noCpu(lpar, cpu, step, scope);
      return false;
    }
    if (cpu >= 0) return true;
  }
  const words = takes.map((kind) =>
    kind === 'name' ? 'a name in quotes' : kind === 'cpu' ? 'the number of a CPU' : 'a number',
  );
  const wanted = [...new Set(words)].join(' or ');
  failAt(
    scope,
    'E0603',
    step.span,
    `\`${collection.name}\` takes ${wanted} in its brackets`,
    `expected ${wanted}`,
  );
  return false;
}

function named(
  collection: Collection,
  lpar: LparModel,
  name: string,
  step: PathStep & { kind: 'index' },
  scope: Scope,
): boolean {
  if (collection.name === 'locks') {
    if (Object.hasOwn(KERNEL_LOCKS, name)) return true;
    const help = didYouMean(name, Object.keys(KERNEL_LOCKS), 'there are');
    failAt(scope, 'E0607', step.index.span, `there is no lock \`${name}\``, 'unknown', help);
    return false;
  }
  if (!KINDS_BY_TASK.has(collection.name)) return true;
  const known = TASKS.get(lpar.kernel.workload) ?? NOBODY;
  if (known.has(name) || known.has(name.split(/[/:]/)[0] as string)) return true;
  const help = didYouMean(name, known, 'with this workload there are');
  const message = `\`${lpar.name}\` runs ${lpar.kernel.workload}: it has no task \`${name}\``;
  failAt(scope, 'E0606', step.index.span, message, 'no such task', help);
  return false;
}
