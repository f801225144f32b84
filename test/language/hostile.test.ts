import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/language/compile.ts';
import { MAX_SPEC_BYTES } from '../../src/language/host.ts';
import { DIAGNOSTICS_PER_FILE } from '../../src/language/problems.ts';
import { renderDiagnostic } from '../../src/text/render.ts';
import { exampleHost } from '../support/example-host.ts';
import { memoryHost } from '../support/memory-host.ts';
import type { MemoryFiles } from '../support/memory-host.ts';

const LIBRARY = readFileSync('specs/lib/machines.spec', 'utf8');
const SMASHED = `import { two_partitions } from "./machines.spec"
tag smoke "seconds"
fault harm(place, value) { set place to value }
scenario "bit {bit} of {what}{field}" for bit, what in [[0, "a"], [63, "b"]] for field in [.tasks.next, .tasks.prev] {
  uses two_partitions
  change web { kernel { heartbeat 10 ms by thread } }
  tags smoke
  let victim = db.tasks[any]
  at 40 ms called smash: flip web.tasks["nginx"][field] bit bit
  on web.register if bit == 0 { misregister web.metadata how LATE }
  every 10 ms from 20 ms to 60 ms: harm victim.pid value 0xffff
  expect {
    guest web is healthy or oopsed within 3 * web.kernel.heartbeat of smash
    verdict web.* is not corrupt with LIST_CYCLE via live_region except web.metadata
    check count(web.tasks) > 3 and not web.log contains "BUG" if bit in 0..63 given smash.activated
  }
}
`;

/** Compiles, renders what was found, and says how many diagnostics there were. */
function swallow(text: string | Uint8Array): number {
  const host = memoryHost({ 'x.spec': text, 'machines.spec': LIBRARY });
  const { diagnostics, sources } = compile(['x.spec'], host);
  for (const diagnostic of diagnostics) {
    for (const { span } of diagnostic.labels) {
      expect(Number.isInteger(span.start) && span.start >= 0 && span.end >= span.start).toBe(true);
    }
    renderDiagnostic(diagnostic, (file) => sources.get(file));
  }
  return diagnostics.length;
}
describe('whatever stands in a file', () => {
  it('the text that the rest is made from is clean', () => {
    expect(swallow(SMASHED)).toBe(0);
  });

  it('bytes without any sense give diagnostics, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void swallow(bytes)),
      { numRuns: 300 },
    );
  });

  it('a spec with a piece replaced by another piece gives diagnostics, never an exception', () => {
    const pieces = [...SMASHED.matchAll(/\w+|[^\w\s]+|\s+/g)].map(([piece]) => piece);
    const place = fc.integer({ min: 0, max: pieces.length - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, place, place), { minLength: 1, maxLength: 4 }), (changes) => {
        const copy = [...pieces];
        for (const [to, from, count] of changes)
          copy.splice(to, count % 3, ...pieces.slice(from, from + (count % 4)));
        swallow(copy.join(''));
      }),
      { numRuns: 120 },
    );
  });

  it('a spec that ends anywhere gives diagnostics, never an exception', () => {
    for (let end = 0; end < SMASHED.length; end += 7) swallow(SMASHED.slice(0, end));
  });

  it('ten thousand open braces, brackets or brackets in brackets are one diagnostic', () => {
    for (const open of ['{', '[', '(', '([{']) {
      const { diagnostics } = compile(
        ['x.spec'],
        memoryHost({ 'x.spec': `scenario "x" ${open.repeat(10_000)}` }),
      );
      expect(diagnostics.map((one) => one.code)).toEqual(['E0204']);
    }
  });

  it('a tower of operators, conditions or calls is bounded', () => {
    const towers = [
      'not '.repeat(100_000),
      '1 + '.repeat(100_000),
      'a ? b : '.repeat(50_000),
      `x${'.y'.repeat(100_000)}`,
      '- '.repeat(9999),
    ];
    for (const tower of towers) expect(swallow(`let x = ${tower}1`)).toBeGreaterThan(0);
  });

  it('a quarter of a megabyte of anything comes to an end; ten megabytes are not read at all', () => {
    const fill = (line: string): string => line.repeat(Math.floor(MAX_SPEC_BYTES / 16 / line.length));
    for (const line of [
      'x =\n',
      '"',
      '¬',
      'scenario "x" {\n',
      '}',
      '## doc\n',
      'let a = 1\n',
      'x ',
      'on x: y\n',
    ]) {
      expect(swallow(fill(line))).toBeGreaterThan(0);
    }
    const { diagnostics } = compile(
      ['x.spec'],
      memoryHost({ 'x.spec': new Uint8Array(10_000_000).fill(0x20) }),
    );
    expect(diagnostics.map((one) => one.code)).toEqual(['E0103']);
  });

  it('at most a hundred problems of a file are told, and that there are more', () => {
    expect(swallow('nonsense\n'.repeat(5000))).toBe(DIAGNOSTICS_PER_FILE + 1);
  });
});

