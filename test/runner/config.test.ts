import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONFIG_CODES } from '../../src/runner/config-codes.ts';
import { DEFAULT_CONFIG } from '../../src/runner/config.ts';
import { readConfig } from '../../src/runner/read-config.ts';

/** `E0804 workers: 4` for each diagnostic: its code and the text its carets stand under. */
function problems(text: string): string[] {
  return readConfig(text).diagnostics.map(({ code, labels }) => {
    const { start, end } = labels[0]!.span;
    return `${code} ${text.slice(start, end)}`;
  });
}

describe('siren.yaml', () => {
  it('gives every key its value', () => {
    const { value, diagnostics } = readConfig(
      'paths: [specs, more/one.spec]\ntarget: qemu\nworkers: 3\nreports: out\nreporters: [junit]\ntimeout_s: 5\nseed: 7\n' +
        'tags:\n  smoke: every commit\n  slow: at night\n',
    );
    expect(diagnostics).toEqual([]);
    expect(value.paths.map(({ text }) => text)).toEqual(['specs', 'more/one.spec']);
    expect(value.tags.map(({ name, doc }) => `${name}: ${doc}`)).toEqual([
      'smoke: every commit',
      'slow: at night',
    ]);
    const { target, workers, reports, reporters, timeout_s, seed } = value;
    expect({ target, workers, reports, reporters, timeout_s, seed }).toEqual({
      target: 'qemu',
      workers: 3,
      reports: 'out',
      reporters: ['junit'],
      timeout_s: 5,
      seed: 7,
    });
  });

  it.each(['', '# nothing\n', '---\n', '\uFEFF'])('may be empty: %j', (text) => {
    expect(readConfig(text)).toEqual({ value: DEFAULT_CONFIG, diagnostics: [] });
  });

  it('has no key that it does not know, and says which was meant', () => {
    const { diagnostics } = readConfig('paths: specs\nworker: 4\n');
    expect(diagnostics).toMatchObject([{ code: 'E0804', help: 'did you mean `workers`?' }]);
    expect(problems('paths: specs\nworker: 4\n')).toEqual(['E0804 worker']);
  });

  it.each([
    ['workers: many', 'E0803 many'],
    ['workers: 1.5', 'E0803 1.5'],
    ['workers: -1', 'E0805 -1'],
    ['workers: 99999', 'E0805 99999'],
    ['timeout_s: 0', 'E0805 0'],
    ['seed: 9007199254740993', 'E0805 9007199254740993'],
    ['target: simm', 'E0805 simm'],
    ['paths: {a: b}', 'E0803 {a: b}'],
    ['paths: []', 'E0805 []'],
    ['paths: [1]', 'E0803 1'],
    ['reporters: [junit, htlm]', 'E0805 htlm'],
    ['tags: [smoke]', 'E0803 [smoke]'],
    ['tags: {and: x}', 'E0805 and'],
    ['tags: {a b: x}', 'E0805 a b'],
    ['tags: {smoke: }', 'E0803 '],
    ['- specs', 'E0803 - specs'],
    ['just text', 'E0803 just text'],
    ['? [a]\n: b', 'E0803 [a]'],
    ['__proto__: 1', 'E0804 __proto__'],
    ['constructor: 1', 'E0804 constructor'],
    ['reports: !!js/function x', 'E0802 !!js/function'],
    ['a: &x 1\nreports: *x', 'E0804 a|E0803 *x'],
  ])('%j is wrong at its own place', (text, expected) => {
    expect(problems(text)).toEqual(expected.split('|'));
  });

  it('keeps the default of a key that is wrong, and reads the others', () => {
    expect(readConfig('workers: many\nreports: out').value).toMatchObject({ reports: 'out', timeout_s: 60 });
    expect(readConfig('workers: many').value.workers).toBeUndefined();
  });

  it('is refused when it is no YAML, with the place', () => {
    expect(problems('paths: [a\ntarget: sim\n')[0]).toMatch(/^E0802/);
    const second = readConfig('paths: [a]\n---\npaths: [b]\n').diagnostics.map(({ message }) => message);
    expect(second).toEqual(['siren.yaml is one document, and here another begins']);
    expect(problems('workers: 1\nworkers: 2\n')).toEqual([expect.stringMatching(/^E0802 workers/)]);
  });

  it.each([
    ['an alias bomb', `a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\npaths: [*c,*c,*c]\n`],
    ['ten thousand brackets', '['.repeat(10_000)],
    ['ten thousand dashes', '- '.repeat(10_000)],
    ['deep block maps', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['a zero byte', 'a\u0000b: 1'],
    ['lone surrogates', '\ud800: \udfff'],
  ])('%s ends in a diagnostic, quickly', (_, text) => {
    const begun = performance.now();
    const { diagnostics } = readConfig(text);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(diagnostics.length).toBeLessThanOrEqual(50);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('never throws, and points into the text', () => {
    const piece = fc.constantFrom(
      'paths',
      'tags',
      ':',
      ' ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '!t',
      '"',
      "'",
      '|',
      '>',
      '#',
      '%',
      '0x1',
      '~',
      'é',
      '\t',
      '?',
      '---',
      ',',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        for (const { code, labels } of readConfig(text).diagnostics) {
          const { start, end } = labels[0]!.span;
          expect(start).toBeLessThanOrEqual(end);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(CONFIG_CODES.map((doc) => doc.code)).toContain(code);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
