import type { Problems } from './problems.ts';
import { label } from './scope.ts';
import type { Declared, Unit } from './scope.ts';
import { didYouMean } from './suggest.ts';
import type { Import, Name } from './tree.ts';

/** Gives every top-level name of a file its declaration, its imports' names included. `imported` gives the unit of an import. */
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
        declare(unit, node.name, { unit, node }, problems);
        break;
      case 'later':
        if (node.name !== undefined) declare(unit, node.name, { unit, node }, problems);
        break;
    }
  }
}

function bindImport(unit: Unit, node: Import, from: Unit | undefined, problems: Problems): void {
  for (const name of node.names) {
    if (from === undefined) continue;
    const declared = own(from, name.text);
    if (declared !== undefined) declare(unit, name, declared, problems);
    else if (from.whole) {
      const names = [...from.names].filter(([, other]) => other.unit === from).map(([text]) => text);
      const help = didYouMean(name.text, names, 'it declares') ?? 'it declares nothing';
      const at = [label(unit, name, 'not declared there')];
      problems.error('E0111', `\`${from.file}\` declares no \`${name.text}\``, at, help);
    }
  }
}

/** Only what a file declares itself can be imported from it. */
function own(unit: Unit, name: string): Declared | undefined {
  const declared = unit.names.get(name);
  return declared?.unit === unit ? declared : undefined;
}

function declare(unit: Unit, name: Name, declared: Declared, problems: Problems): void {
  if (name.text === '') return;
  const other = unit.names.get(name.text);
  if (other === undefined) {
    unit.names.set(name.text, declared);
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
  const first = other.node.name;
  problems.error(
    'E0404',
    `\`${name.text}\` is declared twice`,
    [label(unit, name, 'again'), ...(first === undefined ? [] : [label(other.unit, first, 'first here')])],
    'give one of them another name',
  );
}
