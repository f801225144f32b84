// The rules that hold the parts apart, read from the import lines; and rules for every file.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * What a layer may import, beside itself. `layer` allows anything of it, `layer/file` one module, and `type layer`
 * types alone. The names are folders of src; `targets/sim` is a layer of its own.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  text: ['base'],
  model: ['text', 'base'],
  // One module of another layer: whether the text of `replace` can be assembled.
  language: ['text', 'model', 'base', 'formats/locator-code/assemble'],
  formats: ['base', 'type model'],
  // Structures in memory, whoever reads it.
  structure: ['base', 'model', 'formats'],
  target: ['base', 'model'],
  patient: ['base', 'model', 'type target'],
  record: ['text', 'patient', 'target', 'model'],
  place: ['base', 'text', 'model', 'formats', 'target', 'structure'],
  hypervisor: ['base', 'model', 'formats', 'target', 'patient'],
  fault: ['base', 'text', 'model', 'formats', 'target', 'place', 'record'],
  // The rescuer sees what a patient offers, and nothing of how it was made or broken.
  ambulance: ['base', 'patient', 'formats', 'model', 'structure'],
  'targets/sim': ['base', 'model', 'formats', 'target'],
  // The machine in a file, as a target and as a patient.
  'targets/core': ['base', 'model', 'formats', 'target', 'patient'],
  // Processes and files of the real world: nothing here is deterministic.
  'targets/qemu': ['base', 'model', 'formats', 'target', 'type execute/machine'],
  verdict: ['base', 'text', 'model', 'record', 'patient', 'place', 'target'],
  report: ['base', 'text', 'record', 'type model', 'type patient', 'type target', 'type runner/events'],
  // One run put together: everything that takes part in it, nothing that reads specs or writes reports.
  execute: [
    'base',
    'text',
    'model',
    'formats',
    'target',
    'patient',
    'record',
    'place',
    'hypervisor',
    'fault',
    'structure',
    'ambulance',
    'targets/sim',
    'targets/core',
    'verdict',
  ],
  runner: ['*'],
  cli: ['*'],
};

/** Packages and Node modules, by layer; who is not listed imports none. */
const PACKAGES: Readonly<Record<string, readonly RegExp[]>> = {
  language: [/^chevrotain$/],
  'targets/qemu': [/^node:(fs|path|os|crypto|child_process)$/],
  report: [/^node:(fs|path|crypto|url)(\/|$)/, /^picocolors$/],
  'targets/core': [/^node:(fs|zlib|crypto)$/],
  runner: [/^node:/, /^yaml$/, /^tinypool$/, /^tinyglobby$/],
  cli: [/^node:/, /^commander$/, /^picocolors$/, /^diff$/],
};

/** Layers whose output depends on their input alone. */
const DETERMINISTIC = new Set([
  'base',
  'text',
  'model',
  'language',
  'formats',
  'target',
  'patient',
  'record',
  'place',
  'hypervisor',
  'fault',
  'ambulance',
  'structure',
  'targets/sim',
  'verdict',
  'execute',
]);

/** The wall clock, chance, the surroundings: what to use in their place. */
const BANNED: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  { pattern: /\bMath\.random\b/, instead: 'substream of base/random.ts' },
  { pattern: /\bDate\.now\b|\bnew Date\(|\bDate\(\)/, instead: 'virtual time' },
  { pattern: /\bperformance\s*\.\s*now\b|\bhrtime\b/, instead: 'virtual time' },
  { pattern: /\bprocess\s*\.\s*\w+/, instead: 'an argument' },
  {
    pattern: /\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/,
    instead: 'an event of the simulation',
  },
  { pattern: /\bglobalThis\b|\brequire\(|\bimport\.meta\b/, instead: 'nothing: these layers are closed' },
  { pattern: /\blocaleCompare\b|\btoLocale\w+|\bIntl\b/, instead: 'comparison by code unit' },
];

/** Files that may be longer than the limit, and why. */
const LONG: Readonly<Record<string, string>> = {
  'src/targets/sim/guest/kernel/boot.ts':
    'one sequence, told in the order in which it happens, as in start_kernel',
  'src/targets/sim/guest/kernel/sched.ts': 'one table of steps; each falls through to the next',
};
const MAX_LINES = 400;
const MAX_TEST_LINES = 600;

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly type: boolean;
}

function filesUnder(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((name) => pattern.test(name))
    .sort();
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const SOURCES = filesUnder('src', /\.ts$/);
/** Code that runs in the reader's browser is a world of its own. */
const PROGRAM = SOURCES.filter((file) => !file.startsWith('src/report/html/browser/'));

function layerOf(file: string): string {
  const [, first, second] = file.split('/');
  return first === 'targets' ? `targets/${second}` : (first as string);
}

/** Import and export-from statements and dynamic imports, comments taken out. */
function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  for (const match of code.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/g,
  )) {
    found.push({ from: file, specifier: match[2] as string, type: match[1] !== undefined });
  }
  for (const match of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ from: file, specifier: match[1] as string, type: false });
  }
  return found;
}

