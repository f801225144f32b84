import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import type { Expression } from '../model/expression.ts';
import type { Scenario, TargetName, Trigger } from '../model/scenario.ts';
import type { LibraryModel } from '../model/structure.ts';
import { checkContradictions } from './check/contradictions.ts';
import { OBSERVERS } from './check/observers.ts';
import { checkReach } from './check/reach.ts';
import { elaborateClaims } from './claims.ts';
import { asMeant } from './block.ts';
import { budgetOf, coresOf, isCore, refuseMachine } from './cores.ts';
import type { Cores } from './cores.ts';
import { docAbove } from './docs.ts';
import { later } from './later.ts';
import { libraryOf } from './library/library.ts';
import { interpolate } from './interpolate.ts';
import { bindLets, constants } from './lets.ts';
import { Quiet } from './problems.ts';
import type { Problems } from './problems.ts';
import { fail, label, spanAt } from './scope.ts';
import type { Parties, Scope, Unit, Values } from './scope.ts';
import { seedsOf, skipOf, tagsOf, targetsOf, xfailOf } from './selection.ts';
import { noClauses, wantTime } from './settings.ts';
import { buildTopology, finish } from './shared.ts';
import type { Built } from './shared.ts';
import { didYouMean } from './suggest.ts';
import { rowsOf } from './table.ts';
import { change, copyDraft, emptyDraft, part, PART_HEADS } from './topology.ts';
import { calledName, checkEach, elaborateTrigger } from './trigger.ts';
import type * as tree from './tree.ts';

const HEADS = [
  'uses',
  'change',
  'tags',
  'targets',
  'run',
  'seeds',
  'skip',
  'xfail',
  'expect',
  'let',
  'at',
  'every',
  'on',
  'core',
  'budget',
  ...PART_HEADS,
];
const LATER_HEADS = ['app', 'owns', 'shares', 'borrows'];
/** A row copies the names of its file: so many count as one of its sentences. */
const NAMES_OF_A_SENTENCE = 64;
const DEFAULT_RUN_NS = 200 * NS_PER_MS;

const NO_LETS: ReadonlyMap<string, Expression> = new Map();
const UNBOUND: Scenario['lets'] = Object.freeze([]);
const NO_WORDS: ReadonlySet<string> = new Set();

/** Triggers by their names, looked up when somebody asks. */
type Called = () => ReadonlyMap<string, tree.Trigger>;

/** One scenario of a file: one model for each row of its tables, those with errors left out. */
export function elaborateScenario(
  unit: Unit,
  node: tree.Scenario,
  fileValues: Values,
  projectTags: ReadonlySet<string>,
  problems: Problems,
  library: LibraryModel,
): Scenario[] {
  const scope: Scope = {
    unit,
    problems,
    values: fileValues,
    parties: undefined,
    simulated: true,
    words: NO_WORDS,
    lets: NO_LETS,
    structures: libraryOf(unit, problems).names,
    trail: [],
  };
  const heads = settings(node, scope);
  const base = usedTopology(heads, scope);
  const dumps = heads.filter(isCore);
  if (dumps.length > 0) refuseMachine(node, scope);
  const called = calledNames(node, scope);
  const scenarios: Scenario[] = [];
  const sentences = sentencesOf(node) + Math.floor(fileValues.size / NAMES_OF_A_SENTENCE);
  const brings = library.structs.length + library.locators.length + library.validators.length > 0;
  const add = (inner: Scope): void => {
    const before = problems.errors;
    const scenario = elaborateRow(node, inner, heads, base, called, projectTags);
    if (scenario === undefined || problems.errors > before || base?.sound === false) return;
    scenarios.push(brings ? { ...scenario, library } : scenario);
  };
  if (node.tables.length === 0) {
    if (problems.spend(sentences, label(unit, node.head, TOO_MUCH))) add(scope);
    return scenarios;
  }
  const parties = dumps.length > 0 ? undefined : (base?.parties ?? inlineParties(heads, node, scope));
  const rows = rowsOf(node, { ...scope, parties: parties ?? dumpParties(dumps, node, scope) });
  const table = label(unit, node.tables[0] as tree.Table, `${rows.length} rows of ${sentences} sentences`);
  if (!problems.spend(rows.length * sentences, table)) return scenarios;
  for (const row of rows) {
    if (problems.full(unit.file)) break;
    add({ ...scope, values: row.values(), words: row.words });
  }
  return scenarios;
}
const TOO_MUCH = 'no further than here';

