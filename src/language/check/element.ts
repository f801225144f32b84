import { COURIER, KERNEL_LOCKS, SLAB_CACHES, SYSTEM_TASKS, WORKLOAD_TASKS } from '../../model/collections.ts';
import type { Collection } from '../../model/collections.ts';
import type { Path, PathStep } from '../../model/expression.ts';
import { namedType } from '../../model/kernel-types.ts';
import type { LparModel } from '../../model/machine.ts';
import type { TypeModel } from '../../model/structure.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import { sharedBy } from './bytes.ts';
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
const SLAB_PARTS = ['objects', 'free', 'slabs'];
const KINDS_BY_TASK = new Set(['tasks', 'threads', 'stacks']);

/** A collection, one of its elements, or a part of one; `steps[from]` is what follows the collection's name. */
export function element(
  collection: Collection,
  lpar: LparModel,
  path: Path,
  from: number,
  scope: Scope,
): Place | undefined {
  const { steps } = path;
  const { name } = lpar;
  const index = steps[from];
  if (index === undefined) {
    const dimension = collection.name === 'log' ? 'string' : 'set';
    return { kind: 'collection', lpar: name, collection, dimension };
  }
  const type = typeNamed(collection.element);
  if (collection.index.length === 0) {
    return fields(placeOf('bytes', name, collection, type), steps, from, scope);
  }
  const last = from === steps.length - 1;
  if (index.kind === 'all' && last) {
    return { kind: 'collection', lpar: name, collection, dimension: 'set' };
  }
  if (index.kind !== 'index' && index.kind !== 'any') {
    const message = `\`${collection.name}\` are many: say which one before \`${index.kind === 'field' ? index.name : '*'}\``;
    const help = `as in \`${path.root}.${collection.name}[…]\``;
    return failAt(scope, 'E0603', index.span, message, 'of which one?', help);
  }
  if (index.kind === 'index' && !indexed(collection, lpar, index, scope)) return undefined;
  const kind = KINDS.get(collection.name) ?? 'bytes';
  const known = collection.name === 'locks' ? lockType(index) : type;
  const start = placeOf(kind, name, collection, known);
  if (collection.name === 'slabs' && !last) return slabPart(collection, lpar, path, from, scope);
  return last ? start : fields(start, steps, afterSuccessors(collection, steps, from + 1), scope);
}

/** `.objects[4]`, `.free[0]` and `.slabs[0]` of a cache are no members of its struct. */
function slabPart(
  collection: Collection,
  lpar: LparModel,
  path: Path,
  from: number,
  scope: Scope,
): Place | undefined {
  const { steps } = path;
  const [cache, part, number] = [steps[from], steps[from + 1], steps[from + 2]];
  const type = typeNamed(collection.element);
  if (part?.kind !== 'field' || !SLAB_PARTS.includes(part.name)) {
    return fields(placeOf('bytes', lpar.name, collection, type), steps, from + 1, scope);
  }
  const known =
    number?.kind === 'any' ||
    (number?.kind === 'index' && number.index.kind === 'int' && number.index.value >= 0n);
  if (!known) {
    const help = `as in \`${path.root}.slabs["dentry"].${part.name}[0]\``;
    return failAt(
      scope,
      'E0603',
      number?.span ?? part.span,
      `\`${part.name}\` of a cache are numbered`,
      'which one?',
      help,
    );
  }
  const name = cache?.kind === 'index' && cache.index.kind === 'string' ? cache.index.value : '';
  const of = part.name === 'slabs' ? 'slab' : (own(SLAB_CACHES, name) ?? '');
  const start = placeOf(part.name === 'slabs' ? 'bytes' : 'object', lpar.name, collection, typeNamed(of));
  return from + 3 === steps.length ? start : fields(start, steps, from + 3, scope);
}

/** A type of the kernel's, by name. */
function typeNamed(name: string): TypeModel | undefined {
  return namedType(name) === undefined ? undefined : { kind: 'named', name };
}

function placeOf(
  kind: Place['kind'],
  lpar: string,
  collection: Collection,
  type: TypeModel | undefined,
): Place {
  const dimension = 'place';
  return type === undefined
    ? { kind, lpar, collection, dimension }
    : { kind, lpar, collection, dimension, type };
}

function lockType(step: PathStep): TypeModel | undefined {
  const name = step.kind === 'index' && step.index.kind === 'string' ? step.index.value : '';
  return typeNamed(own(KERNEL_LOCKS, name) ?? '');
}

/** `.successor`, as often as one likes, is the next task of the ring: a task again, and no field. */
function afterSuccessors(collection: Collection, steps: readonly PathStep[], from: number): number {
  let at = from;
  if (collection.element !== 'task_struct') return at;
  for (let step = steps[at]; step?.kind === 'field' && step.name === 'successor'; step = steps[at]) at++;
  return at;
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
      noCpu(lpar, index.value, step, scope);
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
  if (collection.name === 'slabs' && !Object.hasOwn(SLAB_CACHES, name)) {
    const help = didYouMean(name, Object.keys(SLAB_CACHES), 'there are');
    failAt(scope, 'E0607', step.index.span, `there is no slab cache \`${name}\``, 'unknown', help);
    return false;
  }
  if (!KINDS_BY_TASK.has(collection.name)) return true;
  const known = tasksOf(lpar, scope);
  if (known.has(name) || known.has(name.split(/[/:]/)[0] as string)) return true;
  const help = didYouMean(name, known, 'with this workload there are');
  const message = `\`${lpar.name}\` runs ${lpar.kernel.workload}: it has no task \`${name}\``;
  failAt(scope, 'E0606', step.index.span, message, 'no such task', help);
  return false;
}

function tasksOf({ name, kernel, apps }: LparModel, scope: Scope): ReadonlySet<string> {
  const known = TASKS.get(kernel.workload) ?? NOBODY;
  const shares = sharedBy(name, scope).length > 0;
  if (!shares && apps === undefined) return known;
  return new Set([...known, ...(shares ? [COURIER] : []), ...(apps ?? []).map((app) => app.name)]);
}
