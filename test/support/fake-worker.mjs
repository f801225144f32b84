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
  const busy = (ms) => {
    for (const end = performance.now() + ms; performance.now() < end;);
  };
  if (what === 'boot') {
    context.aside(`boots for ${argument} ms`, 5000, () => busy(Number(argument)));
    busy(200);
  }
  if (what === 'boots') for (let at = 0; at < 3; at++) context.aside('boots', 5000, () => busy(450));
  if (what === 'boot-then-hang') context.aside('boots', 5000, () => busy(200));
  if (what === 'boot-and-hang') context.aside('boots', 200, () => busy(Infinity));
  if (what === 'boot-then-hang') for (;;);
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
