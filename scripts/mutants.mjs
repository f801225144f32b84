// Proof that the tests and specs can fail: applies one-line mutations to a copy of the project, one at a time, and runs
// what the list says should notice; what only a test with QEMU notices is left out where there is none.
// `npm run mutants [-- --only ID,ID --sample N --seed S --list]`. Exit 1 when a mutant survives, its line is not found
// exactly once, or its killer fails without it; 3 when nothing is chosen.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { mutants } from '../test/mutants/list.mjs';

/** What a copy does without. */
const LEFT_BEHIND = new Set(['.git', 'node_modules', 'reports']);
/** A mutant that makes its killer hang is noticed too. */
const KILL_TIMEOUT_MS = 180_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { resolve } = createRequire(import.meta.url);
const tsc = join(dirname(resolve('typescript/package.json')), 'bin', 'tsc');
const vitest = join(dirname(resolve('vitest/package.json')), 'vitest.mjs');

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
  },
});

/** A sample that depends on the seed alone: the list drawn from by a small linear congruential generator. */
function sample(list, count, seed) {
  const rest = [...list];
  const taken = [];
  let state = seed >>> 0;
  while (taken.length < count && rest.length > 0) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    taken.push(...rest.splice((state >>> 8) % rest.length, 1));
  }
  return taken;
}

/** What is wrong with the list itself. */
function problemsOf(list) {
  const problems = [];
  const seen = new Set();
  for (const { id, file, from, to, killer } of list) {
    if (seen.has(id)) problems.push(`${id} is there twice`);
    seen.add(id);
    const path = join(root, file);
    const found = existsSync(path) ? readFileSync(path, 'utf8').split(from).length - 1 : -1;
    if (found !== 1)
      problems.push(
        `${id}: its line is found ${found < 0 ? 'nowhere, nor is' : `${found} times in`} ${file}`,
      );
    if (from === to || from.includes('\n')) problems.push(`${id} is no one-line change`);
    if (!existsSync(join(root, specOf(killer).file))) problems.push(`${id}: there is no ${killer}`);
  }
  return problems;
}

/** `file.spec:LINE` apart. */
function specOf(killer) {
  const [, file, line] = /^(.*?)(?::(\d+))?$/.exec(killer);
  return { file, line };
}

