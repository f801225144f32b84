import { RELINKED, SHAPE_FINDINGS } from '../../model/findings.ts';
import { describeType, spelled } from '../../model/formula-types.ts';
import type { Formula, LocatorModel, RepairVerb, Shape, TypeModel } from '../../model/structure.ts';
import { pointed, resolveType } from '../../model/type-source.ts';
import type { TypeSource } from '../../model/type-source.ts';
import { typeOf } from '../../model/typing.ts';
import type { Span } from '../../text/span.ts';
import { failAt } from '../scope.ts';
import type { Context } from './context.ts';
import type { Code } from './told.ts';

/** Shapes that an element can be taken off. */
const HANGING: ReadonlySet<Shape> = new Set(['list', 'hlist', 'hash', 'llist', 'tree']);
/** Shapes that an element can be hung into. */
const TAKING: ReadonlySet<Shape> = new Set(['hlist', 'tree']);
/** How deep in a lock its byte may lie. */
const LOCK_DEPTH = 6;

/** A step of a repair, as far as it says what it acts on. */
export interface Act {
  readonly verb: RepairVerb;
  readonly subject: Formula | undefined;
  readonly to: Formula | undefined;
  /** The code that it is for, and what gives it; undefined: a shape. */
  readonly code: string;
  readonly given: Code | undefined;
  /** The validator's name. */
  readonly structure: string;
  readonly span: Span;
}

/**
 * False when a step does nothing, whatever lies in memory: a shape or a type is no such thing that the verb could act
 * on. Reported.
 */
export function checkAct(act: Act, context: Context): boolean {
  const why = whyNot(act, context);
  if (why === undefined) return true;
  failAt(context.scope, 'E1059', act.span, why.message, 'does nothing', why.help);
  return false;
}

interface Why {
  readonly message: string;
  readonly help?: string;
}

function whyNot(act: Act, context: Context): Why | undefined {
  switch (act.verb) {
    case 'release':
      return act.to === undefined ? released(act, context) : undefined;
    case 'recount':
      return recounted(act);
    case 'relink':
      return relinked(act, context);
    case 'unlink':
    case 'quarantine':
      return taken(act, context);
    case 'rearm':
      return rearmed(act, context);
    default:
      return undefined;
  }
}

function released({ subject }: Act, context: Context): Why | undefined {
  const help = 'name the lock, or say what its word is then, as in `release e.lock to 0`';
  if (subject === undefined) return { message: '`release` does not say what is given free', help };
  const type = typeOf(subject, context.typing);
  if (type.kind !== 'place' || hasLockedByte(type.type, context.names.source, 0)) return undefined;
  return {
    message: `\`release\` takes a lock that says by a byte of its own that it is locked, and this is ${describeType(type)}`,
    help,
  };
}

/** A member that says whether a lock is held, however deep inside of it; what only the guest knows may have one. */
function hasLockedByte(type: TypeModel, source: TypeSource, depth: number): boolean {
  const seen = resolveType(type, source);
  if (seen === 'opaque' || seen === undefined) return true;
  if (seen.kind !== 'aggregate' || depth > LOCK_DEPTH) return false;
  return seen.members.some(
    (one) => one.name === 'locked' || one.name === 'wlocked' || hasLockedByte(one.type, source, depth + 1),
  );
}

function recounted({ to, code, given }: Act): Why | undefined {
  if (to !== undefined || given === undefined || given.expected === true) return undefined;
  const help = `add \`expected\` to the requirement, or say \`recount … to …\``;
  return { message: `the requirement of \`${code}\` does not say what the number should be`, help };
}

function relinked({ code, given }: Act, context: Context): Why | undefined {
  const shapes = shapesOf(context);
  if (shapes === undefined) return undefined;
  const mends = (one: string): boolean => RELINKED.test(one);
  if (given === undefined)
    return mends(code)
      ? undefined
      : { message: `the other links do not say what is right where there is \`${code}\`` };
  if (shapes.some((shape) => SHAPE_FINDINGS[shape]?.some(mends) === true)) return undefined;
  const said = shapes.map((shape) => `\`${shape}\``).join(', ');
  return {
    message: `no link of a structure of shape ${said === '' ? 'none' : said} is said twice, so that one could be taken from the others`,
  };
}

function taken({ verb, subject, structure }: Act, context: Context): Why | undefined {
  const own = locatorsOf(context).find(({ name }) => name === structure);
  const type = subject === undefined ? own?.of : elementOf(subject, context);
  if (type === undefined) return undefined;
  const name = spelled(type);
  const holders = locatorsOf(context).filter(({ of }) => spelled(of) === name);
  if (holders.some(({ shape }) => HANGING.has(shape))) return undefined;
  const [holder] = holders;
  const what = `\`${name}\``;
  return holder === undefined
    ? {
        message: `\`${verb}\` takes an element of a structure, or a pointer to one, and no locator finds ${what}`,
      }
    : {
        message: `\`${verb}\` takes nothing out of a structure of shape \`${holder.shape}\`: ${what} hangs in no other`,
      };
}

function rearmed({ subject, structure }: Act, context: Context): Why | undefined {
  const own = locatorsOf(context).find(({ name }) => name === structure);
  if (own === undefined)
    return {
      message: `\`rearm\` hangs an element into the structure that is judged, and no locator is called \`${structure}\``,
    };
  if (!TAKING.has(own.shape))
    return {
      message: `\`rearm\` hangs an element into an \`hlist\` or a \`tree\`, and \`${structure}\` is of shape \`${own.shape}\``,
    };
  const type = subject === undefined ? undefined : elementOf(subject, context);
  if (type === undefined || spelled(type) === spelled(own.of)) return undefined;
  return {
    message: `\`rearm\` takes an element of \`${structure}\`, which are \`${spelled(own.of)}\`, or a pointer to one, not \`${spelled(type)}\``,
  };
}

/** The type of what a subject is, or leads to; undefined where only the guest knows. */
function elementOf(subject: Formula, context: Context): TypeModel | undefined {
  const type = pointed(typeOf(subject, context.typing), context.names.source);
  return type === undefined || type.kind === 'void' ? undefined : type;
}

/** Every locator that there is here. */
function locatorsOf({
  names,
  scope,
}: Context): readonly Pick<LocatorModel, 'name' | 'of' | 'shape' | 'parent'>[] {
  const own = [...names.locators.values()];
  return [
    ...own,
    ...[...scope.unit.shipped.locators.values()].filter(({ name }) => !names.locators.has(name)),
  ];
}

/**
 * The shapes of what the validator may go through, what is nested in that included; undefined when one of them is not
 * known, which was told.
 */
function shapesOf(context: Context): readonly Shape[] | undefined {
  const { names, needs } = context;
  const found = [...needs.locators].map((name) => names.source.locator(name)?.shape);
  const shapes = new Set(found.filter((shape) => shape !== undefined));
  if (found.includes(undefined)) return undefined;
  // A nested one is gone through as a member of an element, which names it nowhere else.
  const inside = new Set(needs.locators);
  const all = locatorsOf(context);
  for (let before = -1; before < inside.size;) {
    before = inside.size;
    for (const { name, parent, shape } of all) {
      if (parent === undefined || !inside.has(parent)) continue;
      inside.add(name);
      shapes.add(shape);
    }
  }
  return [...shapes];
}

/** The codes that shapes give of what the validator goes through; undefined where that is not known. */
export function givenByShapes(context: Context): readonly string[] | undefined {
  return shapesOf(context)?.flatMap((shape) => SHAPE_FINDINGS[shape] ?? []);
}