/** Why an import may not be; undefined when it may. */
function objection({ from, specifier, type }: Import): string | undefined {
  const layer = layerOf(from);
  if (!specifier.startsWith('.')) {
    const allowed = PACKAGES[layer] ?? [];
    return allowed.some((pattern) => pattern.test(specifier))
      ? undefined
      : `${from} imports the package ${specifier}`;
  }
  const to = posix.join(posix.dirname(from), specifier);
  const target = layerOf(to);
  if (target === layer) return undefined;
  const module = to.replace(/^src\//, '').replace(/\.ts$/, '');
  const allowed = ALLOWED[layer] ?? [];
  const permits = (rule: string): boolean => {
    if (rule.startsWith('type ')) return type && permits(rule.slice(5));
    return rule === '*' || rule === target || rule === module;
  };
  return allowed.some(permits) ? undefined : `${from} imports ${type ? 'types of ' : ''}${module}`;
}

describe('the layers', () => {
  it('every folder of src is one that the table knows', () => {
    const layers = new Set(SOURCES.map(layerOf));
    expect([...layers].filter((layer) => !Object.hasOwn(ALLOWED, layer))).toEqual([]);
  });

  it('are the folders that ARCHITECTURE.md maps', () => {
    const map = read('ARCHITECTURE.md');
    expect(Object.keys(ALLOWED).filter((layer) => !map.includes(`| \`${layer}/\` |`))).toEqual([]);
  });

  it('import what they may, and nothing else', () => {
    const objections = PROGRAM.flatMap((file) => importsOf(file, read(file)))
      .map(objection)
      .filter((one) => one !== undefined);
    expect(objections).toEqual([]);
  });

  it('the check sees every form of import', () => {
    const text = `
      import { a } from '../fault/verbs.ts';
      import type { b } from '../targets/sim/machine.ts';
      import {
        c,
      } from "../hypervisor/grants.ts";
      export { d } from '../verdict/judge.ts';
      export * from '../runner/run.ts';
      import '../cli/main.ts';
      // import { no } from '../report/json.ts';
      const e = await import('../language/compile.ts');
      import { f } from 'yaml';
      import { readFileSync } from 'node:fs';
      import { isCanonical } from '../base/address.ts';
    `;
    const seen = importsOf('src/ambulance/attach.ts', text);
    expect(seen).toHaveLength(10);
    expect(seen.map(objection).filter((one) => one !== undefined)).toHaveLength(9);
    const types = importsOf(
      'src/report/x.ts',
      `import type { A } from '../model/scenario.ts';\nimport { B } from '../model/scenario.ts';`,
    );
    expect(types.map((one) => objection(one) === undefined)).toEqual([true, false]);
  });

  it('have no cycle of modules: what imports a module is not imported by it', () => {
    const graph = new Map<string, string[]>();
    for (const file of PROGRAM) {
      const used = importsOf(file, read(file)).filter(
        ({ specifier, type }) => !type && specifier.startsWith('.'),
      );
      graph.set(
        file,
        used.map(({ specifier }) => posix.join(posix.dirname(file), specifier)),
      );
    }
    expect(cyclesIn(graph)).toEqual([]);
    expect(
      cyclesIn(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['a']],
        ]),
      ),
    ).toHaveLength(1);
  });
});

describe('every file', () => {
  it('of a deterministic layer keeps away from clocks, chance and the surroundings', () => {
    const found: string[] = [];
    for (const file of PROGRAM.filter((name) => DETERMINISTIC.has(layerOf(name)))) {
      const code = codeOf(read(file));
      for (const { pattern, instead } of BANNED) {
        const match = pattern.exec(code);
        if (match !== null) found.push(`${file}: ${match[0]}; use ${instead}`);
      }
    }
    expect(found).toEqual([]);
  });

  it('is short enough to be read at one go', () => {
    const lines = (file: string): number => read(file).split('\n').length - 1;
    const long = [
      ...SOURCES.filter((file) => lines(file) > MAX_LINES),
      ...filesUnder('test', /\.test\.ts$/).filter((file) => lines(file) > MAX_TEST_LINES),
    ];
    expect(long.filter((file) => !Object.hasOwn(LONG, file))).toEqual([]);
    expect(Object.keys(LONG).filter((file) => !SOURCES.includes(file))).toEqual([]);
  });

  it('names no folder of any one machine', () => {
    const text = /\.(ts|mjs|js|json|md|yaml|yml|spec|css|ebnf)$/;
    const committed = ['src', 'test', 'scripts', 'bin', 'specs', 'grammar', '.ci'].flatMap((folder) => {
      try {
        return filesUnder(folder, text);
      } catch {
        return [];
      }
    });
    const own = /(?:^|[\s"'`(=:])(?:\/(?:home|Users|work|root)\/|file:\/\/\/|[A-Z]:\\+Users)/m;
    expect(committed.filter((file) => file !== 'test/architecture.test.ts' && own.test(read(file)))).toEqual(
      [],
    );
  });

  it('of the lock comes from no registry but the public one, or names none', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string }> };
    const hosts = Object.values(lock.packages).map(({ resolved }) =>
      resolved?.split('/').slice(0, 3).join('/'),
    );
    const others = hosts.filter((host) => host !== undefined && host !== 'https://registry.npmjs.org');
    expect(others).toEqual([]);
  });
});

/** Comments and texts may say what code may not. */
function codeOf(text: string): string {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
  return code.replace(/'[^'\n]*'/g, "''");
}

/** One chain of names for each cycle found by a walk that visits every module once. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, 'open' | 'closed'>();
  const path: string[] = [];
  const cycles: string[] = [];
  const visit = (node: string): void => {
    if (state.get(node) === 'closed') return;
    if (state.get(node) === 'open') {
      cycles.push([...path.slice(path.indexOf(node)), node].join(' > '));
      return;
    }
    state.set(node, 'open');
    path.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    path.pop();
    state.set(node, 'closed');
  };
  for (const node of graph.keys()) visit(node);
  return cycles;
}
