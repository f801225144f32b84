// node resume.mjs DIST UNTIL_NS FILE...: takes up each machine where it was written to a file, lets it run on in this
// process, and prints what it came to, one line of JSON each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, until, ...files] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(dist, path)).href);
const { loadSim } = await load('targets/sim/sim-target.js');
const { stateHash } = await load('targets/sim/compare.js');
const { createGuest } = await load('targets/sim/guest/kernel.js');
const { Hypervisor } = await load('hypervisor/hypervisor.js');

for (const file of files) {
  const loaded = loadSim(readFileSync(file), createGuest);
  if (!loaded.ok) throw new Error(`${file}: ${loaded.message}`);
  const { target, supervisor } = loaded.value;
  const { topology } = target.machine_state.plan;
  const hypervisor = Hypervisor.restore(target, topology, supervisor);
  if (hypervisor === undefined) throw new Error(`${file}: no hypervisor in it`);
  const resumed_ns = target.now();
  target.runUntil(Number(until));
  const signs = topology.lpars.map(({ name }) => hypervisor.healthOf(name).signs.join(' '));
  const beats = topology.lpars.map(({ name }) => hypervisor.heartbeats(name));
  process.stdout.write(
    `${JSON.stringify({ resumed_ns, trace: target.traceHash(), state: stateHash(target), signs, beats })}\n`,
  );
}
