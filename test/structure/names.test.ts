// Nothing that a spec says gets into generated source: it is spoken of by number.
import { describe, expect, it } from 'vitest';
import { compileLocator, compileValidator } from '../../src/structure/compile/program.ts';
import { LinkedLibrary } from '../../src/structure/link.ts';
import {
  binary,
  call,
  cast,
  collection,
  int,
  member,
  name,
  symbol,
  text,
  truth,
} from '../support/formulas.ts';
import { FlatSpace } from '../support/flat-space.ts';
import {
  each,
  let_,
  library,
  locator,
  require_,
  sessionOn,
  struct,
  typeOf,
  validator,
} from '../support/structures.ts';

const HOSTILE = [
  'constructor',
  '__proto__',
  'prototype',
  'this',
  'process',
  'globalThis',
  'eval',
  'Function',
  'R',
  'm0',
  'v0',
  'L0',
  'arguments',
  'hasOwnProperty',
  'toString',
  '});',
  '`${process.exit()}`',
  '"; throw 1; //',
  "'); R.constructor.constructor('return process')(); ('",
  '*/ throw 1 /*',
  '\\u0052',
  '\u2028throw 1',
  '\u2029',
  '\n}',
  '\0',
  '${1}',
];

/**
 * All that generated source may hold: locals, the runtime's own names, numbers, a few words of the language, and marks.
 */
const WORDS =
  /^(?:[vLmc]\d+|function|const|let|if|else|for|break|return|true|false|NaN|R|u8|u16|u32|u64|mapped|bases|length|more|Math|floor|String|index|turn|includes|depthOf|parentOf|headOf|numberOf|meets|closing|has|use|strict|undefined)$/;
const OWN = new Set([
  'readers',
  'symbols',
  'texts',
  'text',
  'step',
  'elements',
  'elementsOf',
  'whole',
  'begin',
  'blame',
  'sayText',
  'sayNumber',
  'sayPlace',
  'capture',
  'under',
  'end',
  'unmapped',
  'outside',
  'wrapped',
  'called',
  'noElement',
  'root',
  'endRoot',
  'expect',
  'trail',
  'ended',
  'cpus',
  'cpu_count',
  'perCpu',
  'edge',
  'lostEdge',
  'at',
]);

function wordsOf(source: string): string[] {
  const without = source
    .replace(/^'use strict';$/m, '')
    .replace(/\b0x[0-9a-f]+\b|\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/g, '');
  return without.match(/[A-Za-z_$\\][\w$\\]*|[^\s\w(){}[\];,.<>=!&|+*/%?:~^'-]/g) ?? [];
}

function hostileLibrary(bad: string) {
  const thing = struct(bad, { [bad]: 'u32', other: 'char[8]' });
  const things = locator(
    bad,
    'array',
    bad,
    cast(symbol(bad), { kind: 'array', of: typeOf('u32'), count: 1 }),
    { label: ['other'] },
  );
  const named = {
    ...things,
    of: { kind: 'named' as const, name: bad },
    from: [cast(symbol(bad), { kind: 'array', of: { kind: 'named', name: bad }, count: 2 })],
  };
  return library(
    [thing],
    [named],
    [
      validator(bad, [
        let_('plain', int(1)),
        each(
          bad,
          collection(bad),
          require_(
            binary('==', member(name(bad), bad), int(7)),
            bad,
            [bad, { value: member(name(bad), bad), format: 'plain' }, bad],
            { means: bad },
          ),
          require_(call('contains', member(name(bad), 'other'), text(bad)), `${bad}2`, [
            { value: text(bad), format: 'plain' },
          ]),
          let_(`${bad}x`, truth(true)),
        ),
      ]),
    ],
  );
}

describe('generated source', () => {
  it.each(HOSTILE.flatMap((bad) => [false, true].map((folds) => [bad, folds] as const)))(
    'holds nothing of the name %j (folded: %s)',
    (bad, folds) => {
      const of = hostileLibrary(bad);
      const linked = new LinkedLibrary(of, undefined);
      const around = { source: linked.source, spaceOf: () => '', folds };
      const [validated] = of.validators;
      const [located] = of.locators;
      const programs = [compileValidator(validated!, around), compileLocator(located!, around)];
      for (const { source } of programs) {
        const strange = wordsOf(source).filter((word) => !WORDS.test(word) && !OWN.has(word));
        expect(strange).toEqual([]);
      }
    },
  );

  it('is the same source whatever the names are', () => {
    const sources = HOSTILE.map((bad) => {
      const of = hostileLibrary(bad);
      const linked = new LinkedLibrary(of, undefined);
      return compileValidator(of.validators[0]!, { source: linked.source, spaceOf: () => '', folds: false })
        .source;
    });
    expect(new Set(sources).size).toBe(1);
  });

  it.each(HOSTILE)('finds and names what is called %j as anything else', (bad) => {
    const memory = new FlatSpace();
    const result = sessionOn(hostileLibrary(bad), memory, { [bad]: 0x4000 }).validate(bad);
    expect(result?.failure).toBeUndefined();
    expect(result?.drafts.map(({ code, message }) => [code, message])).toEqual([
      [bad, `${bad}0${bad}`],
      [`${bad}2`, bad],
      [bad, `${bad}0${bad}`],
      [`${bad}2`, bad],
    ]);
    expect(result?.drafts[0]?.place).toBe(`${bad}[0].${bad}`);
  });
});
