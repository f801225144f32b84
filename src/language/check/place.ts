import { COLLECTIONS, SPECIAL_PLACES } from '../../model/collections.ts';
import { isLater } from '../../model/later.ts';
import type { Collection } from '../../model/collections.ts';
import type { Dimension, Expression, Path, PathStep } from '../../model/expression.ts';
import { FUNCTIONS } from '../../model/functions.ts';
import type { LparModel } from '../../model/machine.ts';
import type { TypeModel } from '../../model/structure.ts';
import { REGISTERS } from '../../model/registers.ts';
import { laterWordAt } from '../later.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { Quiet } from '../problems.ts';
import { didYouMean } from '../suggest.ts';
import { bytesPlace, indexNeeded, sharedBy } from './bytes.ts';
import { noCpu } from './cpu.ts';
import { element } from './element.ts';
import { isFilledThere, located, ownStructureNames, structureNames } from './located.ts';
import { symbolPlace } from './symbol.ts';
import { own } from './words.ts';

/** What a path names, as far as the text can tell. */
export interface Place {
  readonly kind:
    | 'lpar'
    | 'ambulance'
    | 'device'
    | 'others'
    | 'all'
    | 'collection'
    | 'bytes'
    | 'task'
    | 'lock'
    | 'stack'
    | 'timer'
    | 'object'
    | 'cpus'
    | 'cpu'
    | 'register'
    | 'interrupt'
    | 'metadata'
    | 'measure'
    | 'grants'
    | 'setting';
  readonly lpar?: string;
  readonly ambulance?: string;
  readonly collection?: Collection;
  readonly dimension: Dimension;
  /** How wide the bytes are, where the type says so. */
  readonly width_bits?: number;
  /** Type of what is named, where it is known. */
  readonly type?: TypeModel;
  /** What a setting is: `web.kernel.heartbeat`. */
  readonly constant?: Expression;
}

const AMBULANCE_PARTS = ['refusals', 'findings', 'grants', 'reads', 'memory', 'cpus'];
const REGION_PARTS = ['bytes', 'locators', 'entries'];
const REGISTER_NAMES: ReadonlySet<string> = new Set(REGISTERS);
const BY_NAME: ReadonlyMap<string, Collection> = new Map(COLLECTIONS.map((one) => [one.name, one]));

export function collectionNamed(name: string): Collection | undefined {
  return BY_NAME.get(name);
}

/** The path that was looked up last, and what it named: the same path is asked for again by the next check. */
let asked: { readonly path: Path; readonly scope: Scope['parties']; readonly place: Place } | undefined;

/** What a path names; undefined when there is no such place (and that was reported). */
export function resolvePlace(path: Path, scope: Scope): Place | undefined {
  if (asked !== undefined && asked.path === path && asked.scope === scope.parties) return asked.place;
  const place = lookUp(path, scope);
  if (place !== undefined) asked = { path, scope: scope.parties, place };
  return place;
}

function lookUp(path: Path, scope: Scope): Place | undefined {
  const { root, steps } = path;
  if (root === 'others') {
    if (steps.length === 0) return { kind: 'others', dimension: 'set' };
    return failAt(
      scope,
      'E0602',
      path.span,
      '`others` has no parts',
      'a whole',
      'it stands for all that no claim names',
    );
  }
  const bound = scope.lets.get(root);
  if (bound !== undefined) {
    if (bound.kind !== 'path')
      return { kind: 'measure', dimension: steps.length > 0 ? 'place' : measured(bound, scope) };
    return resolvePlace({ ...bound.value, steps: [...bound.value.steps, ...steps], span: path.span }, scope);
  }
  const lpar = scope.parties?.lpars.get(root);
  if (lpar !== undefined) return lparPlace(lpar, path, scope);
  const first = steps[0];
  if (first === undefined) return { kind: 'ambulance', ambulance: root, dimension: 'place' };
  if (first.kind === 'field' && AMBULANCE_PARTS.includes(first.name))
    return { kind: first.name === 'grants' ? 'grants' : 'measure', dimension: 'set' };
  const help = didYouMean(first.kind === 'field' ? first.name : '', AMBULANCE_PARTS, 'an ambulance has');
  return failAt(scope, 'E0602', first.span, `an ambulance has no such part`, `not in \`${root}\``, help);
}

