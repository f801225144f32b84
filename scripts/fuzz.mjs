// Hostile input, by the thousand: mutated specs through the compiler, and guests whose memory was hit by random bits, run and rescued.
// `npm run fuzz -- --seed N --count M`: M compilations and M / 10 runs. Exit 1 at the first exception or hang, with the seed that makes it.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { substream } from '../dist/base/random.js';
import { TwinLines } from '../dist/execute/twin-line.js';
import { Run } from '../dist/execute/run.js';
import { Dispatcher } from '../dist/execute/rescue.js';
import { compile } from '../dist/language/compile.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** No single input may take longer: wall milliseconds. */
const LIMIT_MS = 10_000;
const PROGRESS_EVERY = 10_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100000' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed);
const count = Number(values.count);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || seed < 0 || count < 1) {
  console.error('--seed and --count take whole numbers: npm run fuzz -- --seed 1 --count 100000');
  process.exit(3);
}

function specFiles(folder) {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return specFiles(path);
      return name.endsWith('.spec') ? [path] : [];
    });
}

const corpus = new Map(
  specFiles(join(root, 'specs')).map((path) => [
    relative(root, path).replaceAll('\\', '/'),
    readFileSync(path),
  ]),
);
const names = [...corpus.keys()];

/** One to eight edits: flip a bit, overwrite, delete, double or move a stretch, splice in another file's stretch. */
function mutate(bytes, random) {
  let result = Uint8Array.from(bytes);
  for (let edits = 1 + random.below(8); edits > 0; edits--) {
    const at = random.below(Math.max(1, result.length));
    const length = 1 + random.below(40);
    const kind = random.below(6);
    if (kind === 0) result[at] ^= 1 << random.below(8);
    else if (kind === 1) result[at] = random.below(256);
    else if (kind === 2) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    else if (kind === 3) {
      const again = result.subarray(at, at + length);
      result = Buffer.concat([result.subarray(0, at), again, result.subarray(at)]);
    } else if (kind === 4) {
      const to = random.below(Math.max(1, result.length));
      const piece = result.subarray(at, at + length);
      result = Buffer.concat([result.subarray(0, to), piece, result.subarray(to)]);
    } else {
      const other = corpus.get(random.pick(names));
      const from = random.below(other.length);
      result = Buffer.concat([
        result.subarray(0, at),
        other.subarray(from, from + length),
        result.subarray(at),
      ]);
    }
  }
  return result;
}

function fail(what, index, error) {
  console.error(`${what} ${index} of seed ${seed}: ${error instanceof Error ? error.stack : error}`);
  console.error(`again: npm run fuzz -- --seed ${seed} --count ${count} --only ${what}:${index}`);
  process.exit(1);
}

function timed(what, index, work) {
  const started = process.hrtime.bigint();
  try {
    work();
  } catch (error) {
    fail(what, index, error);
  }
  const took = Number(process.hrtime.bigint() - started) / 1e6;
  if (took > LIMIT_MS) fail(what, index, `took ${took.toFixed(0)} ms`);
}

const [only, only_index] = (values.only ?? '').split(':');
const wanted = (what, index) => only === '' || (only === what && Number(only_index) === index);

let diagnosed = 0;
for (let index = 0; index < count; index++) {
  if (!wanted('compile', index)) continue;
  const random = substream(seed, `compile ${index}`);
  const name = random.pick(names);
  const text = mutate(corpus.get(name), random);
  const host = {
    read: (file) => {
      const bytes = file === name ? text : corpus.get(file);
      return bytes === undefined ? { ok: false, reason: 'missing' } : { ok: true, bytes };
    },
  };
  timed('compile', index, () => {
    if (compile([name], host).diagnostics.length > 0) diagnosed++;
  });
  if ((index + 1) % PROGRESS_EVERY === 0) console.log(`${index + 1} compiled, ${diagnosed} with diagnostics`);
}
console.log(`${count} mutated specs compiled, ${diagnosed} with diagnostics, no exception, no hang`);

const host = {
  read: (file) =>
    corpus.has(file) ? { ok: true, bytes: corpus.get(file) } : { ok: false, reason: 'missing' },
};
const [model] = compile(['specs/claims/3-own-partition.spec'], host).value;
const { topology } = model.scenarios[0];
const DURATION_NS = 120_000_000;
const runs = Math.floor(count / 10);
const lines = new TwinLines();
const outcome = { healthy: 0, failing: 0, failed: 0, findings: 0, reports: 0 };
for (let index = 0; index < runs; index++) {
  if (!wanted('run', index)) continue;
  const random = substream(seed, `run ${index}`);
  timed('run', index, () => {
    const line = lines.of(topology, 1 + random.below(4));
    const at = 1_000_000 * (10 + random.below(50));
    const run = new Run(line.at(at), DURATION_NS, []);
    const { target, hypervisor } = run.simulation;
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
    outcome[hypervisor.healthOf('web').health]++;
    outcome.reports += run.reports.length;
    for (const report of run.reports) outcome.findings += report.findings.length;
    run.simulation.release();
  });
  if ((index + 1) % (PROGRESS_EVERY / 10) === 0) console.log(`${index + 1} runs`);
}
const { healthy, failing, failed, findings, reports } = outcome;
console.log(
  `${runs} runs with 1 to 50 flipped bits: ${healthy} healthy, ${failing} failing, ${failed} failed; ` +
    `${reports} rescues, ${findings} findings; no exception, no hang`,
);
