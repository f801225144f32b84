import type { Problems } from '../problems.ts';
import { label } from '../scope.ts';
import type { Unit } from '../scope.ts';
import type { Name } from '../tree.ts';
import { UNITS } from '../units.ts';

/**
 * Refuses parameters of one name, and names that are units. A parameter is the word before its value, most often after
 * a number: in `harm web value 3 s 4` the `s` would be seconds. What only looks like a unit (`second`) may be a name:
 * after a number it is an error, not another value.
 */
export function checkNames(unit: Unit, problems: Problems): void {
  for (const node of unit.tree.declarations) {
    if (problems.full(unit.file)) return;
    if (node.kind === 'def' || node.kind === 'fault') twins(node.parameters);
    if (node.kind === 'let') check(node.name);
    else if (node.kind === 'fault') node.parameters.forEach(check);
    else if (node.kind === 'scenario')
      for (const item of node.body) if (item.kind === 'let') check(item.name);
  }

  /** The second of two parameters of one name would win, and nobody would know. */
  function twins(parameters: readonly Name[]): void {
    const seen = new Map<string, Name>();
    for (const name of parameters) {
      const first = seen.get(name.text);
      if (first === undefined) seen.set(name.text, name);
      else
        problems.error(
          'E1033',
          `there are two parameters \`${name.text}\``,
          [label(unit, name, 'again'), label(unit, first, 'first here')],
          'give one of them another name',
        );
    }
  }

  function check(name: Name): void {
    if (!UNITS.has(name.text)) return;
    const message = `\`${name.text}\` cannot be a name: after a number it is the unit \`${name.text}\``;
    problems.error('E0212', message, [label(unit, name, 'a unit')], 'give it a longer name');
  }
}