describe('what grows when it is unfolded', () => {
  const RUN = 'uses two_partitions\n';
  const END = 'expect { guest web is healthy }';
  const repeated = (count: number, line: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => line(at)).join('');
  const scenario = (body: string, table = ''): string =>
    `import { two_partitions } from "./machines.spec"\nscenario "x" ${table} {\n${RUN}${body}${END}\n}\n`;
  const codes = (text: string): string[] => {
    const host = memoryHost({ 'x.spec': text, 'machines.spec': LIBRARY });
    const { diagnostics } = compile(['x.spec'], host);
    return diagnostics.filter((one) => one.severity === 'error').map((one) => one.code);
  };
  const doubling = (first: string, next: (name: string) => string): string =>
    `let a0 = ${first}\n${repeated(60, (at) => `let a${at + 1} = ${next(`a${at}`)}\n`)}`;

  it('sixty names, each of the one before twice, are one diagnostic, as texts, lists, ranges and steps', () => {
    expect(codes(doubling('"ab"', (name) => `"{${name}}{${name}}"`))).toEqual(['E0418']);
    expect(codes(doubling('[1]', (name) => `[${name}, ${name}]`))).toEqual(['E0419']);
    expect(codes(doubling('1', (name) => `${name}..${name}`))).toEqual(['E0419']);
    expect(codes(doubling('.x', (name) => `.x[${name}][${name}]`))).toEqual(['E0419']);
    const entries = doubling('web.memory[0]', (name) => `web.page_table[${name}][${name}]`);
    expect(codes(scenario(entries))).toEqual(['E0419']);
  });

  it('a measure of sixty others, each of the one before twice, is a measure', () => {
    expect(codes(scenario(doubling('web.cpu_time', (name) => `${name} + ${name}`)))).toEqual([]);
  });

  it('names of names of names end at a depth, not at the end of the stack', () => {
    expect(codes(`let a0 = [1]\n${repeated(20_000, (at) => `let a${at + 1} = [a${at}]\n`)}`)).toEqual([
      'E0419',
    ]);
  });

  it('faults that call faults, ten each, end at a count, whether they do something or not', () => {
    for (const first of ['zero p', 'zero p if false']) {
      const faults = repeated(15, (at) => `fault f${at + 1}(p) { ${`f${at} p; `.repeat(10)} }\n`);
      const text = `${scenario('at 1 ms: f15 web.cpus[0].rip\n')}fault f0(p) { ${first} }\n${faults}`;
      expect(codes(text)).toEqual(['E0521']);
    }
  });

  it('a fault whose argument grows from call to call is one diagnostic', () => {
    const faults = repeated(15, (at) => `fault f${at + 1}(p) { f${at} [${'p, '.repeat(20)}p] }\n`);
    const text = `${scenario('at 1 ms: f15 web.cpus[0].rip\n')}fault f0(p) { zero p }\n${faults}`;
    expect(codes(text)).toEqual(['E0419']);
  });

  it('rows times sentences, and faults times calls, are bounded over the whole file', () => {
    expect(codes(scenario('at 1 ms: panic web\n'.repeat(50), 'for n in 1..10_000'))).toEqual(['E0420']);
    const fault = `fault f0(p) { ${'zero p; '.repeat(250)} }\n`;
    expect(codes(fault + scenario('at 1 ms: f0 web.cpus[0].rip\n'.repeat(1100)))).toEqual(['E0420']);
    expect(codes(`let a = "${'x'.repeat(4000)}"\nlet b = [${'"{a}", '.repeat(90_000)}1]`)).toEqual(['E0420']);
  });
});

