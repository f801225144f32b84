import type { Scenario, SpecModel } from '../model/scenario.ts';
import { checkAction } from './action.ts';
import { checkNames } from './check/names.ts';
import { checkLookedAt } from './check/looked-at.ts';
import { checkImports, checkUses } from './check/unused.ts';
import { freezeModel } from './freeze.ts';
import { laterWord } from './later.ts';
import { fileScope } from './file-scope.ts';
import { plainText } from './literal.ts';
import type { Problems } from './problems.ts';
import { elaborateScenario } from './scenario.ts';
import { fail, label, spanOf } from './scope.ts';
import type { Scope, Unit } from './scope.ts';
import { checkTopologies } from './shared.ts';
import { libraryOf } from './library/library.ts';
import { didYouMean } from './suggest.ts';
import type { Declaration, Fault } from './tree.ts';
import type * as tree from './tree.ts';

const HEADS = [
  'import',
  'tag',
  'let',
  'topology',
  'fault',
  'scenario',
  'struct',
  'locator',
  'validator',
  'def',
  'campaign',
];

/** One file's tree to its model: names looked up, tables expanded, everything checked. */
export function elaborate(unit: Unit, projectTags: ReadonlySet<string>, problems: Problems): SpecModel {
  const scope = fileScope(unit, problems);
  const tags: SpecModel['tags'][number][] = [];
  const scenarios: Scenario[] = [];
  const taken = new Map<string, Named>();
  checkNames(unit, problems);
  checkUses(unit, problems);
  checkImports(unit, problems);
  const { model: library, names } = libraryOf(unit, problems);
  checkLookedAt(unit, names.locators, problems);
  checkTopologies(unit, problems);
  // A scenario's tree is let go with the scenario: nobody can import one, and what is in use has to be moved about by
  // the engine.
  const left: (Declaration | undefined)[] = unit.tree.declarations as Declaration[];
  unit.tree = { declarations: unit.tree.declarations.filter((node) => node.kind !== 'scenario') };
  for (let at = 0; at < left.length; at++) {
    const node = left[at] as Declaration;
    left[at] = undefined;
    if (problems.full(unit.file)) break;
    switch (node.kind) {
      case 'tag':
        tags.push({
          name: node.name.text,
          doc: node.doc === undefined ? '' : plainText(node.doc.text),
          span: spanOf(unit, node),
        });
        break;
      case 'scenario':
        for (const scenario of named(
          unit,
          node,
          elaborateScenario(unit, node, scope.values, projectTags, problems, library),
        )) {
          const other = taken.get(scenario.name);
          if (other === undefined) {
            taken.set(scenario.name, scenario);
            if ('id' in scenario) scenarios.push(scenario);
          } else twice(unit, node.name, other, problems);
        }
        break;
      case 'later':
        laterWord(scope, node.head, node.head.text);
        break;
      case 'phrase': {
        // What follows a brace too many: the parser said so.
        if (node.head.text === 'expect' && !unit.whole) break;
        const help = didYouMean(node.head.text, HEADS, 'a file holds');
        fail(scope, 'E0211', node.head, `\`${node.head.text}\` is no declaration`, 'unknown', help);
        break;
      }
    }
  }
  // After the scenarios: what a call leads to is told with the call.
  for (const node of unit.tree.declarations) if (node.kind === 'fault') checkFault(node, scope);
  return freezeModel({
    file: unit.file,
    tags,
    scenarios: unit.whole && !names.wrong ? scenarios : [],
    library,
  });
}

type Named = Scenario | Pick<Scenario, 'name' | 'span'>;

/**
 * What a scenario came to. One that has errors of its own has its name nevertheless, where no column is needed to tell
 * it.
 */
function named(unit: Unit, node: tree.Scenario, made: readonly Scenario[]): readonly Named[] {
  if (made.length > 0 || node.tables.length > 0 || node.name.text === '') return made;
  return [{ name: plainText(node.name.text), span: spanOf(unit, node) }];
}

/** A fault that nobody calls is checked, too, as far as that can be done without its arguments. */
function checkFault(fault: Fault, scope: Scope): void {
  for (const item of fault.body) {
    if (scope.problems.full(scope.unit.file)) break;
    checkAction(item, scope);
  }
}

function twice(
  unit: Unit,
  name: { start: number; end: number; text: string },
  other: Named,
  problems: Problems,
): void {
  const own = other.span.start <= name.start && name.end <= other.span.end;
  const help = own
    ? 'name the columns in its name, as `{column}`'
    : 'names are how reports and histories tell scenarios apart';
  const labels = [label(unit, name, own ? 'its rows have one name' : 'again')];
  if (!own)
    labels.push({ span: { ...other.span, end: other.span.start + 'scenario'.length }, text: 'first here' });
  problems.error('E0401', `there are two scenarios \`${other.name}\``, labels, help);
}
