import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import { renderDiagnostic } from '../../src/text/render.ts';
import { memoryHost } from '../support/memory-host.ts';

const GOOD = 'test/language/good';
const LIB = {
  'lib/machines.spec': readFileSync('test/language/lib/machines.spec', 'utf8'),
  'lib/ledger.spec': readFileSync('test/language/lib/ledger.spec', 'utf8'),
};
const SOURCES = ['structs', 'locators', 'validators', 'apps'].map((name) =>
  readFileSync(`${GOOD}/${name}.spec`, 'utf8'),
);

/** Compiles, draws every diagnostic, and gives the codes. */
function swallow(text: string): string[] {
  const { diagnostics, sources, value } = compile(
    ['good/x.spec'],
    memoryHost({ ...LIB, 'good/x.spec': text }),
  );
  for (const one of diagnostics) {
    for (const { span } of one.labels)
      expect(Number.isInteger(span.start) && span.start >= 0 && span.end >= span.start).toBe(true);
    renderDiagnostic(one, (file) => sources.get(file));
  }
  structuredClone(value);
  return diagnostics.map(({ code }) => code);
}

const repeated = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join('');

describe('whatever declarations are made of', () => {
  it('the texts that the rest is made from hold no error', () => {
    for (const text of SOURCES) expect(swallow(text).filter((code) => code !== 'E1018')).toEqual([]);
  });

  it('a piece replaced by another piece gives diagnostics, never an exception', () => {
    const pieces = SOURCES.map((text) => [...text.matchAll(/\w+|[^\w\s]|\s+/g)].map(([piece]) => piece));
    const number = fc.nat(100_000);
    const change = fc.tuple(number, number, number, number);
    fc.assert(
      fc.property(
        fc.nat(SOURCES.length - 1),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (which, changes) => {
          const copy = [...(pieces[which] as string[])];
          for (const [to, of, from, count] of changes) {
            const source = pieces[of % pieces.length] as string[];
            const taken = source.slice(from % source.length, (from % source.length) + (count % 5));
            copy.splice(to % copy.length, count % 3, ...taken);
          }
          swallow(copy.join(''));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a text that ends anywhere gives diagnostics, never an exception', () => {
    for (const text of SOURCES) for (let end = 0; end < text.length; end += 97) swallow(text.slice(0, end));
  });

  it('names that every object inherits are names like any other', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      for (const [text, own] of [
        [SOURCES[0], ['packet', 'kind', 'urgent', 'most', 'inner']],
        [SOURCES[1], ['shelf', 'items', 'used', 'shelves', 'ITEM']],
        [SOURCES[2], ['order', 'orders', 'qty', 'open', 'gap', 'said', 'o']],
        [SOURCES[3], ['orders', 'one', 'whole_shop', 'ledger']],
      ] as const) {
        for (const word of own) {
          const renamed = (text as string).replaceAll(new RegExp(`\\b${word}\\b`, 'g'), name);
          const found = swallow(renamed).filter((code) => code !== 'E1018');
          // A code is in capitals, and so are the names that a lib declares.
          if (word !== 'ITEM' && word !== 'ledger') expect(found, `${word} as ${name}`).toEqual([]);
        }
      }
    }
  });

  it('and mean nothing where nobody declared them', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const order =
        'struct order { link: list_head; id: u64 }\nlocator orders: list of order via link from symbols["x"]\n';
      for (const text of [
        `struct s { a: ${name} }`,
        `locator x: ${name} of order from symbols["y"]`,
        `locator x: list of ${name} via link from symbols["y"]`,
        `locator x: list of order via ${name} from symbols["y"]`,
        `locator x in ${name}: list of order via link from .link`,
        `locator x: list of order via link from symbols["y"] ${name} 3`,
        `validator v { require ${name} == 1 else CODE "x" }`,
        `validator v { require ${name}(1) == 1 else CODE "x" }`,
        `validator v { each o in orders { require o.${name} == 1 else CODE "x" } }`,
        `validator v { each o in orders { require o.id == 1 else CODE "{${name}}" } }`,
        `validator v { each o in orders { require o.id == 1 else CODE "{o.id:${name}}" } }`,
        `validator v { each o in orders { require o.id == 1 means ${name} else CODE "x" } }`,
        `validator v { each o in orders { require o.id == 1 else CODE "x" } repair CODE: ${name} o }`,
        `validator v { each o in orders { require o.id == 1 else ${name} "x" } }`,
        `validator v { ${name} { } }`,
        `topology t { machine { cpus 0; memory 64 MiB } lpar web { owns cpus 0; owns memory 32 MiB; app shop { ${name} 3 } } }`,
        `topology t { machine { cpus 0; memory 64 MiB } lpar web { owns cpus 0; owns memory 32 MiB; app shop { orders 3 { ${name} 1 } } } }`,
        `topology t { machine { cpus 0; memory 64 MiB } lpar web { owns cpus 0; owns memory 32 MiB; metadata { describes ${name} } } }`,
      ])
        expect(
          swallow(order + text).filter((code) => code !== 'E1018'),
          text,
        ).not.toEqual([]);
    }
  });
});

