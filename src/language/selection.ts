import type { Scenario, TargetName } from '../model/scenario.ts';
import { evaluate } from './evaluate.ts';
import { fail, label, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { clauseNamed, clausesOf, mismatch, noClauses, single, wantName } from './settings.ts';
import { didYouMean } from './suggest.ts';
import type { Expr, Phrase } from './tree.ts';

/** `seeds` lists at most this many. */
const SEED_LIMIT = 10_000;
const TARGETS: readonly TargetName[] = ['sim', 'qemu', 'core'];
const CORE_TARGETS: readonly TargetName[] = Object.freeze(['core'] as const);
const DEFAULT_TARGETS: readonly TargetName[] = Object.freeze(['sim'] as const);
const DEFAULT_SEEDS: readonly number[] = Object.freeze([1]);
const NO_TAGS: readonly string[] = Object.freeze([]);

/** `tags smoke, lists`: each declared here, imported, or in siren.yaml. */
export function tagsOf(
  phrase: Phrase | undefined,
  projectTags: ReadonlySet<string>,
  scope: Scope,
): readonly string[] {
  if (phrase === undefined) return NO_TAGS;
  noClauses(phrase, scope);
  const tags: string[] = [];
  if (phrase.values.length === 0) single(phrase.values, phrase.head, scope);
  for (const expr of phrase.values) {
    const name = wantName(expr, phrase.head, scope);
    if (name === undefined) continue;
    const declared = scope.unit.names.get(name)?.node.kind === 'tag' || projectTags.has(name);
    if (tags.includes(name)) fail(scope, 'E0310', expr, `tag \`${name}\` is given twice`, 'again');
    else if (declared) tags.push(name);
    else {
      const names = [...scope.unit.names].filter(([, one]) => one.node.kind === 'tag').map(([text]) => text);
      const help =
        didYouMean(name, [...names, ...projectTags], 'declared are') ??
        `declare it with \`tag ${name} "what it is for"\``;
      fail(scope, 'E0402', expr, `tag \`${name}\` is not declared`, 'undeclared', help);
    }
  }
  return tags.slice();
}

/** `core`: the first core file of the scenario. */
export function targetsOf(phrase: Phrase | undefined, scope: Scope, core?: Phrase): readonly TargetName[] {
  if (phrase === undefined) return core === undefined ? DEFAULT_TARGETS : CORE_TARGETS;
  noClauses(phrase, scope);
  const targets: TargetName[] = [];
  if (phrase.values.length === 0) single(phrase.values, phrase.head, scope);
  for (const expr of phrase.values) {
    const name = wantName(expr, phrase.head, scope);
    if (name === undefined) continue;
    const target = TARGETS.find((one) => one === name);
    if (target === undefined) {
      fail(
        scope,
        'E0403',
        expr,
        `there is no target \`${name}\``,
        'unknown',
        didYouMean(name, TARGETS, 'targets are'),
      );
    } else if (targets.includes(target))
      fail(scope, 'E0310', expr, `target \`${name}\` is given twice`, 'again');
    else {
      targets.push(target);
      if ((target === 'core') !== (core !== undefined)) coreOrNot(target, expr, core, scope);
    }
  }
  return targets.length === 0 ? DEFAULT_TARGETS : targets.slice();
}

/** A core file is no machine that runs, and nothing else is a core file. */
function coreOrNot(target: TargetName, at: Expr, core: Phrase | undefined, scope: Scope): void {
  if (core === undefined) {
    const help = 'name it: `core web file "cores/4711.vmcore"`';
    fail(scope, 'E0346', at, 'the scenario has no core file', 'what is it to be looked at?', help);
  } else {
    const first = label(scope.unit, core, 'a core file');
    fail(
      scope,
      'E0346',
      at,
      `a core file cannot be looked at on \`${target}\``,
      'not there',
      'write `targets core`',
      [first],
    );
  }
}

/** `seeds 1..20`, `seeds 7`, `seeds [1, 4711]`. */
export function seedsOf(phrase: Phrase | undefined, scope: Scope): readonly number[] {
  if (phrase === undefined) return DEFAULT_SEEDS;
  noClauses(phrase, scope);
  if (phrase.values.length === 0) single(phrase.values, phrase.head, scope);
  const [only] = phrase.values;
  if (phrase.values.length === 1 && only?.kind === 'number') {
    const value = evaluate(only, scope);
    if (value?.kind === 'int' && value.value <= BigInt(Number.MAX_SAFE_INTEGER)) return [Number(value.value)];
  }
  const seeds = new Set<number>();
  let listed = 0;
  for (const expr of phrase.values) {
    const value = evaluate(expr, scope);
    if (value === undefined) continue;
    for (const item of value.kind === 'list' ? value.items : [value]) {
      const [low, high] = item.kind === 'range' ? [item.low, item.high] : [item, item];
      if (low.kind !== 'int' || high.kind !== 'int') {
        mismatch(low.kind === 'int' ? high : low, 'int', phrase.head, expr, scope);
        continue;
      }
      const sound =
        low.value >= 0n && high.value <= BigInt(Number.MAX_SAFE_INTEGER) && high.value >= low.value;
      listed += sound ? Number(high.value - low.value) + 1 : 0;
      if (!sound || listed > SEED_LIMIT) {
        const help = `seeds are whole numbers from 0 to 2^53 - 1, at most ${SEED_LIMIT} of them`;
        fail(scope, 'E0409', expr, 'these are no seeds', sound ? 'too many' : 'out of range', help);
        continue;
      }
      for (let seed = Number(low.value); seed <= Number(high.value); seed++) seeds.add(seed);
    }
  }
  return seeds.size === 0 ? DEFAULT_SEEDS : [...seeds];
}

export function skipOf(phrase: Phrase | undefined, scope: Scope): Scenario['skip'] {
  if (phrase === undefined) return undefined;
  noClauses(phrase, scope);
  const reason = reasonOf(phrase, scope);
  return reason === undefined ? undefined : { reason, span: spanOf(scope.unit, phrase) };
}

export function xfailOf(phrase: Phrase | undefined, scope: Scope): Scenario['xfail'] {
  if (phrase === undefined) return undefined;
  const until = clauseNamed(clausesOf(phrase.head, phrase.clauses, ['until'], scope), 'until');
  const reason = reasonOf(phrase, scope);
  const [date] = until?.values ?? [];
  if (until !== undefined && (date?.kind !== 'date' || !isDate(date.text))) {
    fail(
      scope,
      'E0210',
      date ?? until,
      '`until` takes a day of the calendar',
      'no such day',
      'as in `until 2027-03-01`',
    );
    return undefined;
  }
  if (reason === undefined) return undefined;
  const some = date?.kind === 'date' ? { until: date.text } : {};
  return { reason, ...some, span: spanOf(scope.unit, phrase) };
}

function reasonOf(phrase: Phrase, scope: Scope): string | undefined {
  const [expr] = phrase.values;
  const value = expr?.kind === 'string' ? evaluate(expr, scope) : undefined;
  if (value?.kind === 'string' && value.value.trim() !== '' && phrase.values.length === 1) return value.value;
  if (expr?.kind === 'string' && value === undefined) return undefined;
  const help = `as in \`${phrase.head.text} "the watchdog is rewritten, #4711"\``;
  return fail(
    scope,
    'E0410',
    expr ?? phrase.head,
    `\`${phrase.head.text}\` needs a reason, in quotes`,
    'why?',
    help,
  );
}

function isDate(text: string): boolean {
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}