function lparPlace(lpar: LparModel, path: Path, scope: Scope): Place | undefined {
  const { steps } = path;
  const first = steps[0];
  if (first === undefined) return { kind: 'lpar', lpar: lpar.name, dimension: 'place' };
  if (first.kind === 'all') {
    if (steps.length === 1) return { kind: 'all', lpar: lpar.name, dimension: 'set' };
    return failAt(scope, 'E0602', path.span, `\`${lpar.name}.*\` has no parts`, 'a whole');
  }
  if (first.kind !== 'field') {
    return failAt(
      scope,
      'E0603',
      first.span,
      `\`${lpar.name}\` is one partition: it takes no index`,
      'not a list',
    );
  }
  for (const { device } of lpar.devices)
    if (device === first.name) return devicePlace(lpar, device, steps, scope);
  const region = sharedBy(lpar.name, scope).find((one) => one.name === first.name);
  if (region !== undefined) return bytesPlace(lpar, region.name, region.bytes, steps.slice(1), scope);
  const application = first.name === 'app' && steps[1]?.kind === 'field' ? steps[1].name : undefined;
  const name = application ?? first.name;
  const collection = BY_NAME.get(name);
  const from = application === undefined ? 1 : 2;
  const found = located(name, collection, lpar, path, from, scope);
  if (found !== 'none') return found;
  if (collection !== undefined && name !== 'metadata') return element(collection, lpar, path, from, scope);
  const special = own(SPECIAL, name);
  if (special !== undefined) return special(lpar, steps.slice(from), path, scope);
  return unknownPart(lpar, first.name, first, scope);
}

function unknownPart(lpar: LparModel, name: string, step: PathStep, scope: Scope): undefined {
  // What the file declares and is wrong was told there.
  if (scope.unit.locators.has(name) || scope.unit.validators.has(name)) return undefined;
  if (isLater(name, 'structure')) return laterWordAt(scope, step.span, name);
  const device = scope.parties?.machine?.devices.find((one) => one.name === name);
  if (device !== undefined) {
    const owners = [...(scope.parties?.lpars.values() ?? [])]
      .filter((other) => other.devices.some((grant) => grant.device === name))
      .map((other) => other.name);
    const help =
      owners.length === 0 ? 'no partition was given it' : `it belongs to \`${owners.join('`, `')}\``;
    return failAt(
      scope,
      'E0616',
      step.span,
      `\`${lpar.name}\` has no device \`${name}\``,
      'not its own',
      help,
    );
  }
  if (isFilledThere(name, lpar))
    return failAt(
      scope,
      'E0602',
      step.span,
      `nothing here says what \`${name}\` of \`${lpar.name}\` is`,
      'declared elsewhere',
      `import \`${name}\` from the file of its topology, too`,
    );
  const names = [
    ...ownStructureNames(scope),
    ...SPECIAL_PLACES.map((one) => one.name),
    ...lpar.devices.map((one) => one.device),
    ...sharedBy(lpar.name, scope).map((one) => one.name),
  ];
  const ships = [...structureNames(scope), ...BY_NAME.keys()];
  const help = didYouMean(name, names, 'a partition has', ships);
  return failAt(scope, 'E0602', step.span, `there is no \`${name}\` in \`${lpar.name}\``, 'unknown', help);
}

type Special = (lpar: LparModel, rest: readonly PathStep[], path: Path, scope: Scope) => Place | undefined;

const SPECIAL: Readonly<Record<string, Special>> = {
  cpus: cpuPlace,
  metadata: metadataPlace,
  kernel: settingPlace,
  cpu_time: (lpar, rest, path, scope) =>
    rest.length === 0 ? { kind: 'measure', lpar: lpar.name, dimension: 'time' } : noParts(path, scope),
  symbols: symbolPlace,
  memory: (lpar, rest, _path, scope) => bytesPlace(lpar, lpar.name, lpar.memory_bytes, rest, scope),
  page_table: entryPlace,
  second_level: entryPlace,
  iommu: entryPlace,
};

