import type { LanguageCode } from './doc.ts';

const SHORT = 'uses pair\nexpect { guest web is healthy }';
const one = (name: string, more = ''): string =>
  `import { pair } from "./machines.spec"\n${more}scenario ${name} {\n  ${SHORT.replace('\n', '\n  ')}\n}\n`;

/** Names that stand for lists of ten times the one before. */
const doubled = (repeats: number): string =>
  Array.from(
    { length: 4 },
    (_, at) =>
      `let a${at + 1} = [${Array(repeats * 4)
        .fill(at === 0 ? '1' : `a${at}`)
        .join(', ')}]\n`,
  ).join('');

/** Scenarios as a whole: names, tags, tables, what is declared. */
export const SCENARIO_CODES: readonly LanguageCode[] = [
  {
    code: 'E0401',
    title: 'two scenarios of one name',
    doc: 'Reports and histories tell scenarios apart by file and name. The rows of a table need their columns in the name, as `{column}`.',
    frame: 'file',
    bad: one('"bit" for bit in 0..1'),
    mended: one('"bit {bit}" for bit in 0..1'),
  },
  {
    code: 'E0402',
    title: 'an undeclared tag',
    doc: 'Tags are declared with `tag NAME "what it is for"` in a spec, or under `tags:` in siren.yaml. An undeclared one would select nothing.',
    frame: 'scenario',
    bad: 'tags smok',
    mended: 'tags smoke',
  },
  {
    code: 'E0403',
    title: 'no such target',
    doc: 'Targets are `sim`, `qemu` and `core`.',
    frame: 'scenario',
    bad: 'targets simulator',
    mended: 'targets sim',
  },
  {
    code: 'E0404',
    title: 'declared twice',
    doc: 'In one file a name stands for one thing, and a `let` or a column cannot take the name of a partition.',
    frame: 'file',
    bad: 'tag smoke "seconds"\ntag smoke "minutes"',
    mended: 'tag smoke "seconds"\ntag slow "minutes"',
  },
  {
    code: 'E0405',
    title: 'a row of another length',
    doc: 'Each row of a table has one value for each column.',
    frame: 'file',
    bad: one('"{a} {b}" for a, b in [[1, 2], [3]]'),
    mended: one('"{a} {b}" for a, b in [[1, 2], [3, 4]]'),
  },
  {
    code: 'E0406',
    title: '`for` without a table',
    doc: '`for NAMES in` takes a list, or a range of numbers.',
    frame: 'file',
    bad: one('"bit {bit}" for bit in 64'),
    mended: one('"bit {bit}" for bit in 0..63'),
  },
  {
    code: 'E0407',
    title: 'too many rows',
    doc: 'The tables of a scenario multiply; together they may have 10,000 rows.',
    frame: 'file',
    bad: one('"{a} {b}" for a in 1..1000 for b in 1..1000'),
    mended: one('"{a} {b}" for a in 1..10 for b in 1..10'),
  },
  {
    code: 'E0408',
    title: 'a name in braces that nothing bears',
    doc: 'In a string `{name}` is replaced by what the name stands for: a column of the table or a `let`.',
    frame: 'file',
    bad: one('"bit {bits}" for bit in 0..1'),
    mended: one('"bit {bit}" for bit in 0..1'),
  },
  {
    code: 'E0409',
    title: 'no seeds',
    doc: 'Seeds are whole numbers from 0 to 2^53 - 1, at most 10,000 of them.',
    frame: 'scenario',
    bad: 'seeds 5..1',
    mended: 'seeds 1..5',
  },
  {
    code: 'E0410',
    title: 'no reason',
    doc: 'A `skip` and an `xfail` say why, in quotes: whoever reads the report wants to know.',
    frame: 'scenario',
    bad: 'skip',
    mended: 'skip "needs the disk driver, #12"',
  },
  {
    code: 'E0411',
    title: 'a scenario expects nothing',
    doc: 'Without `expect` a scenario can only pass.',
    frame: 'file',
    bad: 'import { pair } from "./machines.spec"\nscenario "quiet" {\n  uses pair\n}',
    mended: one('"quiet"'),
  },
  {
    code: 'E0412',
    title: 'an empty `expect`',
    doc: 'An `expect` without a claim can only pass.',
    frame: 'scenario',
    bad: 'expect { }',
    mended: 'expect { guest web is healthy }',
  },
  {
    code: 'E0413',
    title: 'a `let` that nothing uses (a warning)',
    doc: 'A name that is used nowhere is most often a slip in the place where it was meant to be used. A name that starts with `_` is let be.',
    frame: 'scenario',
    bad: 'let limit = 10 ms',
    mended: 'let limit = 100 ms\nrun limit',
  },
  {
    code: 'E0414',
    title: "a fault's parameter that nothing uses (a warning)",
    doc: 'The parameter is handed over and then forgotten.',
    frame: 'file',
    bad: 'fault harm(place, value) { zero place }',
    mended: 'fault harm(place, value) { set place to value }',
  },
  {
    code: 'E0415',
    title: "a table's column that nothing uses (a warning)",
    doc: 'Every row would run the same scenario.',
    frame: 'file',
    bad: one('"a" for _row, wait in [[1, 2]]'),
    mended: one('"a {wait}" for _row, wait in [[1, 2]]'),
  },
  {
    code: 'E0417',
    title: 'a table without rows',
    doc: 'The scenario would never run. A range that ends below its start is empty.',
    frame: 'file',
    bad: one('"bit {bit}" for bit in 7..0'),
    mended: one('"bit {bit}" for bit in 0..7'),
  },
  {
    code: 'E0418',
    title: 'a text that is too long',
    doc: 'With its names filled in, a text has at most 4,096 characters. Names that stand for texts that name others grow faster than one thinks.',
    frame: 'file',
    bad: `${one('"{long}"', `let half = "${'x'.repeat(60)}"\nlet many = "${'{half}'.repeat(35)}"\nlet long = "{many}{many}"\n`)}`,
    mended: `${one('"{many}"', `let half = "${'x'.repeat(60)}"\nlet many = "${'{half}'.repeat(35)}"\n`)}`,
  },
  {
    code: 'E0419',
    title: 'a name that stands for too much',
    doc: 'What a `let`, a column or a parameter stands for has at most 50,000 parts with all its names filled in, and is nested at most 400 deep. Lists of lists grow fast.',
    frame: 'file',
    bad: one('"{a4}"', doubled(5)),
    mended: one('"{a4}"', doubled(1)),
  },
  {
    code: 'E0420',
    title: 'a file that unfolds into too much',
    doc: 'Tables repeat the sentences of their scenario for each row, and faults are written out wherever they are called. One file unfolds into 250,000 sentences at most.',
    frame: 'file',
    bad: one('"bit {bit}" for bit in 1..10_000').replace(
      'expect {',
      `expect { ${'guest web is healthy; '.repeat(30)}`,
    ),
    mended: one('"bit {bit}" for bit in 1..10'),
  },
  {
    code: 'E0421',
    title: 'a scenario without a name',
    doc: 'Reports, histories and `--filter` know a scenario by its name. It needs a character that can be seen.',
    frame: 'file',
    bad: one('""'),
    mended: one('"quiet"'),
  },
];