/** How many sentences a scenario has, its claims and actions included. */
function sentencesOf(node: tree.Scenario): number {
  let count = 1;
  for (const item of node.body) {
    count++;
    if (item.kind === 'expect') count += item.claims.length;
    else if (item.kind === 'trigger') count += item.actions.length;
  }
  return count;
}

/** The settings of a scenario, in order: few, so they are looked through. */
type Heads = readonly tree.Phrase[];
const KNOWN = new Set(HEADS);
const ONCE = new Set(['uses', 'tags', 'targets', 'run', 'seeds', 'skip', 'xfail', 'budget']);

function headed(heads: Heads, head: string): tree.Phrase | undefined {
  for (const phrase of heads) if (phrase.head.text === head) return phrase;
  return undefined;
}

/** The sentences that set something; unknown and doubled ones are reported here, once for all rows. */
function settings(node: tree.Scenario, scope: Scope): Heads {
  const heads: tree.Phrase[] = [];
  for (const item of node.body) {
    if (item.kind === 'require' || item.kind === 'repair') {
      const message = `\`${item.head.text}\` does not belong in a scenario`;
      fail(scope, 'E0306', item.head, message, 'not here', 'it stands in a `validator`');
    }
    if (item.kind !== 'phrase' || scope.problems.full(scope.unit.file)) continue;
    const { text } = item.head;
    const other = ONCE.has(text) ? headed(heads, text) : undefined;
    if (other === undefined && KNOWN.has(text)) heads.push(item);
    else if (LATER_HEADS.includes(text)) later(scope, item.head, `\`${text}\` in a scenario`);
    else if (other === undefined && OBSERVERS.has(text) && !scope.unit.whole)
      continue; // a claim: the parser said so
    else if (other === undefined) {
      const help = didYouMean(text, HEADS, 'a scenario takes');
      fail(scope, 'E0306', item.head, `a scenario has no setting \`${text}\``, 'unknown', help);
      const meant = asMeant(item, HEADS);
      if (meant !== undefined && (!ONCE.has(meant.head.text) || headed(heads, meant.head.text) === undefined))
        heads.push(meant);
    } else {
      const first = label(scope.unit, other.head, 'first here');
      fail(scope, 'E0310', item.head, `\`${text}\` is given twice`, 'again', undefined, [first]);
    }
  }
  return heads;
}

function usedTopology(heads: Heads, scope: Scope): Built | undefined {
  const phrase = headed(heads, 'uses');
  if (phrase === undefined) return undefined;
  noClauses(phrase, scope);
  const expr = phrase.values[0];
  const extra = phrase.values.length > 1 ? phrase.values[1] : undefined;
  if (extra !== undefined)
    fail(scope, 'E0320', extra, 'a scenario uses one topology', 'one too many', '`change` what it brings');
  if (expr?.kind !== 'path' || expr.steps.length > 0) {
    return fail(scope, 'E0302', expr ?? phrase.head, '`uses` takes the name of a topology', 'no name');
  }
  const declared = scope.unit.names.get(expr.root.text);
  if (declared?.node.kind === 'topology') return buildTopology(declared.unit, declared.node, scope.problems);
  if (declared === undefined && importsBroken(scope.unit)) return undefined;
  const names = [...scope.unit.names].filter(([, one]) => one.node.kind === 'topology').map(([name]) => name);
  const near = didYouMean(expr.root.text, names, 'there are');
  const help =
    near === undefined
      ? 'declare it with `topology`, or import it'
      : `${near}; another is declared with \`topology\`, or imported`;
  return fail(scope, 'E0302', expr, `there is no topology \`${expr.root.text}\``, 'unknown', help);
}

