import type { Problems } from './problems.ts';
import { label } from './scope.ts';
import type { Declared, Unit } from './scope.ts';
import { didYouMean } from './suggest.ts';
import type { Import, Name } from './tree.ts';

/**
 * Gives every top-level name of a file its declaration, its imports' names included. `imported` gives the unit of an
 * import.
 */
export function bindNames(
  unit: Unit,
  imported: (declaration: Import) => Unit | undefined,
  problems: Problems,
): void {
  for (const node of unit.tree.declarations) {
    if (problems.full(unit.file)) break;
    switch (node.kind) {
      case 'import':
        bindImport(unit, node, imported(node), problems);
        break;
      case 'tag':
      case 'let':
      case 'topology':
      case 'fault':
      case 'def':
      case 'struct':
      case 'locator':
      case 'validator':
        declare(unit, node.name, { unit, node }, problems);
        break;
    }
  }
}

function bindImport(unit: Unit, node: Import, from: Unit | undefined, problems: Problems): void {
  for (const name of node.names) {
    if (from === undefined) continue;
    const declared = own(from, name.text);
    for (const one of declared) declare(unit, name, one, problems);
    if (declared.length === 0 && from.whole) {
      const names = SPACES.flatMap((space) =>
        [...from[space]].filter(([, other]) => other.unit === from).map(([text]) => text),
      );
      const help = didYouMean(name.text, names, 'it declares') ?? 'it declares nothing';
      const at = [label(unit, name, 'not declared there')];
      problems.error('E0111', `\`${from.file}\` declares no \`${name.text}\``, at, help);
    }
  }
}

/** A struct, a locator and a validator may have one name, and most often do: an import brings all of them. */
type Space = 'names' | 'structs' | 'locators' | 'validators';
const SPACES: readonly Space[] = ['names', 'structs', 'locators', 'validators'];

function spaceOf(node: Declared['node']): Space {
  if (node.kind === 'struct') return 'structs';
  if (node.kind === 'locator') return 'locators';
  return node.kind === 'validator' ? 'validators' : 'names';
}

/** Only what a file declares itself can be imported from it. */
function own(unit: Unit, name: string): Declared[] {
  const found = SPACES.map((space) => unit[space].get(name) as Declared | undefined);
  return found.filter((one): one is Declared => one?.unit === unit);
}

function declare(unit: Unit, name: Name, declared: Declared, problems: Problems): void {
  if (name.text === '') return;
  const space = unit[spaceOf(declared.node)] as Map<string, Declared>;
  const other = space.get(name.text);
  if (other === undefined) {
    space.set(name.text, declared);
    return;
  }
  if (other.node === declared.node) {
    problems.error(
      'E0114',
      `\`${name.text}\` is imported twice`,
      [label(unit, name, 'again')],
      'once is enough',
    );
    return;
  }
  const labels = [label(unit, name, 'again'), label(other.unit, other.node.name, 'first here')];
  const help = 'give one of them another name';
  if (space === unit.names) problems.error('E0404', `\`${name.text}\` is declared twice`, labels, help);
  else {
    const message = `there are two ${declared.node.kind}s \`${name.text}\``;
    problems.error('E1001', message, labels, help);
  }
}
