import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import { format } from '../../src/language/format/format.ts';
import type { SourceHost } from '../../src/language/host.ts';
import { LANGUAGE_WORDS } from '../../src/model/language-words.ts';
import { VERBS } from '../../src/model/verbs.ts';
import { executorOf } from '../../src/runner/execute.ts';
import { renderDiagnostic } from '../../src/text/render.ts';
import { SHIPPED } from '../support/library.ts';

const ROOT = join(import.meta.dirname, '../..');
const GUIDE = readFileSync(join(ROOT, 'docs/language.md'), 'utf8');

interface Example {
  readonly line: number;
  /** '' for a whole file that compiles; `run`; `in scenario`; `in expect`; `error CODE`. */
  readonly mode: string;
  readonly text: string;
}

const examples: readonly Example[] = [...GUIDE.matchAll(/^```siren *([^\n]*)\n([\s\S]*?)^```$/gm)].map(
  (found) => ({
    line: GUIDE.slice(0, found.index).split('\n').length,
    mode: found[1] as string,
    text: found[2] as string,
  }),
);

const IMPORT = 'import { two_partitions } from "./lib/machines.spec"\n\n';

/** An example as a file: some show only what stands inside a scenario or an `expect`. */
function whole({ mode, text }: Example): string {
  const inner = text.replaceAll(/^(?=.)/gm, '  ');
  if (mode === 'in scenario')
    return `${IMPORT}scenario "example" {\n  uses two_partitions\n\n${inner}\n  expect { verdict web.* is any; verdict db.* is any; guest db is booted }\n}\n`;
  if (mode === 'in expect')
    return `${IMPORT}scenario "example" {\n  uses two_partitions\n\n  expect {\n${inner.replaceAll(/^(?=.)/gm, '  ')}  }\n}\n`;
  return text;
}

/** The topology that the guide declares and later imports. */
const CROWDED = examples.find(({ text }) => text.startsWith('topology crowded'))?.text ?? '';

const host = (text: string): SourceHost => ({
  read: (file) => {
    const found =
      file === 'guide.spec'
        ? text
        : file === 'lib/crowded.spec'
          ? CROWDED
          : readFileSync(join(ROOT, 'specs', file), 'utf8');
    return { ok: true, bytes: Buffer.from(found) };
  },
});

/** What a reader would see. A `let` or a tag that only an example has no use for is none of its faults. */
function diagnosed(text: string): { codes: string[]; shown: string } {
  const { diagnostics, sources } = compile(['guide.spec'], host(text), { library: SHIPPED });
  const counted = diagnostics.filter(({ severity }) => severity === 'error');
  return {
    codes: counted.map(({ code }) => code),
    shown: counted.map((one) => renderDiagnostic(one, (file) => sources.get(file))).join('\n\n'),
  };
}

describe('the language guide', () => {
  it.each(examples.filter(({ mode }) => !mode.startsWith('error')))(
    'compiles its example at line $line',
    (example) => {
      expect(diagnosed(whole(example)).shown).toBe('');
    },
  );

  it.each(examples.filter(({ mode }) => mode.startsWith('error')))(
    'shows what $mode says at line $line',
    (example) => {
      expect(diagnosed(example.text).codes).toEqual([example.mode.slice('error '.length)]);
    },
  );

  it.each(examples.filter(({ mode }) => mode === 'run'))(
    'runs its example at line $line as it says',
    (example) => {
      const { value } = compile(['guide.spec'], host(example.text), { library: SHIPPED });
      for (const scenario of value.flatMap(({ scenarios }) => scenarios)) {
        const outcome = executorOf(SHIPPED)(
          { index: 0, scenario, seed: scenario.seeds[0] as number },
          { today: '2026-01-01', replay: 'siren run', target: 'sim' },
        );
        expect(outcome.status, JSON.stringify(outcome, null, 1).slice(0, 2000)).toBe('passed');
      }
    },
  );

  it('writes whole files in their one form, but for its comments', () => {
    const bare = (text: string): string[] =>
      text.split('\n').map((line) => line.replace(/\s*#.*$/, '').trimEnd());
    for (const example of examples.filter(({ mode }) => mode === '' || mode === 'run')) {
      expect(bare(format('guide.spec', example.text).value ?? ''), `line ${example.line}`).toEqual(
        bare(example.text),
      );
    }
  });

  it('shows every word of the language in its code', () => {
    const spans = [...GUIDE.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
      ([, text]) => text,
    );
    const shown = [...examples.map(({ text }) => text), ...spans].join('\n');
    const words = [...LANGUAGE_WORDS.flatMap((group) => Object.keys(group.words)), ...VERBS.keys()];
    const missing = words.filter((word) => !new RegExp(`\\b${word.replace(' ', '\\s+')}\\b`).test(shown));
    expect(missing.filter((word) => !UNTOLD.has(word))).toEqual([]);
  });
});

/** Words that the guide does not tell of: those of a later version. */
const UNTOLD: ReadonlySet<string> = new Set(['core', 'qemu']);