function noParts(path: Path, scope: Scope): undefined {
  return failAt(scope, 'E0602', path.span, 'a measure has no parts', 'a single figure');
}

function entryPlace(lpar: LparModel, rest: readonly PathStep[], path: Path, scope: Scope): Place | undefined {
  const wrong = rest.find((step) => step.kind !== 'index');
  if (wrong !== undefined || rest.length === 0) {
    const message = 'an entry is named by the place that it maps';
    return failAt(
      scope,
      'E0603',
      wrong?.span ?? path.span,
      message,
      'a place belongs in brackets',
      'as in `web.page_table[web.run_queues[0]]`',
    );
  }
  return { kind: 'bytes', lpar: lpar.name, dimension: 'place', width_bits: 64 };
}

function devicePlace(
  lpar: LparModel,
  device: string,
  steps: readonly PathStep[],
  scope: Scope,
): Place | undefined {
  const part = steps[1];
  if (part === undefined) return { kind: 'device', lpar: lpar.name, dimension: 'place' };
  if (part.kind === 'field') {
    if (part.name === 'iommu_faults') return { kind: 'measure', lpar: lpar.name, dimension: 'int' };
    if (part.name === 'interrupt') return { kind: 'interrupt', lpar: lpar.name, dimension: 'place' };
    if (part.name === 'iommu') return { kind: 'bytes', lpar: lpar.name, dimension: 'place', width_bits: 64 };
  }
  const help = didYouMean(
    part.kind === 'field' ? part.name : '',
    ['iommu_faults', 'interrupt', 'iommu'],
    'a device has',
  );
  return failAt(scope, 'E0602', part.span, `a device has no such part`, `not in \`${device}\``, help);
}

function cpuPlace(lpar: LparModel, rest: readonly PathStep[], _path: Path, scope: Scope): Place | undefined {
  const [index, part] = rest;
  if (index === undefined || index.kind === 'all') return { kind: 'cpus', lpar: lpar.name, dimension: 'set' };
  if (index.kind === 'index') {
    const cpu = index.index.kind === 'int' ? index.index.value : undefined;
    if (cpu === undefined) return indexNeeded('the number of a CPU', index, scope);
    if (cpu < 0n || cpu >= BigInt(lpar.cpus.vcpus)) return noCpu(lpar, cpu, index, scope);
  } else if (index.kind !== 'any') return indexNeeded('the number of a CPU', index, scope);
  if (part === undefined) return { kind: 'cpu', lpar: lpar.name, dimension: 'place' };
  if (part.kind === 'field' && rest.length === 2) {
    if (part.name === 'tick') return { kind: 'interrupt', lpar: lpar.name, dimension: 'place' };
    if (REGISTER_NAMES.has(part.name))
      return { kind: 'register', lpar: lpar.name, dimension: 'place', width_bits: 64 };
  }
  const name = part.kind === 'field' ? part.name : '';
  const help = didYouMean(name, [...REGISTERS, 'tick'], 'a CPU has');
  return failAt(scope, 'E0608', part.span, `a CPU has no \`${name}\``, 'no register', help);
}

function metadataPlace(
  lpar: LparModel,
  rest: readonly PathStep[],
  _path: Path,
  scope: Scope,
): Place | undefined {
  const [part, index] = rest;
  const metadata = {
    lpar: lpar.name,
    dimension: 'place',
    collection: BY_NAME.get('metadata') as Collection,
  } as const;
  if (part === undefined) return { kind: 'metadata', ...metadata };
  if (part.kind !== 'field' || !REGION_PARTS.includes(part.name)) {
    const help = didYouMean(part.kind === 'field' ? part.name : '', REGION_PARTS, 'the region has');
    return failAt(scope, 'E0602', part.span, 'the region has no such part', 'unknown', help);
  }
  if (part.name !== 'bytes' || index === undefined) return { kind: 'bytes', ...metadata };
  const at = index.kind === 'index' && index.index.kind === 'int' ? index.index.value : undefined;
  const size = lpar.metadata.size_bytes;
  if (at !== undefined && (at < 0n || at >= BigInt(size))) {
    const message = `the region of \`${lpar.name}\` has no byte ${at}`;
    return failAt(
      scope,
      'E0609',
      index.span,
      message,
      `it has ${size} bytes, from 0`,
      `set \`size\` in its \`metadata\` block`,
    );
  }
  return {
    kind: 'bytes',
    ...metadata,
    ...(rest.length === 2 && index.kind !== 'all' ? { width_bits: 8 } : {}),
  };
}

