// Guests whose memory was hit by random bits, run and rescued.
import { substream } from '../../dist/base/random.js';
import { Dispatcher } from '../../dist/execute/rescue.js';
import { Run } from '../../dist/execute/run.js';
import { TwinLines } from '../../dist/execute/twin-line.js';
import { compile } from '../../dist/language/compile.js';
import { hostWith } from './corpus.mjs';

const DURATION_NS = 120_000_000;

export const running = {
  name: 'run',
  share: 0.1,
  say: (tally) =>
    `${tally.done} runs with 1 to 50 flipped bits: ${tally.healthy} healthy, ${tally.failing} failing, ${tally.failed} failed; ` +
    `${tally.reports} rescues, ${tally.findings} findings; no exception, no hang`,
  tally: () => ({ done: 0, healthy: 0, failing: 0, failed: 0, findings: 0, reports: 0 }),
  start: () => {
    const [model] = compile(['specs/claims/3-own-partition.spec'], hostWith('', undefined)).value;
    const { topology } = model.scenarios[0];
    const lines = new TwinLines();
    return (index, seed, tally) => one(lines, topology, substream(seed, `run ${index}`), tally);
  },
};

function one(lines, topology, random, tally) {
  const line = lines.of(topology, 1 + random.below(4));
  const at = 1_000_000 * (10 + random.below(50));
  const run = new Run(line.at(at), DURATION_NS, []);
  const { target, hypervisor } = run.machine;
  const dispatcher = new Dispatcher(run, topology, () => {});
  run.add(dispatcher);
  const { memory } = target.partitionNamed('web');
  const byte = new Uint8Array(1);
  for (let bits = 1 + random.below(50); bits > 0;) {
    const address = random.below(memory.size);
    memory.read(address, byte);
    // Three hits in four go where something lies: most of a memory is zeros.
    if (byte[0] === 0 && random.below(256) !== 0) continue;
    byte[0] ^= 1 << random.below(8);
    memory.write(address, byte);
    bits--;
  }
  run.advance(at + 5_000_000);
  dispatcher.summon('rescue', 'web');
  run.advance(DURATION_NS);
  tally[hypervisor.healthOf('web').health]++;
  tally.reports += run.reports.length;
  for (const report of run.reports) tally.findings += report.findings.length;
  run.machine.release();
  tally.done++;
}