describe('declarations that grow', () => {
  const requiring = (formula: string): string => `validator v { require ${formula} == 1 else CODE "code" }\n`;
  const errors = (text: string): string[] =>
    [...new Set(swallow(text))].filter((code) => code !== 'E1018' && code !== 'E0115');

  it('sixty `def`s, each of the one before twice, are one diagnostic', () => {
    for (const body of ['+', '==']) {
      const defs = repeated(60, (at) => `def d${at + 1}(x) = d${at}(x) ${body} d${at}(x)\n`);
      expect(errors(`def d0(x) = x\n${defs}${requiring('d20(symbols["a"] as u64)')}`)).toEqual(['E1032']);
      expect(errors(`def d0(x) = x\n${defs}${requiring('d60(symbols["a"] as u64)')}`)).toEqual(['E1031']);
    }
  });

  it('a `def` whose argument grows from call to call is one diagnostic', () => {
    const nested = `${'d('.repeat(30)}symbols["a"] as u64${')'.repeat(30)}`;
    expect(errors(`def d(x) = x * x + x\n${requiring(nested)}`)).toEqual(['E1032']);
  });

  it('`def`s that lead back to themselves, at once or by others, are told as such', () => {
    expect(errors(`def a(x) = a(x)\n${requiring('a(1)')}`)).toEqual(['E1031']);
    expect(errors(`def a(x) = b(x)\ndef b(x) = c(x)\ndef c(x) = a(x)\n${requiring('a(1)')}`)).toEqual([
      'E1031',
    ]);
  });

  it('twenty thousand structs, each holding the next, end at a depth', () => {
    const structs = repeated(20_000, (at) => `struct t${at} { a: t${at + 1} }\n`);
    expect(errors(`${structs}struct t20000 { a: u8 }`)).toEqual(['E1008']);
  });

  it('forty structs, each holding the one before twice, are looked at once each', () => {
    const structs = repeated(20, (at) => `struct t${at + 1} { a: t${at}; b: t${at} }\n`);
    expect(errors(`struct t0 { a: u16 }\n${structs}`)).toEqual([]);
    // Of no size that ends it: only looking once does.
    const unions = repeated(14, (at) => {
      const members = repeated(4, (one) => `m${one}: t${at}; `);
      return `struct t${at + 1} { u: union { ${members} } }\n`;
    });
    expect(errors(`struct t0 { a: u16 }\n${unions}`)).toEqual([]);
    const more = repeated(40, (at) => `struct t${at + 1} { a: t${at}; b: t${at} }\n`);
    expect(errors(`struct t0 { a: u16 }\n${more}`)).toEqual(['E1008']);
  });

  it('twenty thousand locators, each nested in the next, end at a depth', () => {
    const locators = repeated(20_000, (at) => `locator l${at} in l${at + 1}: one of list_head from .next\n`);
    expect(errors(`${locators}locator l20000: one of list_head from symbols["a"]`)).toEqual(['E1016']);
  });

  it('towers of pointers, dimensions, steps and loops are bounded', () => {
    for (const [text, code] of [
      [`struct s { a: ${'*'.repeat(9000)}u8 }`, 'E0205'],
      [`struct s { a: u8${'[2]'.repeat(9000)} }`, 'E1004'],
      [`struct s { a: u8[16_000_000][16_000_000] }`, 'E1004'],
      [requiring(`(symbols["a"] as list_head)${'.next'.repeat(9000)}`), 'E1032'],
      [`validator v { ${'each a in 0..3 { '.repeat(70)}`, 'E0204'],
      [requiring(`${'any(cpus, '.repeat(62)}.running${')'.repeat(62)}`), undefined],
    ] as const) {
      const found = errors(text);
      if (code === undefined) expect(found.every((one) => one.startsWith('E1'))).toBe(true);
      else expect(found, text.slice(0, 60)).toContain(code);
    }
  });

  it('a validator of four thousand requirements comes to an end', () => {
    expect(
      errors(`validator v {\n${'require (symbols["a"] as u64) == 1 else CODE "code"\n'.repeat(4000)}}`)
        .length,
    ).toBeLessThan(2);
  });

  it('a message of a thousand holes, and one of holes in holes, are told', () => {
    expect(
      errors(`validator v { require (symbols["a"] as u64) == 1 else CODE "${'{1}'.repeat(1000)}" }`),
    ).toEqual(['E1037']);
    expect(
      errors(`validator v { require (symbols["a"] as u64) == 1 else CODE "${'{'.repeat(1000)}" }`),
    ).toEqual(['E1037']);
  });
});
