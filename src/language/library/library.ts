import type { LibraryModel } from '../../model/structure.ts';
import { fileScope } from '../file-scope.ts';
import { freezeDeep } from '../freeze.ts';
import type { Problems } from '../problems.ts';
import { stringText } from '../literal.ts';
import { label } from '../scope.ts';
import type { Scope, Unit } from '../scope.ts';
import type { Label } from '../../text/diagnostic.ts';
import { needed } from './cast.ts';
import type { Needs } from './context.ts';
import { checkDefs } from './defs.ts';
import { readLocators } from './locators.ts';
import { emptyNames } from './names.ts';
import type { Names } from './names.ts';
import { readStructs } from './structs.ts';
import { readValidators } from './validators.ts';

type Space = 'structs' | 'locators' | 'validators';
const SPACES: readonly Space[] = ['structs', 'locators', 'validators'];

/** The structures of a file. */
export interface FileLibrary {
  readonly names: Names;
  /** What it declares and imports, and what those need; nothing that ships. */
  readonly model: LibraryModel;
  /** What each of its own declarations names, by `structs order`. */
  readonly needs: ReadonlyMap<string, Needs>;
}

const read = new WeakMap<Unit, FileLibrary>();
/** Those being read: what one of them asks of itself is what it has so far. */
const open = new WeakMap<Unit, Names>();

export function namesOf(unit: Unit, problems: Problems): Names {
  return open.get(unit) ?? libraryOf(unit, problems).names;
}

/** Reads the structures of a file, once, those that it imports first. */
export function libraryOf(unit: Unit, problems: Problems): FileLibrary {
  const known = read.get(unit);
  if (known !== undefined) return known;
  const needs = new Map<string, Needs>();
  const names: Names = emptyNames(unit, {
    of: (other) => namesOf(other, problems),
    bring(space, name, from, at) {
      // A file that is still being read is one that this one is imported by: that ring was told.
      if (open.has(from)) return;
      const library = libraryOf(from, problems);
      take(space, name, library, { scope: fileScope(unit, problems), names, named: at });
      for (const [key, value] of library.needs) if (!needs.has(key)) needs.set(key, value);
    },
  });
  open.set(unit, names);
  const before = problems.errors;
  let sound = unit.whole || !declaresStructures(unit);
  for (const other of importedBy(unit)) if (libraryOf(other, problems).names.wrong) sound = false;
  const scope = fileScope(unit, problems);
  for (const space of SPACES) {
    for (const [name, one] of unit[space]) {
      if (one.unit === unit) continue;
      const named = importOf(unit, name);
      const library = libraryOf(one.unit, problems);
      take(space, name, library, { scope, names, named });
      for (const [key, value] of library.needs) if (!needs.has(key)) needs.set(key, value);
    }
  }
  const types = readStructs(scope, names);
  for (const [name, struct] of names.structs) {
    if (unit.structs.get(name)?.unit !== unit) continue;
    const own: Needs = { structs: new Set(), locators: new Set() };
    for (const member of struct.members) needed(member.type, { needs: own });
    needs.set(`structs ${name}`, own);
  }
  readLocators(scope, names, types, needs);
  readValidators(scope, names, needs);
  // Else what is wrong with one may be what was told where another uses it.
  if (problems.errors === before) checkDefs(scope, names);
  const model: LibraryModel = {
    structs: [...names.structs.values()],
    locators: [...names.locators.values()],
    validators: [...names.validators.values()],
    ...(unit.shipped.ships ? { lists: listsOf(unit), ...textOf(unit) } : {}),
  };
  names.wrong = !sound || problems.errors > before;
  if (names.wrong)
    for (const name of unit.locators.keys()) if (!names.locators.has(name)) names.wrong_locators.add(name);
  const library = { names, model: freezeDeep(model), needs };
  open.delete(unit);
  read.set(unit, library);
  return library;
}

/** The file's own lists of texts. */
function listsOf({ tree }: Unit): Readonly<Record<string, readonly string[]>> {
  const lists: Record<string, readonly string[]> = {};
  for (const node of tree.declarations) {
    if (node.kind !== 'let' || node.value.kind !== 'list') continue;
    const texts = node.value.items.flatMap((one) => (one.kind === 'string' ? [stringText(one.text)] : []));
    if (texts.length === node.value.items.length) lists[node.name.text] = texts;
  }
  return lists;
}

/** The file's own `def`s and `let`s, and its text, by which they are read anew. */
function textOf({ file, source, tree }: Unit): Pick<LibraryModel, 'defs' | 'lets' | 'texts'> {
  const own = (kind: 'def' | 'let'): Record<string, readonly string[]> => {
    const names = tree.declarations.flatMap((node) => (node.kind === kind ? [node.name.text] : []));
    return Object.fromEntries(names.map((name) => [name, [file]]));
  };
  return { defs: own('def'), lets: own('let'), texts: { [file]: source.text } };
}

function declaresStructures(unit: Unit): boolean {
  return SPACES.some((space) => [...unit[space].values()].some((one) => one.unit === unit));
}

/** The files whose declarations a file imports. */
function importedBy(unit: Unit): ReadonlySet<Unit> {
  const declared = [unit.names, ...SPACES.map((space) => unit[space])].flatMap((space) => [
    ...space.values(),
  ]);
  return new Set(declared.map((one) => one.unit).filter((one) => one !== unit));
}

/** Where a file imports a name. */
function importOf(unit: Unit, name: string): Label {
  for (const node of unit.tree.declarations) {
    const at = node.kind === 'import' ? node.names.find((one) => one.text === name) : undefined;
    if (at !== undefined) return label(unit, at, 'imported here');
  }
  return { span: { file: unit.file, start: 0, end: 0 }, text: 'this file' };
}

/** Where something is imported to. */
interface Taking {
  readonly scope: Scope;
  readonly names: Names;
  /** What the file names, and where it stands: what comes along is told of there. */
  readonly named: Label;
}

/** Takes a declaration out of another file's library, with what it needs. */
function take(space: Space, name: string, from: FileLibrary, taking: Taking): void {
  const model = from.names[space].get(name);
  const { scope, names, named } = taking;
  const mine = names[space] as Map<string, NonNullable<typeof model>>;
  const own = scope.unit[space].get(name);
  if (model === undefined || mine.get(name) === model) return;
  if (mine.has(name) || own?.unit === scope.unit) {
    // Two that are the guest's are one.
    if (space === 'structs' && isGuests(model) && isGuests(mine.get(name) ?? own?.node)) return;
    const message = `what is imported needs another ${space.slice(0, -1)} \`${name}\` than the one that is known here`;
    const other = own === undefined ? [] : [label(own.unit, own.node.name, 'the one that is known here')];
    const labels = [named, ...other, { span: model.span, text: 'the one that is needed' }];
    scope.problems.error('E1001', message, labels, 'give one of them another name');
    return;
  }
  mine.set(name, model);
  const needs = from.needs.get(`${space} ${name}`);
  for (const struct of needs?.structs ?? []) take('structs', struct, from, taking);
  for (const locator of needs?.locators ?? []) take('locators', locator, from, taking);
}

/** True for a struct that is said to come `from guest`, read or as it stands in the text. */
function isGuests(one: object | undefined): boolean {
  if (one === undefined) return false;
  if ('from_guest' in one) return one.from_guest === true;
  return 'kind' in one && one.kind === 'struct' && !('members' in one && one.members !== undefined);
}
