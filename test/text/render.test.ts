import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/text/diagnostic.ts';
import { PLAIN, renderDiagnostic } from '../../src/text/render.ts';
import { Source } from '../../src/text/source.ts';

const spanIn = (source: Source, part: string, from = 0): Diagnostic['labels'][number]['span'] => {
  const start = source.text.indexOf(part, from);
  return { file: source.file, start, end: start + part.length };
};
const render = (diagnostic: Omit<Diagnostic, 'code' | 'severity'>, ...files: Source[]): string =>
  renderDiagnostic({ code: 'E0312', severity: 'error', ...diagnostic }, (file) =>
    files.find((one) => one.file === file),
  );

describe('a diagnostic', () => {
  it('shows two places of one file, the help and the code, as the tour of the language draws it', () => {
    const lines = Array.from({ length: 21 }, (_, index) => `# line ${index + 1}`);
    lines[13] = '    owns cpus 0..2';
    lines[20] = '    owns cpus 2..3';
    const source = new Source('specs/lists.spec', lines.join('\n'));
    const text = render(
      {
        message: '`web` and `db` both own cpu 2',
        labels: [
          { span: spanIn(source, '0..2'), text: 'given to `web` here' },
          { span: spanIn(source, '2..3'), text: 'and again to `db` here' },
        ],
        help: 'write `shares cpus 2` in both, or give `db` cpus 3..4',
      },
      source,
    );
    expect(text).toBe(`error[E0312]: \`web\` and \`db\` both own cpu 2
  --> specs/lists.spec:14:15
   |
14 |     owns cpus 0..2
   |               ^^^^ given to \`web\` here
   |
21 |     owns cpus 2..3
   |               ^^^^ and again to \`db\` here
   |
   = help: write \`shares cpus 2\` in both, or give \`db\` cpus 3..4`);
  });

  it('puts the carets under the text where tabs and wide characters stand before it', () => {
    const source = new Source('a.spec', '\tx "日本" bad');
    const lines = render(
      { message: 'm', labels: [{ span: spanIn(source, 'bad'), text: 'here' }] },
      source,
    ).split('\n');
    expect(lines[3]).toBe(' 1 |     x "日本" bad');
    expect(lines[4]).toBe(`   | ${' '.repeat(13)}^^^ here`);
  });

  it('cuts a line of 4,000 characters around what it points at', () => {
    const source = new Source('a.spec', `${'x '.repeat(1000)}BAD${' y'.repeat(1000)}`);
    const lines = render({ message: 'm', labels: [{ span: spanIn(source, 'BAD'), text: '' }] }, source).split(
      '\n',
    );
    const shown = lines[3] as string;
    expect(shown.length).toBeLessThan(110);
    expect((lines[4] as string).indexOf('^^^')).toBe(shown.indexOf('BAD'));
    expect(shown).toMatch(/ …[x ]+BAD[y ]+…$/);
  });

  it('marks a span over several lines to the end of its first', () => {
    const source = new Source('a.spec', 'expect {\n}\n');
    const lines = render(
      { message: 'm', labels: [{ span: spanIn(source, 'expect {\n}'), text: 'empty' }] },
      source,
    ).split('\n');
    expect(lines.slice(3)).toEqual([' 1 | expect {', '   | ^^^^^^^^ empty']);
  });

  it('points past the end of a line with one caret', () => {
    const source = new Source('a.spec', 'run 5');
    const text = render(
      { message: 'm', labels: [{ span: { file: 'a.spec', start: 5, end: 5 }, text: 'a unit' }] },
      source,
    );
    expect(text.split('\n').at(-1)).toBe('   |      ^ a unit');
  });

  it('lets nothing in source, label, message or help steer a terminal', () => {
    const source = new Source('a\u001b[2J.spec', 'x \u001b[31m \u202e y');
    const text = render(
      {
        message: 'a\u001bb\nc',
        labels: [{ span: { file: source.file, start: 0, end: 1 }, text: '\u0007' }],
        help: '\u009b',
      },
      source,
    );
    // oxlint-disable-next-line no-control-regex -- these must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain('\\x1b[31m \\u202e y');
    expect(text).toContain('a\\x1bb\\nc');
  });

  it('names a second file with an arrow of its own, and a file without a text by its name', () => {
    const source = new Source('a.spec', 'uses x');
    const text = render(
      {
        message: 'm',
        labels: [
          { span: spanIn(source, 'x'), text: 'used here' },
          { span: { file: 'lib/b.spec', start: 0, end: 0 }, text: 'declared here' },
        ],
      },
      source,
    );
    expect(text.split('\n').slice(-2)).toEqual(['  ::: lib/b.spec', '   = declared here']);
  });

  it('colours the first label as its severity and the others as notes', () => {
    const source = new Source('a.spec', 'one two');
    const colours = {
      ...PLAIN,
      error: (text: string) => `<e>${text}</e>`,
      note: (text: string) => `<n>${text}</n>`,
    };
    const diagnostic: Diagnostic = {
      code: 'E0001',
      severity: 'error',
      message: 'm',
      labels: [
        { span: spanIn(source, 'two'), text: 'first' },
        { span: spanIn(source, 'one'), text: 'second' },
      ],
    };
    const text = renderDiagnostic(diagnostic, () => source, colours);
    expect(text).toContain('<e>error[E0001]</e>');
    expect(text).toContain('<e>^^^ first</e>');
    expect(text).toContain('<n>^^^ second</n>');
    expect(text.match(/one two/g)).toHaveLength(1);
  });
});
