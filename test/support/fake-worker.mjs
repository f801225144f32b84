// A worker whose runs do what the scenario's name says.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { serveBatch } = await import(join(root, process.env.SIREN_TEST_DIST ?? 'dist', 'runner/batch.js'));

function execute(job, context) {
  const { name, id } = job.scenario;
  const [what, argument] = name.split(' ');
  if (what === 'hang') for (;;);
  if (what === 'exit') process.exit(3);
  if (what === 'throw') throw new TypeError('x is not a function');
  if (what === 'busy') for (const end = performance.now() + Number(argument); performance.now() < end;);
  if (what === 'grow')
    for (const kept = []; ;) kept.push({ more: Array.from({ length: 1000 }, () => kept.length) });
  const shared = job.scenario.topology;
  return {
    id,
    scenario: id,
    seed: job.seed,
    status: 'passed',
    reason: shared.machine.iommu,
    claims: [],
    complaints: [],
    replay: context.replay,
  };
}

export default function work(batch) {
  serveBatch(batch, execute);
}

export function warm() {}
