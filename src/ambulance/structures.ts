import { COLLECTIONS } from '../model/collections.ts';
import type { Formula, LibraryModel, Statement, ValidatorModel } from '../model/structure.ts';
import { DIAGNOSES } from '../model/diagnoses.ts';
import type { Attachment } from './attach.ts';

/** What is to be done about a structure: checked, or why it cannot be. */
export interface Planned {
  readonly structure: string;
  /** Undefined: it is checked. */
  readonly why?: {
    readonly verdict: 'unchecked' | 'unreachable';
    readonly code: string;
    readonly message?: string;
  };
  /**
   * True where the guest says nothing of it and the library only tries: a kernel without what it is made of has nothing
   * to be checked.
   */
  readonly tried: boolean;
  /** Codes that are about a walk as a whole: what is counted, summed, or sought in it. */
  readonly counted: ReadonlySet<string>;
  /** Causes that its requirements speak for. */
  readonly means: ReadonlySet<string>;
}

/**
 * Every structure that gets a verdict, in the order of the report: what Linux has, what else the library checks, what
 * else is described.
 */
export function structuresOf(attachment: Attachment, library: LibraryModel): readonly Planned[] {
  const { described, malformed } = attachment;
  if (malformed.size > 0 || !attachment.info) return plan(attachment, library);
  const of_library = PLANNED.get(library) ?? new WeakMap<Attachment['described'], readonly Planned[]>();
  PLANNED.set(library, of_library);
  const planned = of_library.get(described) ?? plan(attachment, library);
  of_library.set(described, planned);
  return planned;
}

/** By what the guest describes: the same region says the same in thousands of attendances. */
const PLANNED = new WeakMap<LibraryModel, WeakMap<Attachment['described'], readonly Planned[]>>();

function plan(attachment: Attachment, library: LibraryModel): readonly Planned[] {
  const validators = new Map(library.validators.map((one) => [one.name, one]));
  const linux = COLLECTIONS.filter(({ describable }) => describable).map(({ name }) => name);
  const others = library.validators.filter((one) => !isSign(one)).map(({ name }) => name);
  // What others are nested in, and only helps to find them, has no verdict of its own.
  const helps = new Set(
    library.locators.filter(({ name, shipped }) => shipped && !validators.has(name)).map(({ name }) => name),
  );
  const described = [attachment.described, attachment.malformed].flatMap((all) => [...all.keys()]);
  const names = new Set([...linux, ...others, ...described.filter((name) => !helps.has(name))]);
  names.delete('');
  // A process of a guest that describes nothing is nobody's: what the library knows of one lies in guests that say so.
  if (attachment.info && isStock(attachment))
    for (const { name, shipped, space } of library.locators) if (shipped && space) names.delete(name);
  return [...names].map((structure) => {
    const validator = validators.get(structure);
    const why = whyNot(structure, validator, attachment, library);
    const counted = validator === undefined ? NOTHING : countedIn(validator);
    const tried =
      isStock(attachment) && !library.locators.some(({ name, shipped }) => name === structure && !shipped);
    const means = new Set(validator?.codes.flatMap((one) => one.means ?? []) ?? []);
    return { structure, ...(why ? { why } : {}), tried, counted, means };
  });
}

/**
 * Names of the validators whose requirements are no invariants of memory: what does not hold there is evidence for a
 * diagnosis.
 */
export function signsOf(library: LibraryModel): readonly string[] {
  return library.validators.filter(isSign).map(({ name }) => name);
}

const NOTHING: ReadonlySet<string> = new Set();

function isSign({ codes }: ValidatorModel): boolean {
  return codes.every(({ means }) => means !== undefined && DIAGNOSES.get(means)?.outside_memory === true);
}

/**
 * A guest's own locator serves, then one that the spec itself declares; the library's only where a guest publishes none
 * at all, as stock Linux does. A validator without a locator of its name needs one of those that it goes through.
 */
function whyNot(
  structure: string,
  validator: ValidatorModel | undefined,
  attachment: Attachment,
  library: LibraryModel,
): Planned['why'] {
  const { described, malformed } = attachment;
  const problem = malformed.get(structure);
  if (problem !== undefined && !described.has(structure))
    return { verdict: 'unreachable', code: 'LOCATOR_MALFORMED', message: problem };
  const stock = isStock(attachment);
  const serves = (name: string): boolean => {
    const own = library.locators.find((one) => one.name === name);
    return described.has(name) || (own !== undefined && (stock || !own.shipped));
  };
  const through =
    validator && !library.locators.some(({ name }) => name === structure)
      ? collectionsIn(validator)
      : [structure];
  if (!through.some(serves)) return { verdict: 'unchecked', code: 'NO_LOCATOR' };
  return validator ? undefined : { verdict: 'unchecked', code: 'NO_VALIDATOR' };
}

/** A guest that publishes no locator at all. */
function isStock({ described, malformed }: Attachment): boolean {
  return described.size + malformed.size === 0;
}

const COUNTED = new WeakMap<ValidatorModel, ReadonlySet<string>>();
const OF_ALL: ReadonlySet<string> = new Set(['count', 'sum', 'any', 'all', 'min', 'max', 'depth']);

function countedIn(validator: ValidatorModel): ReadonlySet<string> {
  const known = COUNTED.get(validator);
  if (known) return known;
  const codes = new Set<string>();
  const lets = new Set<string>();
  const sums = (formula: Formula): boolean =>
    partsOf(formula).some((one) => {
      if (one.kind === 'name') return lets.has(one.name);
      if (one.kind === 'binary' && one.operator === 'in') return isCollection(one.right);
      return (
        one.kind === 'call' &&
        OF_ALL.has(one.function) &&
        one.args[0] !== undefined &&
        isCollection(one.args[0])
      );
    });
  const visit = (statements: readonly Statement[]): void => {
    for (const one of statements) {
      if (one.kind === 'let' && sums(one.value)) lets.add(one.name);
      if (one.kind === 'require' && sums(one.condition)) codes.add(one.code);
      if ('body' in one) visit(one.body);
    }
  };
  visit(validator.body);
  COUNTED.set(validator, codes);
  return codes;
}

const GONE_THROUGH = new WeakMap<ValidatorModel, readonly string[]>();

/** Locators that a validator goes through. */
function collectionsIn(validator: ValidatorModel): readonly string[] {
  const known = GONE_THROUGH.get(validator);
  if (known) return known;
  const names = new Set<string>();
  const visit = (statements: readonly Statement[]): void => {
    for (const one of statements) {
      if (one.kind === 'each')
        for (const part of partsOf(one.over)) if (part.kind === 'collection') names.add(part.locator);
      if ('body' in one) visit(one.body);
    }
  };
  visit(validator.body);
  const found = [...names];
  GONE_THROUGH.set(validator, found);
  return found;
}

function isCollection(formula: Formula): boolean {
  return formula.kind === 'collection' || formula.kind === 'member';
}

/** A formula and everything in it. */
function partsOf(formula: Formula, into: Formula[] = []): readonly Formula[] {
  into.push(formula);
  for (const value of Object.values(formula) as readonly unknown[]) {
    if (Array.isArray(value)) for (const one of value) if (isFormula(one)) partsOf(one, into);
    if (isFormula(value)) partsOf(value, into);
  }
  return into;
}

function isFormula(value: unknown): value is Formula {
  return typeof value === 'object' && value !== null && 'kind' in value && 'span' in value;
}
