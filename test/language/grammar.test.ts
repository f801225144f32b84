import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as oniguruma from 'vscode-oniguruma';
import type { IGrammar } from 'vscode-textmate';
import { INITIAL, parseRawGrammar, Registry } from 'vscode-textmate';
import { generate } from '../../scripts/grammar/generate.mjs';
import { ebnf, grammarRules } from '../../src/language/ebnf.ts';
import { KEYWORDS } from '../../src/language/tokens.ts';
import { LANGUAGE_WORDS } from '../../src/model/language-words.ts';
import { VERBS } from '../../src/model/verbs.ts';
import { BYSTANDER_STATES, GUEST_STATES, HYPERVISOR_STATES, VERDICTS } from '../../src/model/vocabulary.ts';

const FOLDER = join(import.meta.dirname, '../../grammar');
const states = [
  ...new Set([GUEST_STATES, HYPERVISOR_STATES, BYSTANDER_STATES].flatMap((one) => Object.keys(one))),
  ...VERDICTS,
];
const generated: Readonly<Record<string, string>> = generate({
  ebnf,
  grammarRules,
  KEYWORDS,
  LANGUAGE_WORDS,
  VERBS,
  states,
});
const committed = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

describe('the grammar folder', () => {
  it.each(Object.keys(generated))('%s is what the language says now (else: npm run grammar)', (file) => {
    expect(committed(file) === generated[file], `${file} is out of date`).toBe(true);
  });

  it('defines in EBNF every name that it uses', () => {
    const text = ebnf();
    const withoutComments = text.replace(/\(\*[\s\S]*?\*\)/g, '').replace(/"[^"\n]*"|'[^'\n]*'/g, '');
    const defined = new Set([...withoutComments.matchAll(/^(\w+)\s*=/gm)].map(([, name]) => name));
    const used = new Set([...withoutComments.matchAll(/[A-Za-z]\w*/g)].map(([name]) => name));
    const given = ['newline', 'letter', 'digit', 'hexdigit', 'character', 'tab'];
    expect([...used].filter((name) => !defined.has(name) && !given.includes(name))).toEqual([]);
    expect(defined.size).toBeGreaterThan(40);
  });

  it('has a picture for every rule, and every box of a rule leads to one', () => {
    const page = committed('siren.html');
    const names = grammarRules().map(({ name }) => name);
    for (const name of names) expect(page).toContain(`<h2 id="${name}">`);
    const links = [...page.matchAll(/href="#(\w+)"/g)].map(([, name]) => name);
    expect(links.filter((name) => !names.includes(name))).toEqual([]);
    expect(links.length).toBeGreaterThan(2 * names.length);
    expect(page).not.toMatch(/src=|https?:(?!\/\/www\.w3\.org)/);
  });
});

describe('the TextMate grammar', () => {
  let grammar: IGrammar;

  beforeAll(async () => {
    const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
    await oniguruma.loadWASM(readFileSync(wasm));
    const registry = new Registry({
      onigLib: Promise.resolve({
        createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
        createOnigString: (text) => new oniguruma.OnigString(text),
      }),
      loadGrammar: () => Promise.resolve(parseRawGrammar(committed('siren.tmLanguage.json'), 'siren.json')),
    });
    grammar = (await registry.loadGrammar('source.siren')) as IGrammar;
  });

  /** Innermost scope of each token, without its last part. */
  function scopes(line: string): string[] {
    return grammar
      .tokenizeLine(line, INITIAL)
      .tokens.map(
        ({ startIndex, endIndex, scopes: all }) =>
          [line.slice(startIndex, endIndex).trim(), all.at(-1)?.replace(/\.?siren$/, '')] as const,
      )
      .filter(([text]) => text !== '')
      .map(([text, scope]) => `${text} ${scope === 'source' ? '-' : (scope ?? '')}`);
  }

  it.each([
    ['## Why.', ['## Why. comment.line.documentation']],
    ['topology two {', ['topology keyword.declaration', 'two entity.name.type', '{ -']],
    [
      '  at 40 ms called harm: flip web.tasks.next bit 3',
      [
        'at keyword.control',
        '40 constant.numeric',
        'ms keyword.other.unit',
        'called keyword.other',
        'harm entity.name.label',
        ': -',
        'flip support.function.verb',
        'web -',
        '. -',
        'tasks variable.other.member',
        '. -',
        'next variable.other.member',
        'bit -',
        '3 constant.numeric',
      ],
    ],
    [
      '    verdict web.tasks is not corrupt with LIST_NULL',
      [
        'verdict support.class.observer',
        'web -',
        '. -',
        'tasks variable.other.member',
        'is keyword.operator.word',
        'not keyword.operator.word',
        'corrupt support.constant.state',
        'with keyword.other.clause',
        'LIST_NULL constant.other.code',
      ],
    ],
  ])('colours %s', (line, wanted) => {
    expect(scopes(line)).toEqual(wanted);
  });

  it('sees values in a message, and no comment in a string', () => {
    const found = scopes('  require a else CODE "# {o.id:hex} \\"x\\""  # said');
    expect(found).toContain('o.id variable.other');
    expect(found).toContain('hex support.type.format');
    expect(found.filter((one) => one.includes('comment'))).toEqual(['# said comment.line.number-sign']);
  });

  it('ends no line of a spec inside a string', () => {
    for (const name of ['structures/task-list', 'language/sentences', 'lib/machines']) {
      const text = readFileSync(join(FOLDER, `../specs/${name}.spec`), 'utf8');
      let stack = INITIAL;
      for (const line of text.split('\n')) {
        stack = grammar.tokenizeLine(line, stack).ruleStack;
        expect(stack.depth).toBe(1);
      }
    }
  });
});
