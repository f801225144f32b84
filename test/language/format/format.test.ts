import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/language/compile.ts';
import { format } from '../../../src/language/format/format.ts';
import { lex } from '../../../src/language/lex.ts';
import { Problems } from '../../../src/language/problems.ts';
import { fileHost } from '../../../src/runner/files.ts';
import type { SourceHost } from '../../../src/language/host.ts';

const ROOT = join(import.meta.dirname, '../../..');

function specsUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec'))
    .map((name) => join(folder, name));
}

const SHIPPED = specsUnder('specs');
const READABLE = [...SHIPPED, ...specsUnder('test/language/good'), ...specsUnder('test/language/tour')];
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

function formatted(text: string): string {
  const { value } = format('a.spec', text);
  expect(value).toBeDefined();
  return value as string;
}

/** The sentences of a text: its tokens, with one sign for every way of ending a sentence. */
function sentences(text: string): string[] {
  const { tokens } = lex('a.spec', text, new Problems());
  return tokens.map(({ image }) => (image === '\n' ? ';' : image));
}

/** A model without where in the text its parts stand. */
function model(file: string, text: string): string {
  const files = fileHost(ROOT);
  const host: SourceHost = {
    read: (name) => (name === file ? { ok: true, bytes: Buffer.from(text) } : files.read(name)),
  };
  const { value } = compile([file], host, { tags: ['nightly'] });
  const skipped = new Set(['span', 'line', 'text', 'offset']);
  return JSON.stringify(value, (key, part: unknown) =>
    skipped.has(key) ? undefined : typeof part === 'bigint' ? part.toString() : part,
  );
}

