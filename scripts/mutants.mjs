// Proof that the tests and specs can fail: applies one-line mutations to a copy of the source, one at a time, and runs what
// should notice. `npm run mutants [-- --sample N --seed S --only ID]`. Exit 1 when a mutant survives or no longer applies.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants } from '../test/mutants/list.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const KILL_TIMEOUT_MS = 120_000;

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});

/** A deterministic sample: the list shuffled by a small linear congruential generator. */
function sample(list, count, seed) {
  const rest = [...list];
  const taken = [];
  let state = seed >>> 0 || 1;
  while (taken.length < count && rest.length > 0) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    taken.push(...rest.splice(state % rest.length, 1));
  }
  return taken;
}

function run(directory, argv, timeout) {
  return spawnSync(process.execPath, argv, {
    cwd: directory,
    timeout,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', CI: 'true' },
  });
}

const typescript = join('node_modules', 'typescript', 'bin', 'tsc');
const vitest = join('node_modules', 'vitest', 'vitest.mjs');

/** Builds the copy; type errors do not count, for a mutant need not be well typed. */
function build(directory) {
  run(directory, [typescript, '-p', 'tsconfig.json', '--noEmitOnError', 'false'], KILL_TIMEOUT_MS);
}

/** True when the killer notices: a failing test, or a run of specs that is not green. */
function killed(directory, killer) {
  const argv = killer.endsWith('.ts')
    ? [vitest, 'run', killer, '--reporter=dot']
    : ['bin/siren.js', 'run', killer, '--reports', join(directory, 'reports')];
  const result = run(directory, argv, KILL_TIMEOUT_MS);
  return result.status !== 0;
}

const directory = mkdtempSync(join(tmpdir(), 'siren-mutants-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const name of [
  'src',
  'test',
  'specs',
  'bin',
  'dist',
  'grammar',
  'scripts',
  'package.json',
  'siren.yaml',
]) {
  cpSync(join(root, name), join(directory, name), { recursive: true });
}
for (const name of ['tsconfig.json', 'vitest.config.ts']) cpSync(join(root, name), join(directory, name));
symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));

let chosen = mutants;
if (values.only) chosen = mutants.filter((mutant) => mutant.id === values.only);
if (values.sample) chosen = sample(mutants, Number(values.sample), Number(values.seed));
if (chosen.length === 0) {
  console.error(`no mutant is called ${values.only}`);
  process.exit(3);
}

console.log(`${chosen.length} of ${mutants.length} mutants`);
const killers = [...new Set(chosen.map((mutant) => mutant.killer))];
for (const killer of killers) {
  if (!existsSync(join(directory, killer))) {
    console.error(`there is no killer ${killer}`);
    process.exit(1);
  }
  if (killed(directory, killer)) {
    console.error(`${killer} fails on the unchanged source: it proves nothing`);
    process.exit(1);
  }
}

const survivors = [];
for (const mutant of chosen) {
  const path = join(directory, mutant.file);
  const original = readFileSync(path, 'utf8');
  if (original.split(mutant.from).length !== 2) {
    survivors.push(`${mutant.id}: its line is not found just once in ${mutant.file}`);
    continue;
  }
  writeFileSync(
    path,
    original.replace(mutant.from, () => mutant.to),
  );
  const started = process.hrtime.bigint();
  build(directory);
  const dead = killed(directory, mutant.killer);
  writeFileSync(path, original);
  const seconds = Number((process.hrtime.bigint() - started) / 100_000_000n) / 10;
  console.log(`${dead ? 'killed  ' : 'SURVIVED'} ${mutant.id} by ${mutant.killer} (${seconds} s)`);
  if (!dead) survivors.push(`${mutant.id}: ${mutant.killer} did not notice`);
}
build(directory);
for (const survivor of survivors) console.error(survivor);
console.log(`${chosen.length - survivors.length} killed, ${survivors.length} survived`);
process.exit(survivors.length > 0 ? 1 : 0);
