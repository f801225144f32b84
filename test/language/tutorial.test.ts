// docs/tutorial.md builds specs/tutorial/sessions.spec: every step compiles, and what it shows is what is said.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import { format } from '../../src/language/format/format.ts';
import type { SourceHost } from '../../src/language/host.ts';
import { failureText } from '../../src/report/failure-text.ts';
import { executorOf } from '../../src/runner/execute.ts';
import { shippedLibrary } from '../../src/runner/library.ts';
import { renderDiagnostic } from '../../src/text/render.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILE = 'specs/tutorial/sessions.spec';
const TUTORIAL = readFileSync(join(ROOT, 'docs/tutorial.md'), 'utf8');
const SHIPPED = readFileSync(join(ROOT, FILE), 'utf8').replace(/^#[^\n]*\n/, '');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const LIBRARY = await shippedLibrary();

/** A file so far: its declarations by what each begins with. */
type Pieces = ReadonlyMap<string, string>;

interface Step {
  readonly line: number;
  /** '' goes into the file, `repairs` into its validator; `error CODE` and `trial` are taken back. */
  readonly mode: string;
  readonly text: string;
  readonly pieces: Pieces;
}

/** Declarations are parted by an empty line before what is not indented. */
function piecesOf(text: string): Pieces {
  const pieces = text.trim().split(/\n\n(?=\S)/);
  return new Map(pieces.map((piece) => [keyOf(piece), piece]));
}

/** `validator sessions`, `scenario "a chain that loops"`: by which a later step takes the place of an earlier. */
function keyOf(piece: string): string {
  const head = piece.split('\n').find((line) => !line.startsWith('#')) ?? '';
  return (head.match(/"[^"]*"|\w+/g) ?? []).slice(0, 2).join(' ');
}

const STEPS: readonly Step[] = (() => {
  let file: Pieces = new Map();
  return [...TUTORIAL.matchAll(/^```siren *([^\n]*)\n([\s\S]*?)^```$/gm)].map((found): Step => {
    const [mode, text] = [found[1] as string, found[2] as string];
    const pieces = new Map([...file, ...(mode === 'repairs' ? [] : piecesOf(text))]);
    if (mode === 'repairs') {
      const [key] = (TUTORIAL.match(/^validator \w+/m) ?? []) as string[];
      pieces.set(key ?? '', (file.get(key ?? '') ?? '').replace(/\}$/, `\n${text}}`));
    }
    if (mode === '' || mode === 'repairs') file = pieces;
    return { line: TUTORIAL.slice(0, found.index).split('\n').length, mode, text, pieces };
  });
})();

const textOf = (pieces: Pieces): string => `${[...pieces.values()].join('\n\n')}\n`;

function compiled(pieces: Pieces): ReturnType<typeof compile> {
  const host: SourceHost = { read: () => ({ ok: true, bytes: Buffer.from(textOf(pieces)) }) };
  return compile([FILE], host, { library: LIBRARY });
}

/** What a reader would see. */
function shown({ diagnostics, sources }: ReturnType<typeof compile>): string {
  return diagnostics.map((one) => renderDiagnostic(one, (file) => sources.get(file))).join('\n\n');
}

/** How long the rescuer takes may change. */
const timeless = (text: string): string => text.replaceAll(/\d+\.\d+ ms/g, '… ms');

describe('the tutorial', () => {
  it.each(STEPS.filter(({ mode }) => !mode.startsWith('error')))(
    'compiles after its step at line $line',
    ({ pieces }) => {
      expect(shown(compiled(pieces))).toBe('');
    },
  );

  it.each(STEPS.filter(({ mode }) => mode.startsWith('error')))(
    'shows what its mistake at line $line leads to',
    ({ pieces }) => {
      const said = shown(compiled(pieces));
      expect(said).not.toBe('');
      expect(TUTORIAL).toContain(`\n${said}\n`);
    },
  );

  it.each(STEPS.filter(({ mode }) => mode === 'trial'))(
    'shows how its trial at line $line ends',
    ({ pieces, text }) => {
      const { value, sources } = compiled(pieces);
      const scenario = value
        .flatMap(({ scenarios }) => scenarios)
        .find(({ name }) => text.includes(`"${name}"`));
      const job = { index: 0, scenario: scenario!, seed: 1 };
      const outcome = executorOf(LIBRARY)(job, {
        today: '2026-01-01',
        replay: 'npx siren run',
        target: 'sim',
      });
      expect(outcome.status).toBe('failed');
      const [found] = outcome.record!.reports[0]!.findings;
      expect(found!.context!.fields.map(({ name }) => name)).toEqual([
        'chain.next',
        'chain.pprev',
        'token',
        'user',
        'kind',
        'hits',
        'opened',
        'expires',
        'name',
      ]);
      const said = failureText(job, outcome, (file) => sources.get(file)).split('\n');
      for (const line of said.filter((one) => !one.includes('trace hash')))
        expect(timeless(TUTORIAL)).toContain(timeless(line));
    },
  );

  it('ends with the file that ships, in its one form', () => {
    const last = STEPS.at(-1)!.pieces;
    const ships = piecesOf(SHIPPED);
    expect([...last.keys()].toSorted()).toEqual([...ships.keys()].toSorted());
    for (const [key, piece] of ships) expect(last.get(key), key).toBe(piece);
    expect(format(FILE, SHIPPED).value).toBe(SHIPPED);
  });

  it('is announced in the README with a structure that compiles', () => {
    const [, example] = /fifteen lines\n[\s\S]*?^```\n([\s\S]*?)^```$/m.exec(README) as unknown as [
      string,
      string,
    ];
    expect(shown(compiled(piecesOf(example)))).toBe('');
    expect(format(FILE, example).value).toBe(example);
    expect(example.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(15);
  });

  it('begins with fifteen lines', () => {
    expect(STEPS[0]!.text.split('\n').filter((line) => line.trim() !== '')).toHaveLength(15);
  });
});