function settingPlace(
  lpar: LparModel,
  rest: readonly PathStep[],
  path: Path,
  scope: Scope,
): Place | undefined {
  const { kernel } = lpar;
  const { span } = path;
  const settings: ReadonlyMap<string, Expression> = new Map<string, Expression>([
    ['heartbeat', { kind: 'time', value: kernel.heartbeat_ns, span }],
    ['watchdog_thresh', { kind: 'time', value: kernel.watchdog_thresh_ns, span }],
    ['panic_on_oops', { kind: 'bool', value: kernel.panic_on_oops, span }],
    ['softlockup_panic', { kind: 'bool', value: kernel.softlockup_panic, span }],
    ['layout_seed', { kind: 'int', value: BigInt(kernel.layout_seed), span }],
    ['workload', { kind: 'word', value: kernel.workload, span }],
  ]);
  const [part] = rest;
  const constant = part?.kind === 'field' && rest.length === 1 ? settings.get(part.name) : undefined;
  if (constant !== undefined)
    return { kind: 'setting', lpar: lpar.name, dimension: constant.kind as Dimension, constant };
  const help = didYouMean(part?.kind === 'field' ? part.name : '', settings.keys(), 'the kernel has');
  return failAt(scope, 'E0602', part?.span ?? span, 'there is no such kernel setting', 'unknown', help);
}

/** The dimension of what a `let` measures, found once: it is made of other `let`s, and each may be named twice. */
function measured(bound: Expression, scope: Scope): Dimension {
  const known = MEASURED.get(bound);
  if (known !== undefined) return known;
  const dimension = dimensionOf(bound, scope);
  MEASURED.set(bound, dimension);
  return dimension;
}
const MEASURED = new WeakMap<Expression, Dimension>();

/** The dimension of a checked expression. */
export function dimensionOf(value: Expression, scope: Scope): Dimension {
  switch (value.kind) {
    case 'word':
      return value.value === 'elapsed'
        ? 'time'
        : value.value === 'yes' || value.value === 'no'
          ? 'bool'
          : 'word';
    case 'path':
      return quietly(value.value, scope)?.dimension ?? 'place';
    case 'fieldpath':
      return 'place';
    case 'list':
      return 'set';
    case 'unary':
      return value.operator === 'not' ? 'bool' : dimensionOf(value.operand, scope);
    case 'binary':
      return binaryDimension(value, scope);
    case 'conditional':
      return dimensionOf(value.then, scope);
    case 'call': {
      const gives = FUNCTIONS.get(value.name)?.gives ?? 'int';
      const last = value.args.at(-1);
      return gives === 'same' ? (last === undefined ? 'int' : dimensionOf(last, scope)) : gives;
    }
    default:
      return value.kind;
  }
}

function binaryDimension(value: Expression & { kind: 'binary' }, scope: Scope): Dimension {
  const { operator } = value;
  if (['or', 'and', '==', '!=', '<', '<=', '>', '>=', 'in', 'contains'].includes(operator)) return 'bool';
  const [left, right] = [dimensionOf(value.left, scope), dimensionOf(value.right, scope)];
  if (operator === '/' && left === right && left !== 'int' && left !== 'place') return 'percent';
  const plain = (dimension: Dimension): boolean => dimension === 'int' || dimension === 'place';
  if (plain(left)) return plain(right) ? 'int' : right;
  return left;
}

/** What a path names, said to nobody: it was reported when the path was read. */
export function quietly(path: Path, scope: Scope): Place | undefined {
  if (asked !== undefined && asked.path === path && asked.scope === scope.parties) return asked.place;
  return resolvePlace(path, { ...scope, problems: SILENT });
}
const SILENT = new Quiet();
