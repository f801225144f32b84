import type { AppField, AppFill, AppModel, AppWord } from '../model/machine.ts';
import type { Formula, LocatorModel } from '../model/structure.ts';
import { findMember, resolveType } from '../model/type-source.ts';
import { items, once } from './block.ts';
import { readField } from './app-fields.ts';
import { checkFilledOnce } from './app-twice.ts';
import { contextOf, readFormula } from './library/formula.ts';
import { checkFormula } from './library/check.ts';
import { namesOf } from './library/library.ts';
import { SHAPES } from './library/shapes.ts';
import { locatorNamed, locatorNames, structsBehind, withParents } from './library/resolve.ts';
import { fail, label, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { clauseNamed, clausesOf, noClauses, single, wantInt, wantName } from './settings.ts';
import { didYouMean } from './suggest.ts';
import type { Name, Phrase } from './tree.ts';

/** An application fills at most so many elements of one structure. */
const ELEMENTS = 1_000_000;
const WORDS_OF_AN_APP = ['root', 'set'];

/** `app NAME { LOCATOR COUNT { MEMBER VALUE … }; set symbols["…"] to count(LOCATOR) }`. */
export function readApp(block: Phrase, scope: Scope): AppModel | undefined {
  noClauses(block, scope);
  const expr = single(block.values, block.head, scope);
  const name = expr && wantName(expr, block.head, scope);
  if (name === undefined || expr === undefined) return undefined;
  if (name.length > 15)
    return fail(scope, 'E1054', expr, 'the name of a task has 1 to 15 characters', 'too long');
  const fills: AppFill[] = [];
  const words: AppWord[] = [];
  items(block, scope, (item, seen) => {
    const { text } = item.head;
    if (text === 'set') {
      const word = readWord(item, scope);
      if (word !== undefined) words.push(word);
    } else if (text === 'root') {
      if (once(item, seen, scope)) checkRoot(item, fills, scope);
    } else {
      const fill = readFill(item, name, seen, scope);
      if (fill !== undefined) fills.push(fill);
    }
  });
  checkSame(block, fills, scope);
  const locators = withParents(
    fills.map((fill) => fill.locator),
    scope,
  );
  return {
    name,
    fills,
    words,
    locks: locksOf(locators, scope),
    structs: structsBehind(locators, scope),
    span: spanOf(scope.unit, block),
  };
}

function readFill(item: Phrase, app: string, seen: Map<string, Name>, scope: Scope): AppFill | undefined {
  const { head } = item;
  const locator = locatorNamed(head.text, scope);
  const clauses = clausesOf(head, item.clauses, ['of'], scope);
  if (locator === undefined) {
    // One of this file that is wrong was told.
    if (scope.unit.locators.has(head.text)) return undefined;
    const help = didYouMean(head.text, [...locatorNames(scope), ...WORDS_OF_AN_APP], 'an application fills');
    return fail(scope, 'E1051', head, `there is no locator \`${head.text}\``, 'unknown', help);
  }
  if (!once(item, seen, scope)) return undefined;
  if (locator.space !== undefined && locator.space.comm !== app) {
    const message = `\`${head.text}\` lies in the memory of \`${locator.space.comm}\``;
    return fail(
      scope,
      'E1054',
      head,
      message,
      `not of \`${app}\``,
      `write it in \`app ${locator.space.comm}\``,
    );
  }
  const count = wantInt(item.values, head, { low: 0, high: ELEMENTS }, scope);
  const fields: AppField[] = [];
  for (const node of item.body ?? []) {
    if (node.kind === 'phrase') fields.push(...readField(node, locator, count ?? 0, [], scope));
    else if (node.kind !== 'broken')
      fail(scope, 'E0306', node, 'this does not belong in an `app`', 'no member');
  }
  checkFilledOnce(fields, locator, scope);
  if (count === undefined || !hasRoom(locator, count, item, scope)) return undefined;
  if (!isMadeOf(locator, item, scope) || !isNumbered(locator, count, fields, item, scope)) return undefined;
  const of = clauseNamed(clauses, 'of');
  const named = of && single(of.values, of.word, scope);
  const same = named && wantName(named, head, scope);
  if (of !== undefined && same === undefined) return undefined;
  return { locator, count, ...(same === undefined ? {} : { same }), fields, span: spanOf(scope.unit, item) };
}

/** Shapes that hold their elements by a member of each: these can be held twice. */
const BY_LINK = new Set(['list', 'hlist', 'hash', 'llist']);

/** What is `of` another locator has that one's elements: of one type, no more than there are, and filled there. */
function checkSame(block: Phrase, fills: readonly AppFill[], scope: Scope): void {
  // A locator that is wrong was told, and is filled by nobody.
  if (namesOf(scope.unit, scope.problems).wrong) return;
  for (const { locator, same, count, fields, span } of fills) {
    if (same === undefined) continue;
    const base = fills.find((one) => one.locator.name === same && one.same === undefined);
    const wrong =
      base === undefined
        ? `nothing in \`app\` fills \`${same}\` with elements of its own`
        : JSON.stringify(base.locator.of) !== JSON.stringify(locator.of)
          ? `\`${same}\` has elements of another type`
          : !BY_LINK.has(locator.shape) || locator.parent !== undefined || base.locator.parent !== undefined
            ? `only a \`list\`, \`hlist\`, \`hash\` or \`llist\` that is nested in nothing holds the elements of another`
            : count > base.count
              ? `\`${same}\` has ${base.count} elements, not ${count}`
              : fields.length > 0
                ? `elements are filled where they are made, in \`${same}\``
                : undefined;
    if (wrong === undefined) continue;
    const at = { start: span.start, end: span.end };
    fail(scope, 'E1055', at, wrong, 'not possible', `as in \`${locator.name} 100 of ${same}\``, [
      label(scope.unit, block.head, 'in this application'),
    ]);
  }
}

/**
 * False when what stands between root and elements is of structs that a spec writes out and that lack what the shape
 * goes by, which is reported.
 */
function isMadeOf({ shape, span }: LocatorModel, item: Phrase, scope: Scope): boolean {
  const { source } = namesOf(scope.unit, scope.problems);
  const structs = Object.entries(SHAPES[shape].made_of ?? {});
  const missing = structs.flatMap(([name, members]) =>
    members
      .filter((one) => typeof findMember({ kind: 'named', name }, one, source) !== 'object')
      .map((one) => `${name}.${one}`),
  );
  if (missing.length === 0) return true;
  const help = structs.map(
    ([name, members]) => `\`struct ${name}\` with ${members.map((one) => `\`${one}\``).join(', ')}`,
  );
  fail(
    scope,
    'E1056',
    item.head,
    `nothing says where \`${missing[0]}\` is, and \`${shape}\` is made of it`,
    'cannot be built',
    `leave it to the kernel, or write out ${help.join('; ')}`,
    [{ span, text: `\`${shape}\` is its shape` }],
  );
  return false;
}

