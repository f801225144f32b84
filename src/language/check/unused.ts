import { holes } from '../interpolate.ts';
import type { Problems } from '../problems.ts';
import { label } from '../scope.ts';
import type { Unit } from '../scope.ts';
import type {
  Broken,
  Clause,
  Declaration,
  Expr,
  Import,
  Item,
  Member,
  Name,
  Scenario,
  Statement,
  Step,
} from '../tree.ts';

/** A name that nothing mentions is most often a slip: `let`s, table columns, parameters of a fault. Warnings. */
export function checkUses(unit: Unit, problems: Problems): void {
  if (!unit.whole) return;
  const fileLets: Name[] = [];
  const everywhere = new Set<string>();
  for (const node of unit.tree.declarations) {
    if (node.kind === 'let') {
      // Lists of what ships are looked up by the ambulance.
      const ships = unit.shipped.ships || unit.shipped.files.has(unit.file);
      if (!ships || node.value.kind !== 'list') fileLets.push(node.name);
      inExpr(node.value, everywhere);
    } else if (node.kind === 'fault') {
      const used = new Set<string>();
      inItems(node.body, used);
      for (const name of node.parameters) warn(name, `the fault's parameter`, 'E0414', used);
      for (const name of used) everywhere.add(name);
    } else if (node.kind === 'scenario') inScenario(node);
    else if (node.kind === 'topology') inItems(node.body, everywhere);
    else if (node.kind === 'later') return;
    else inDeclaration(node, everywhere);
  }
  for (const name of fileLets) warn(name, 'the `let`', 'E0413', everywhere);

  function inScenario(node: Scenario): void {
    const declares = node.tables.length > 0 || node.body.some((item) => item.kind === 'let');
    if (!declares && fileLets.length === 0) return;
    const lets = node.body.filter((item) => item.kind === 'let');
    const used = new Set<string>(holes(node.name.text));
    for (const table of node.tables) inExpr(table.values, used);
    inItems(node.body, used);
    for (const item of lets) warn(item.name, 'the `let`', 'E0413', used);
    for (const name of node.tables.flatMap((table) => table.names))
      warn(name, "the table's column", 'E0415', used);
    for (const name of used) everywhere.add(name);
  }

  function warn(name: Name, what: string, code: string, used: ReadonlySet<string>): void {
    if (problems.full(unit.file)) return;
    if (used.has(name.text) || name.text.startsWith('_')) return;
    const help = 'use it, remove it, or start its name with `_`';
    problems.warn(code, `${what} \`${name.text}\` is used nowhere`, [label(unit, name, 'unused')], help);
  }
}

/** Warns of imports that the file says no more of. A validator is in force wherever it is imported. */
export function checkImports(unit: Unit, problems: Problems): void {
  const imports = unit.tree.declarations.filter((node) => node.kind === 'import');
  // Where a file could not be read, or a name is there twice, that is the news.
  if (!unit.whole || imports.length === 0 || problems.errors > 0) return;
  const { text } = unit.source;
  const names = imports.flatMap((node) => node.names.map((name) => name.text));
  const idleNames = idleIn(text, imports, new Set(names.filter((name) => isImported(unit, name))));
  for (const node of imports) {
    const idle = node.names.filter(({ text: name }) => idleNames.has(name));
    for (const name of idle) {
      if (problems.full(unit.file)) return;
      const help =
        idle.length === node.names.length ? 'remove the whole line' : `remove \`${name.text}\` from it`;
      problems.warn(
        'E0116',
        `\`${name.text}\` is imported and used nowhere`,
        [label(unit, name, 'unused')],
        help,
      );
    }
  }
}

/**
 * Those of `names` that stand nowhere in a text but in its imports and comments: looked for until all are found, most
 * often at once.
 */
function idleIn(text: string, imports: readonly Import[], names: Set<string>): ReadonlySet<string> {
  const word = /#[^\n]*|[A-Za-z_]\w*/g;
  for (let at = 0; at <= imports.length; at++) {
    word.lastIndex = at === 0 ? 0 : (imports[at - 1] as Import).end;
    const end = imports[at]?.start ?? text.length;
    while (names.size > 0) {
      const found = word.exec(text);
      if (found === null || found.index >= end) break;
      names.delete(found[0]);
    }
  }
  return names;
}