const directory = mkdtempSync(join(tmpdir(), 'siren-mutants-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(4));

function node(argv, timeout) {
  const env = { ...process.env, NO_COLOR: '1' };
  for (const name of ['CI', 'GITHUB_ACTIONS', 'SIREN_TEST_DIST']) delete env[name];
  const ended = spawnSync(process.execPath, argv, {
    // A group of its own: what a killer started must not outlive it, hanging as the mutant made it.
    detached: true,
    cwd: directory,
    timeout,
    encoding: 'utf8',
    killSignal: 'SIGKILL',
    env,
  });
  try {
    process.kill(-ended.pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
  return ended;
}

function prepare() {
  const wanted = (source) => source === root || !LEFT_BEHIND.has(source.slice(root.length).split(sep)[1]);
  cpSync(root, directory, { recursive: true, filter: wanted });
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  // Built whole once: afterwards only JavaScript is written anew.
  const built = node([join('scripts', 'build.mjs')], KILL_TIMEOUT_MS);
  if (built.status === 0) return;
  console.error(`the unchanged source does not build\n${built.stdout}${built.stderr}`);
  process.exit(1);
}

/**
 * Compiles without caring for types: a mutant need not be well typed, only be noticed by what runs. The library's text
 * is compiled by a build: false where that does not take it, and leaves what was built before.
 */
function compile(file) {
  if (file.startsWith('specs/lib/'))
    return node([join('scripts', 'build.mjs')], KILL_TIMEOUT_MS).status === 0;
  node(
    [
      tsc,
      '-p',
      'tsconfig.json',
      '--noEmitOnError',
      'false',
      '--noCheck',
      '--declaration',
      'false',
      '--isolatedDeclarations',
      'false',
    ],
    KILL_TIMEOUT_MS,
  );
  const now = new Date();
  utimesSync(join(directory, 'dist', 'cli', 'main.js'), now, now);
  return true;
}

/** What a test says that starts QEMU, and was left out. */
const NO_GUEST = 'left out, for want of a real guest';

/**
 * How the killer took it: '' when it is content, NO_GUEST when it could not be run, else a word on what it said. Of a
 * test only what is named, if anything is. A usage error is no verdict on the source.
 */
function complaint(killer, named = []) {
  const tests = killer.endsWith('.ts');
  const real = killer.endsWith('.real.test.ts') ? ['--config', 'vitest.real.config.ts'] : [];
  const only = named.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|');
  const part = only === '' ? [] : ['-t', only];
  const argv = tests
    ? [vitest, 'run', killer, '--reporter=dot', ...real, ...part]
    : [join('bin', 'siren.js'), 'run', killer, '--workers', '1', '--reports', 'reports'];
  const { status, signal, stdout, stderr } = node(argv, KILL_TIMEOUT_MS);
  if (real.length > 0 && stdout.includes(NO_GUEST)) return NO_GUEST;
  if (status === 0) return '';
  if (signal) return 'hung';
  if (!tests && status === 3) return '';
  const last = `${stdout}${stderr}`.split('\n').find((line) => /\bFAIL\b|failed|errored|Error/.test(line));
  return last?.trim() || `exit ${status}`;
}

const chosen = pick();
function pick() {
  const only = values.only?.split(',');
  let list = only ? mutants.filter(({ id }) => only.includes(id)) : [...mutants];
  if (values.sample) list = sample(list, Number(values.sample), Number(values.seed));
  if (list.length > 0) return list;
  console.error(`no mutant is called ${values.only ?? 'anything'}`);
  process.exit(3);
}

const problems = problemsOf(chosen);
for (const problem of problems) console.error(problem);
if (values.list) {
  for (const { id, file, killer } of chosen) console.log(`${id.padEnd(34)} ${file}  ${killer}`);
  process.exit(problems.length > 0 ? 1 : 0);
}

console.log(`${chosen.length} of ${mutants.length} mutants`);
prepare();

/** Killers that fail without any mutant, and prove nothing; those that cannot be run here. */
const useless = new Set();
const absent = new Set();
for (const killer of new Set(chosen.map((mutant) => mutant.killer))) {
  await nextTurn();
  if (!existsSync(join(directory, specOf(killer).file))) continue;
  const named = chosen.flatMap((one) => (one.killer === killer && one.named ? [one.named] : []));
  const said = complaint(killer, named);
  if (said === '') continue;
  if (said === NO_GUEST) {
    absent.add(killer);
    console.log(`${killer} is ${NO_GUEST}: what it kills is not tried`);
    continue;
  }
  useless.add(killer);
  console.log(`${killer} fails on the unchanged source: ${said}`);
}

const survivors = [];
for (const mutant of chosen) {
  // Signals are heard here.
  await nextTurn();
  if (absent.has(mutant.killer)) continue;
  const path = join(directory, mutant.file);
  const original = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (useless.has(mutant.killer) || original.split(mutant.from).length !== 2) {
    survivors.push(`${mutant.id}: not tried`);
    continue;
  }
  const started = performance.now();
  writeFileSync(
    path,
    original.replace(mutant.from, () => mutant.to),
  );
  const builds = compile(mutant.file);
  const said = builds ? complaint(mutant.killer, mutant.named && [mutant.named]) : '';
  writeFileSync(path, original);
  if (mutant.file.startsWith('specs/lib/')) compile(mutant.file);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${said ? 'killed  ' : 'SURVIVED'} ${mutant.id} by ${mutant.killer} (${seconds} s) ${said.slice(0, 120)}`,
  );
  if (!said)
    survivors.push(
      `${mutant.id}: ${builds ? `${mutant.killer} did not notice` : 'is no text that compiles'}`,
    );
}
for (const survivor of survivors) console.log(survivor);
const left_out = chosen.filter(({ killer }) => absent.has(killer)).length;
console.log(
  `${chosen.length - survivors.length - left_out} killed, ${survivors.length} not${left_out > 0 ? `, ${left_out} left out` : ''}`,
);
process.exit(survivors.length + problems.length > 0 ? 1 : 0);
