import type { Expression } from '../model/expression.ts';
import { evaluate } from './evaluate.ts';
import { fail } from './scope.ts';
import type { Scope, Values } from './scope.ts';
import type { Expr, Scenario, Table } from './tree.ts';

/** A scenario has at most this many rows, over all its tables. */
const ROW_LIMIT = 10_000;
/** And this many columns. */
const COLUMN_LIMIT = 64;

export interface Row {
  /** Makes them: a thousand rows do not live at once. */
  readonly values: () => Values;
  readonly words: ReadonlySet<string>;
}

type Binding = readonly (readonly [name: string, value: Expression])[];

/** Every combination of the tables' rows, the last table running fastest; one row when there is no table. */
export function rowsOf(node: Scenario, scope: Scope): Row[] {
  if (node.tables.length === 0) return [{ values: () => scope.values, words: scope.words }];
  let rows: Binding[] = [[]];
  const words = new Set<string>();
  const taken = new Set<string>();
  const columns = node.tables.reduce((sum, table) => sum + table.names.length, 0);
  if (columns > COLUMN_LIMIT) {
    const message = `the tables have ${columns} columns together: ${COLUMN_LIMIT} are enough`;
    fail(scope, 'E0407', node.tables[0] as Table, message, 'too many');
    return [];
  }
  for (const table of node.tables) {
    for (const name of table.names) {
      if (taken.has(name.text))
        fail(scope, 'E0404', name, `column \`${name.text}\` is declared twice`, 'again');
      else if (scope.parties?.lpars.has(name.text) === true)
        fail(scope, 'E0404', name, `\`${name.text}\` is a partition's name`, 'taken');
      taken.add(name.text);
    }
    const bindings = tableRows(table, { ...scope, words: cellWords(table.values) }, words);
    if (bindings === undefined) return [];
    if (rows.length * bindings.length > ROW_LIMIT) {
      fail(scope, 'E0407', table, `the tables have more than ${ROW_LIMIT} rows together`, 'too many');
      return [];
    }
    rows = rows.flatMap((row) => bindings.map((binding) => [...row, ...binding]));
  }
  return rows.map((row) => ({ values: () => new Map([...scope.values, ...row]), words }));
}

function tableRows(table: Table, scope: Scope, words: Set<string>): Binding[] | undefined {
  const value = evaluate(table.values, scope);
  if (value === undefined) return undefined;
  const items = itemsOf(value, table.values, scope);
  if (items === undefined) return undefined;
  if (items.length === 0)
    return fail(scope, 'E0417', table.values, 'the table has no rows', 'the scenario would never run');
  const bindings: Binding[] = [];
  for (const [index, item] of items.entries()) {
    const cells = table.names.length === 1 ? [item] : item.kind === 'list' ? item.items : [item];
    if (cells.length !== table.names.length) {
      const expr = table.values.kind === 'list' ? (table.values.items[index] ?? table.values) : table.values;
      const [has, wants] = [cells.length, table.names.length];
      const message = `row ${index + 1} has ${has} ${has === 1 ? 'value' : 'values'} for ${wants} ${wants === 1 ? 'column' : 'columns'}`;
      fail(scope, 'E0405', expr, message, `expected [${table.names.map((name) => name.text).join(', ')}]`);
      return undefined;
    }
    for (const cell of cells) if (cell.kind === 'word') words.add(cell.value);
    bindings.push(table.names.map((name, column) => [name.text, cells[column] as Expression]));
  }
  return bindings;
}

/** A list's items, or a range's numbers. */
function itemsOf(value: Expression, at: Expr, scope: Scope): readonly Expression[] | undefined {
  if (value.kind === 'list') return value.items;
  if (value.kind !== 'range' || value.low.kind !== 'int' || value.high.kind !== 'int') {
    return fail(
      scope,
      'E0406',
      at,
      '`for` takes a list or a range of numbers',
      'no table',
      'as in `for bit in 0..7`',
    );
  }
  const [low, high] = [value.low.value, value.high.value];
  if (high - low >= BigInt(ROW_LIMIT)) {
    return fail(scope, 'E0407', at, `the range has more than ${ROW_LIMIT} numbers`, 'too many');
  }
  const items: Expression[] = [];
  for (let number = low; number <= high; number++)
    items.push({ kind: 'int', value: number, span: value.span });
  return items;
}

/** Bare words that stand in cells: a cell may introduce a word that nothing else knows. */
function cellWords(expr: Expr): Set<string> {
  const words = new Set<string>();
  const cells =
    expr.kind === 'list' ? expr.items.flatMap((row) => (row.kind === 'list' ? row.items : [row])) : [];
  for (const cell of cells) if (cell.kind === 'path' && cell.steps.length === 0) words.add(cell.root.text);
  return words;
}