/** True for a name that an import brought, other than a validator's. */
function isImported({ names, structs, locators, validators }: Unit, name: string): boolean {
  return !validators.has(name) && (names.has(name) || structs.has(name) || locators.has(name));
}

/** What a declaration of structures names, its messages included. */
function inDeclaration(node: Declaration, used: Set<string>): void {
  if (node.kind === 'def') inExpr(node.value, used);
  else if (node.kind === 'locator' || node.kind === 'struct') inClauses(node.clauses, used);
  if (node.kind === 'struct') for (const member of node.members ?? []) inMember(member, used);
  if (node.kind !== 'validator') return;
  inClauses(node.clauses, used);
  inStatements(node.body, used);
}

function inMember(member: Member | Broken, used: Set<string>): void {
  if (member.kind === 'broken') return;
  const { base, lengths } = member.type;
  for (const length of lengths) if (length !== undefined) inExpr(length, used);
  inClauses(member.clauses, used);
  if (base.kind === 'enum')
    for (const { value } of base.values) {
      if (value !== undefined) inExpr(value, used);
    }
  else if (base.kind !== 'name') for (const inner of base.members) inMember(inner, used);
}

function inStatements(statements: readonly Statement[], used: Set<string>): void {
  for (const one of statements) {
    switch (one.kind) {
      case 'let':
        inExpr(one.value, used);
        break;
      case 'require':
        inExpr(one.condition, used);
        inClauses(one.clauses, used);
        for (const hole of holes(one.message.text))
          for (const [word] of hole.matchAll(/[A-Za-z_]\w*/g)) used.add(word);
        break;
      case 'each':
        inExpr(one.over, used);
        inClauses(one.clauses, used);
        inStatements(one.body, used);
        break;
      case 'if':
        inExpr(one.condition, used);
        inStatements(one.body, used);
        break;
      case 'walk':
        inClauses(one.clauses, used);
        inStatements(one.body, used);
        break;
      case 'repair':
        inItems(one.steps, used);
        break;
    }
  }
}

function inItems(items: readonly Item[], used: Set<string>): void {
  for (const item of items) {
    switch (item.kind) {
      case 'phrase':
        for (const value of item.values) inExpr(value, used);
        inClauses(item.clauses, used);
        if (item.body !== undefined) inItems(item.body, used);
        break;
      case 'trigger':
        if (item.moment !== undefined) inExpr(item.moment, used);
        inClauses(item.clauses, used);
        inItems(item.actions, used);
        break;
      case 'expect':
        for (const claim of item.claims) {
          if (claim.kind === 'broken') continue;
          for (const subject of claim.subjects) inExpr(subject, used);
          for (const state of claim.states) used.add(state.text);
          if (claim.condition !== undefined) inExpr(claim.condition, used);
          inClauses(claim.clauses, used);
        }
        break;
      case 'let':
        inExpr(item.value, used);
        break;
    }
  }
}

function inClauses(clauses: readonly Clause[], used: Set<string>): void {
  for (const clause of clauses) for (const value of clause.values) inExpr(value, used);
}

function inSteps(steps: readonly Step[], used: Set<string>): void {
  for (const step of steps) {
    if (step.kind === 'index') inExpr(step.index, used);
    else if (step.kind === 'call') for (const arg of step.args) inExpr(arg, used);
  }
}

function inExpr(expr: Expr, used: Set<string>): void {
  switch (expr.kind) {
    case 'path':
      used.add(expr.root.text);
      inSteps(expr.steps, used);
      break;
    case 'fieldpath':
      inSteps(expr.steps, used);
      break;
    case 'string':
      for (const name of holes(expr.text)) used.add(name);
      break;
    case 'list':
      for (const item of expr.items) inExpr(item, used);
      break;
    case 'part':
      inExpr(expr.operand, used);
      inSteps(expr.steps, used);
      break;
    case 'prefix':
    case 'cast':
      inExpr(expr.operand, used);
      break;
    case 'binary':
      inExpr(expr.left, used);
      inExpr(expr.right, used);
      break;
    case 'conditional':
      inExpr(expr.condition, used);
      inExpr(expr.chosen, used);
      inExpr(expr.otherwise, used);
      break;
  }
}
