// Boots and forks a second of a machine of two guests and an ambulance, and virtual time beside wall time.
import { writeSpecs } from './scenarios.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BOOTS = 200;
const FORKS = 20_000;
const RUNS = 50;
const RUN_NS = 100_000_000;

export async function machineRates() {
  const { compile } = await import('../../dist/language/compile.js');
  const { Simulation } = await import('../../dist/execute/simulation.js');
  const { shippedLibrary } = await import('../../dist/runner/library.js');
  const directory = mkdtempSync(join(tmpdir(), 'siren-bench-'));
  const texts = writeSpecs(directory);
  rmSync(directory, { recursive: true, force: true });
  const encoder = new TextEncoder();
  const host = {
    read: (file) =>
      texts.has(file)
        ? { ok: true, bytes: encoder.encode(texts.get(file)) }
        : { ok: false, reason: 'missing' },
  };
  const [model] = compile(['specs/part-00.spec'], host, { library: await shippedLibrary() }).value;
  const { topology } = model.scenarios[0];
  const boot = (seed) => {
    const simulation = Simulation.powerOn(topology, seed);
    if (!simulation.target.bootAll()) throw new Error('a guest did not boot');
    return simulation;
  };
  const rate = (count, work) => {
    for (let index = 0; index < count / 10; index++) work(index);
    const started = process.hrtime.bigint();
    for (let index = 0; index < count; index++) work(index);
    return count / (Number(process.hrtime.bigint() - started) / 1e9);
  };
  const boots = rate(BOOTS, (index) => boot(1 + (index % 5)).release());
  const booted = boot(1);
  const forks = rate(FORKS, () => booted.fork().release());
  const runs = rate(RUNS, () => {
    const fork = booted.fork();
    fork.target.runUntil(RUN_NS);
    fork.release();
  });
  return {
    boots_s: boots,
    forks_s: forks,
    runs_of_100_ms_s: runs,
    ms_for_100_virtual_ms: 1000 / runs,
  };
}