/** True when a name may be missing only because its import failed, which was reported. */
function importsBroken(unit: Unit): boolean {
  return unit.tree.declarations.some(
    (node) =>
      node.kind === 'broken' ||
      (node.kind === 'import' && node.names.some((name) => !unit.names.has(name.text))),
  );
}

/** The parties of a scenario that describes its own machine, as far as its table's cells may name them. */
function inlineParties(heads: Heads, node: tree.Scenario, scope: Scope): Parties | undefined {
  return buildOwn(heads, undefined, { ...scope, values: withColumns(node, scope), problems: new Quiet() })
    ?.parties;
}

/** The parties of a scenario on core files: their files may depend on the row. */
function dumpParties(dumps: Heads, node: tree.Scenario, scope: Scope): Parties | undefined {
  if (dumps.length === 0) return undefined;
  return coresOf(dumps, { ...scope, values: withColumns(node, scope), problems: new Quiet() }).parties;
}

/** The names of a table's columns, as yet without values. */
function withColumns(node: tree.Scenario, scope: Scope): Values {
  const names = node.tables.flatMap((table) => table.names.map((name) => name.text));
  return new Map([...scope.values, ...names.map((name) => [name, undefined] as const)]);
}

/** The topology of one row; the shared one when the row changes nothing. */
function buildOwn(heads: Heads, base: Built | undefined, scope: Scope): Built | undefined {
  if (!heads.some(({ head }) => head.text === 'change' || PART_HEADS.includes(head.text))) return base;
  const parts = PART_HEADS.flatMap((part) => heads.filter(({ head }) => head.text === part));
  const changes = heads.filter(({ head }) => head.text === 'change');
  const draft = base === undefined ? emptyDraft() : copyDraft(base.draft);
  const parties = draft.lpars.size + draft.ambulances.size + (draft.machine?.devices.length ?? 0);
  if (!scope.problems.spend(parties, label(scope.unit, (parts[0] ?? (changes[0] as tree.Phrase)).head, '')))
    return undefined;
  for (const phrase of parts) part(draft, phrase, docAbove(scope.unit, phrase.start), scope);
  for (const phrase of changes) change(draft, phrase, scope);
  return draft.machine === undefined ? undefined : finish(draft, scope);
}

function calledNames(node: tree.Scenario, scope: Scope): Called {
  let count = 0;
  for (const item of node.body) if (item.kind === 'trigger' && calledName(item) !== undefined) count++;
  if (count === 0) return NOTHING_CALLED;
  let known: ReadonlyMap<string, tree.Trigger> | undefined;
  const called = (): ReadonlyMap<string, tree.Trigger> => (known ??= byName(node, scope));
  if (count > 1) called();
  return called;
}
const NOBODY: ReadonlyMap<string, tree.Trigger> = new Map();
const NOTHING_CALLED: Called = () => NOBODY;

/** The first of each name; others are reported. */
function byName(node: tree.Scenario, scope: Scope): ReadonlyMap<string, tree.Trigger> {
  const called = new Map<string, tree.Trigger>();
  for (const item of node.body) {
    const name = item.kind === 'trigger' ? calledName(item) : undefined;
    if (item.kind !== 'trigger' || name === undefined) continue;
    const other = called.get(name.text);
    if (other === undefined) called.set(name.text, item);
    else {
      const first = label(scope.unit, calledName(other) ?? other, 'first here');
      fail(scope, 'E0505', name, `two triggers are called \`${name.text}\``, 'again', undefined, [first]);
    }
  }
  return called;
}