describe('the formatter', () => {
  it.each(READABLE)('keeps every token, every comment and the model of %s', (file) => {
    const text = textOf(file);
    const pretty = formatted(text);
    expect(sentences(pretty)).toEqual(sentences(text));
    expect(comments(pretty)).toEqual(comments(text));
    expect(model(file, pretty)).toBe(model(file, text));
    expect(formatted(pretty)).toBe(pretty);
  });

  it.each(SHIPPED)('has been over %s', (file) => {
    expect(formatted(textOf(file))).toBe(textOf(file));
  });

  it('does not care how a text was indented, spaced at its ends, or torn apart by empty lines', () => {
    const text = formatted(textOf('specs/structures/task-list.spec'));
    const lines = text.split('\n');
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: lines.length, maxLength: lines.length }), (noise) => {
        const torn = lines.map((line, at) => {
          const amount = noise[at] as number;
          const gap = line === '' ? '\n'.repeat(amount) : '';
          return `${gap}${'\t'.repeat(amount)}${line.trimStart()}${' '.repeat(amount)}`;
        });
        expect(formatted(torn.join(noise[0] === 0 ? '\r\n' : '\n'))).toBe(text);
      }),
      { numRuns: 20 },
    );
  });

  it('leaves alone what does not parse, and says what is wrong', () => {
    const { value, diagnostics } = format('a.spec', 'scenario "x" {\n  run 10 ms\n');
    expect(value).toBeUndefined();
    expect(diagnostics.length).toBeGreaterThan(0);
  });

  it.each([
    [
      'indents blocks by two',
      'topology t {\nmachine {\n      cpus 0..1\n}\n}',
      'topology t {\n  machine {\n    cpus 0..1\n  }\n}\n',
    ],
    [
      'parts the sentences of a block that has lines',
      'topology t {\n  cpus 0; memory 1 MiB\n}',
      'topology t {\n  cpus 0\n  memory 1 MiB\n}\n',
    ],
    [
      'keeps a block on its line',
      'topology t { machine {cpus 0 ;memory  1 MiB} }',
      'topology t { machine { cpus 0; memory 1 MiB } }\n',
    ],
    [
      'puts one blank around operators and none inside brackets',
      'let a = ( 1+2 )*3',
      'let a = (1 + 2) * 3\n',
    ],
    [
      'writes a plain range tight and a compound one wide',
      'let a = 0 .. 5\nlet b = 1..a+4',
      'let a = 0..5\nlet b = 1 .. a + 4\n',
    ],
    ['keeps a sign with its number', 'let a = [-1,~ 2, 3 - 4]', 'let a = [-1, ~2, 3 - 4]\n'],
    [
      'sets declarations apart by one empty line',
      'tag a "x"\ntag b "y"\n\n\n\nlet c = 1\nfault f(x) {\n  zero x\n}\nfault g(x) { zero x }',
      'tag a "x"\ntag b "y"\n\nlet c = 1\n\nfault f(x) {\n  zero x\n}\n\nfault g(x) { zero x }\n',
    ],
    [
      'drops empty lines at the ends of a block',
      'topology t {\n\n  cpus 0\n\n\n  memory 1 MiB\n\n}\n\n\n',
      'topology t {\n  cpus 0\n\n  memory 1 MiB\n}\n',
    ],
    [
      'keeps the empty line after a comment that heads the file',
      '# why\n\ntag a "x"\n',
      '# why\n\ntag a "x"\n',
    ],
    [
      'keeps comments where they stand',
      '# top\n\n## doc\ntag a "x"   # behind\n# last',
      '# top\n\n## doc\ntag a "x"  # behind\n# last\n',
    ],
    [
      'lines up the claims of a block',
      'scenario "x" {\n  expect {\n    guest web is healthy\n    hypervisor web is healthy\n  }\n}',
      'scenario "x" {\n  expect {\n    guest      web is healthy\n    hypervisor web is healthy\n  }\n}\n',
    ],
    [
      'lines up the members of a struct',
      'struct s {\n  a: u8\n  long: *s[4]\n}',
      'struct s {\n  a:    u8\n  long: *s[4]\n}\n',
    ],
    [
      'lines up rows',
      'scenario "{a}" for a, b in [\n["x",1],\n  ["long",22],\n] { run 1 ms }',
      'scenario "{a}" for a, b in [\n  ["x",    1],\n  ["long", 22],\n] { run 1 ms }\n',
    ],
    [
      'lines up requirements',
      'validator v {\n  require a in 1..2 else LONG_CODE "m"\n  require abc == 1 else C "n"\n}',
      'validator v {\n  require a in 1..2 else LONG_CODE "m"\n  require abc == 1  else C         "n"\n}\n',
    ],
    [
      'sets in what goes on',
      'let a = 1 +\n2\nvalidator v {\n  require x\nelse C "m"\n}',
      'let a = 1 +\n  2\n\nvalidator v {\n  require x\n    else C "m"\n}\n',
    ],
    [
      'takes apart a block that is too long for a line',
      `topology t { ${'owns memory 64 MiB; '.repeat(8)}cpus 0 }`,
      `topology t {\n${'  owns memory 64 MiB\n'.repeat(8)}  cpus 0\n}\n`,
    ],
    [
      'parts a requirement that is too long before its else',
      `validator v {\n  require ${'a == 1 and '.repeat(9)}b == 2 else CODE "${'why '.repeat(5)}"\n}\n`,
      `validator v {\n  require ${'a == 1 and '.repeat(9)}b == 2\n    else CODE "${'why '.repeat(5)}"\n}\n`,
    ],
    [
      'knows a field that is called else',
      `let a = ${'b.c + '.repeat(20)}x.else\n`,
      `let a = ${'b.c + '.repeat(20)}x.else\n`,
    ],
    [
      'lines up no claim whose observer is part of a path',
      'expect {\n  eb.tasks[any]\n  guests web\n}\n',
      'expect {\n  eb.tasks[any]\n  guests web\n}\n',
    ],
    [
      'keeps a locator on the lines that it was given',
      'locator a: list of b via c\nfrom symbols["x"] # where\n   space tasks["y"].mm\n\n  limit 5\ntag z "z"\n',
      'locator a: list of b via c\n  from symbols["x"]  # where\n  space tasks["y"].mm\n  limit 5\n\ntag z "z"\n',
    ],
    [
      'takes a `;` before a clause of a locator for the newline that it may be',
      'locator a: list of b ; key x\n',
      'locator a: list of b key x\n',
    ],
    [
      'gives sentences behind the word enum their ends',
      'a enum { let b = 1; let c = "d" }\na {\nenum { let b = 1\nlet c = 2 } }\n',
      'a enum { let b = 1; let c = "d" }\n\na {\n  enum {\n    let b = 1\n    let c = 2\n  }\n}\n',
    ],
    [
      'keeps a locator whole that has a list of names with lines of its own',
      'locator a: list of enum {\nb\n} via c\nfrom d\n',
      'locator a: list of enum {\n  b\n} via c\n  from d\n',
    ],
    [
      'keeps a comment at the start of a block apart from what follows',
      'topology t {\n\n  # a\n\n  ## b\n\n  cpus 0\n}\n',
      'topology t {\n  # a\n\n  ## b\n\n  cpus 0\n}\n',
    ],
    ['keeps two signs apart that would be another language together', 'let a = & & b\n', 'let a = & &b\n'],
    ['writes nothing for nothing', '\n\n', ''],
  ])('%s', (_name, before, after) => {
    expect(formatted(before)).toBe(after);
    expect(formatted(after)).toBe(after);
  });
});

function comments(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const bare = line.replaceAll(/"(?:[^"\\]|\\.)*"/g, (quoted) => '_'.repeat(quoted.length));
    const start = bare.indexOf('#');
    return start < 0 ? [] : [line.slice(start).trimEnd()];
  });
}