/** False when what elements are filed by could be the same for two of them, which is reported. */
function isNumbered(
  { shape, key, name }: LocatorModel,
  count: number,
  fields: readonly AppField[],
  item: Phrase,
  scope: Scope,
): boolean {
  if (SHAPES[shape].made_of === undefined || count < 2) return true;
  const filed = fields.find(({ member }) => member.join('.') === key.join('.'));
  if (filed === undefined || (filed.value.kind === 'counter' && filed.value.step > 0n)) return true;
  const message = `\`${name}\` files its elements by \`${key.join('.')}\`, and two of them could have the same`;
  const at = { start: filed.span.start, end: filed.span.end };
  fail(scope, 'E1057', at, message, 'no index', `as in \`${key.join('.')} counter from 1\``, [
    label(scope.unit, item.head, 'in this structure'),
  ]);
  return false;
}

/** False when more elements are asked for than there is room for, which is reported. */
function hasRoom(locator: LocatorModel, count: number, item: Phrase, scope: Scope): boolean {
  const room = roomOf(locator, scope);
  if (room === undefined || count <= room) return true;
  const message = `\`${locator.name}\` has room for ${room} ${room === 1 ? 'element' : 'elements'}`;
  fail(scope, 'E1053', item.values[0] ?? item, message, `${count} are too many`, `write at most ${room}`, [
    { span: locator.span, text: `a \`${locator.shape}\`` },
  ]);
  return false;
}

/** How many elements lie where a locator begins, as far as its text says. */
function roomOf({ shape, length, from }: LocatorModel, scope: Scope): number | undefined {
  const [first] = from;
  // Those of each CPU, or of each entry, are dealt out.
  if (first === undefined || from.length > 1 || severalIn(first)) return undefined;
  if (shape === 'one') return 1;
  if (shape !== 'ring' && shape !== 'array' && shape !== 'bitmap') return undefined;
  if (length !== undefined) return length.kind === 'int' ? Number(length.value) : undefined;
  const { source } = namesOf(scope.unit, scope.problems);
  const type = first.kind === 'cast' ? resolveType(first.type, source) : undefined;
  return typeof type === 'object' && type.kind === 'array' ? type.count : undefined;
}