function elaborateRow(
  node: tree.Scenario,
  scope: Scope,
  heads: Heads,
  base: Built | undefined,
  called: Called,
  projectTags: ReadonlySet<string>,
): Scenario | undefined {
  const { unit } = scope;
  const values = constants(node, scope);
  const selection: Scope = values === scope.values ? scope : { ...scope, values };
  const dumps = heads.filter(isCore);
  const cores: Cores | undefined = dumps.length === 0 ? undefined : coresOf(dumps, selection);
  const built = cores ?? buildOwn(heads, base, selection);
  const name = node.name.text === '' ? undefined : interpolate(node.name.text, node.name, selection);
  if (name !== undefined && !/[!-~]/.test(name) && !/[^\s\p{C}]/u.test(name)) {
    fail(scope, 'E0421', node.name, 'the scenario has no name', 'nothing to call it by');
  }
  const run = headed(heads, 'run');
  if (run !== undefined) noClauses(run, scope);
  const duration =
    run === undefined
      ? DEFAULT_RUN_NS
      : wantTime(run.values, run.head, { low: 1000, high: 3600 * NS_PER_S }, selection);
  const tags = tagsOf(headed(heads, 'tags'), projectTags, selection);
  const targets: readonly TargetName[] = targetsOf(headed(heads, 'targets'), selection, dumps[0]);
  const budget = budgetOf(headed(heads, 'budget'), dumps.length > 0, selection);
  const seeds = seedsOf(headed(heads, 'seeds'), selection);
  const skip = skipOf(headed(heads, 'skip'), selection);
  const xfail = xfailOf(headed(heads, 'xfail'), selection);
  if (built === undefined) {
    const uses = headed(heads, 'uses') !== undefined;
    const described = uses || PART_HEADS.some((head) => headed(heads, head) !== undefined);
    if (!described && unit.whole) {
      fail(
        scope,
        'E0301',
        node.head,
        'the scenario has no machine',
        'on what?',
        '`uses` a topology, or describe a `machine` with its partitions',
      );
    } else if (described && !uses && headed(heads, 'machine') === undefined) {
      fail(
        scope,
        'E0301',
        node.head,
        'the scenario has no machine',
        'on what?',
        'add `machine { cpus 0..3; memory 512 MiB }`',
      );
    }
    return undefined;
  }
  const simulated = targets.includes('sim');
  const { problems, words, lets: none, structures, trail } = scope;
  const inner = bindLets(node, {
    unit,
    problems,
    values,
    parties: built.parties,
    simulated,
    words,
    lets: none,
    structures,
    trail,
  });
  const triggers: Trigger[] = [];
  checkEach(node.body, inner);
  for (const item of node.body) {
    if (item.kind !== 'trigger' || scope.problems.full(unit.file)) continue;
    const trigger = elaborateTrigger(item, duration ?? Number.MAX_SAFE_INTEGER, inner);
    if (trigger !== undefined) triggers.push(trigger);
  }
  const claims = elaborateClaims(node, inner, { duration_ns: duration ?? Number.MAX_SAFE_INTEGER, called });
  checkContradictions(claims, inner);
  checkReach(claims, triggers, inner);
  if (name === undefined || duration === undefined || built.model === undefined) return undefined;
  const doc = docAbove(unit, node.start);
  const { lets } = inner;
  const scenario: { -readonly [Key in keyof Scenario]: Scenario[Key] } = {
    id: `${unit.file} :: ${name}`,
    name,
    file: unit.file,
    line: unit.source.position(node.start).line,
    span: spanAt(unit, node.start, node.end),
    tags,
    targets,
    seeds,
    duration_ns: duration,
    topology: built.model,
    triggers: triggers.slice(),
    claims,
    lets:
      lets.size === 0
        ? UNBOUND
        : [...lets].map(([letName, value]) => ({ name: letName, value, span: value.span })),
  };
  // What few have comes last: a literal with spreads in it is made member by member.
  if (doc !== undefined) scenario.doc = doc;
  if (skip !== undefined) scenario.skip = skip;
  if (xfail !== undefined) scenario.xfail = xfail;
  if (cores !== undefined) scenario.cores = cores.models;
  if (budget !== undefined) scenario.budget = budget;
  return scenario;
}