describe('names that every object inherits', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    it(`\`${name}\` is a name like any other`, () => {
      for (const own of ['smoke', 'harm', 'smash', 'victim', 'bit', 'what']) {
        const text = SMASHED.replace(new RegExp(`(?<!flip [^\\n]*)\\b${own}\\b`, 'g'), name).replace(
          /\bbit bit\b/,
          `bit ${own === 'bit' ? name : 'bit'}`,
        );
        expect(swallow(text), own).toBe(0);
      }
    });

    it(`\`${name}\` is no setting, structure, state, sign, code, event or verb`, () => {
      const places = [
        `scenario "x" { uses two_partitions; ${name} 5; expect { guest web is healthy } }`,
        `scenario "x" { uses two_partitions; at 1 ms: ${name} web; expect { guest web is healthy } }`,
        `scenario "x" { uses two_partitions; at 1 ms: zero web.${name}; expect { guest web is healthy } }`,
        `scenario "x" { uses two_partitions; at 1 ms: zero web.tasks["${name}"].pid; expect { guest web is healthy } }`,
        `scenario "x" { uses two_partitions; at 1 ms: zero web.tasks["nginx"].${name}; expect { guest web is healthy } }`,
        `scenario "x" { uses two_partitions; at 1 ms: zero web.locks["${name}"]; expect { guest web is healthy } }`,
        `scenario "x" { uses two_partitions; on web.${name}: panic web; expect { guest web is healthy } }`,
        `scenario "x" { uses two_partitions; expect { guest web is ${name} } }`,
        `scenario "x" { uses two_partitions; expect { guest web is oopsed by ${name} } }`,
        `scenario "x" { uses two_partitions; expect { verdict web.tasks is corrupt with ${name} } }`,
        `scenario "x" { uses two_partitions; expect { hypervisor web.metadata is refused with ${name} } }`,
        `scenario "x" { uses two_partitions; expect { diagnosis web is ${name} } }`,
        `scenario "x" { uses two_partitions; expect { ${name} web is healthy } }`,
        `scenario "x" { uses ${name}; expect { guest web is healthy } }`,
        `scenario "x" { uses two_partitions; tags ${name}; expect { guest web is healthy } }`,
        `scenario "x" { uses two_partitions; change web { kernel { workload ${name} } }; expect { guest web is healthy } }`,
      ];
      for (const text of places) {
        expect(swallow(`import { two_partitions } from "./machines.spec"\n${text}`), text).toBeGreaterThan(0);
      }
    });
  }
});

describe('files that cannot be read', () => {
  const cases: readonly [string, MemoryFiles[string] | undefined, string][] = [
    ['missing', undefined, 'E0101'],
    ['a folder', { failure: 'directory' }, 'E0102'],
    ['empty', '', 'E0109'],
    ['only a byte order mark', '\ufeff', 'E0109'],
    ['binary', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0), 'E0108'],
    ['not UTF-8', Uint8Array.of(0xff, 0xfe, 0x41), 'E0107'],
    ['outside of the root', { failure: 'outside_root' }, 'E0104'],
    ['behind a link that leads out', { failure: 'link_outside' }, 'E0105'],
    ['locked', { failure: 'unreadable' }, 'E0106'],
  ];
  for (const [what, content, code] of cases) {
    it(`a file that is ${what} is one diagnostic, as an entry and as an import`, () => {
      const files: MemoryFiles = content === undefined ? {} : { 'x.spec': content };
      expect(compile(['x.spec'], memoryHost(files)).diagnostics.map((one) => one.code)).toEqual([code]);
      const importer = memoryHost({ ...files, 'y.spec': 'import { a } from "./x.spec"\ntag b ""' });
      const codes = compile(['y.spec'], importer).diagnostics.map((one) => one.code);
      expect(codes).toContain(code);
    });
  }

  it('a ring of imports is one diagnostic that names the ring', () => {
    const files = {
      'a.spec': 'import { b } from "./b.spec"\ntag a ""',
      'b.spec': 'import { a } from "./a.spec"\ntag b ""',
    };
    const { diagnostics } = compile(['a.spec', 'b.spec'], memoryHost(files));
    expect(diagnostics.map((one) => one.code)).toEqual(['E0110']);
    expect(diagnostics[0]?.message).toBe('imports form a ring: `a.spec` imports `b.spec` imports `a.spec`');
  });

  it('a byte order mark before a spec is let be', () => {
    expect(compile(['x.spec'], exampleHost('')).value).toHaveLength(0);
    expect(swallow(`\ufeff${SMASHED}`)).toBe(0);
  });

  it('line ends of another system are let be', () => {
    expect(swallow(SMASHED.replaceAll('\n', '\r\n'))).toBe(0);
  });
});