function severalIn(formula: Formula): boolean {
  return formula.kind === 'every' || ('of' in formula && formula.of !== undefined && severalIn(formula.of));
}

/** `root symbols["ledger_root"]`: says once more where the structure begins; it has to be there. */
function checkRoot(item: Phrase, fills: readonly AppFill[], scope: Scope): void {
  noClauses(item, scope);
  const expr = single(item.values, item.head, scope);
  const context = contextOf(scope, namesOf(scope.unit, scope.problems));
  const formula = expr && readFormula(expr, context);
  if (formula === undefined || expr === undefined) return;
  const symbol = symbolOf(formula);
  const roots = fills.flatMap(({ locator }) => locator.from.map(symbolOf));
  if (symbol !== undefined && (roots.includes(symbol) || fills.length === 0)) return;
  fail(
    scope,
    'E1052',
    expr,
    'nothing that is filled here begins there',
    'no root',
    'a locator says where its structure begins',
  );
}

/** The symbol that a place begins at. */
function symbolOf(formula: Formula | undefined): string | undefined {
  let at = formula;
  while (at !== undefined && 'of' in at && at.of !== undefined) at = at.of as Formula;
  return at?.kind === 'symbol' ? at.name : undefined;
}

/** Symbols of the locks that guard what an application fills. */
function locksOf(locators: readonly LocatorModel[], scope: Scope): string[] {
  const { validators } = namesOf(scope.unit, scope.problems);
  const guards = locators.flatMap(({ name, guard }) => [
    guard,
    (validators.get(name) ?? scope.unit.shipped.validators.get(name))?.guard,
  ]);
  const plain = guards.map((guard) => (guard?.kind === 'cast' ? guard.of : guard));
  return [...new Set(plain.flatMap((guard) => (guard?.kind === 'symbol' ? [guard.name] : [])))].sort();
}

/** `set symbols["order_count"] as u32 to count(orders)`. */
function readWord(item: Phrase, scope: Scope): AppWord | undefined {
  const clauses = clausesOf(item.head, item.clauses, ['to'], scope);
  const expr = single(item.values, item.head, scope);
  const clause = clauseNamed(clauses, 'to');
  if (clause === undefined)
    return fail(
      scope,
      'E1052',
      item,
      '`set` needs `to`',
      'to what?',
      'as in `set symbols["order_count"] to count(orders)`',
    );
  const value = single(clause.values, clause.word, scope);
  if (expr === undefined || value === undefined) return undefined;
  const context = contextOf(scope, namesOf(scope.unit, scope.problems));
  const place = readFormula(expr, context);
  const to = readFormula(value, context);
  if (place === undefined || to === undefined || !checkFormula(to, context)) return undefined;
  const symbol = place.kind === 'cast' ? place.of : place;
  const bytes =
    place.kind === 'cast'
      ? place.type.kind === 'int' && !place.type.big_endian
        ? place.type.bytes
        : undefined
      : 8;
  if (symbol.kind !== 'symbol' || bytes === undefined)
    return fail(
      scope,
      'E1052',
      expr,
      'an application sets whole numbers at symbols of its own',
      'no such place',
      'as in `set symbols["order_count"] as u32 to count(orders)`',
    );
  const given = wordValue(to);
  if (given === undefined)
    return fail(
      scope,
      'E1052',
      value,
      'before the run this is a number, a `count` or the `sum` of a member',
      'none of them',
    );
  return { symbol: symbol.name, bytes, value: given, span: spanOf(scope.unit, item) };
}

function wordValue(to: Formula): AppWord['value'] | undefined {
  if (to.kind === 'int') return { kind: 'constant', value: to.value };
  if (to.kind !== 'call' || to.args[0]?.kind !== 'collection') return undefined;
  const { locator } = to.args[0];
  if (to.function === 'count' && to.args.length === 1) return { kind: 'count', locator };
  const member: string[] = [];
  let at = to.args[1];
  for (; at?.kind === 'member'; at = at.of) member.unshift(at.name);
  return to.function === 'sum' && at?.kind === 'element' ? { kind: 'sum', locator, member } : undefined;
}
