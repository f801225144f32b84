// Hostile input, by the thousand: mutated specs through the compiler, and guests whose memory was hit by random bits, run and rescued.
// `npm run fuzz -- --seed N --count M`: M compilations and M / 10 runs. Exit 1 at the first exception or hang, with the seed that makes it.
// The work is done in threads that write down what they are at; the main thread watches them, so that a loop without end is seen and named.
import { availableParallelism } from 'node:os';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { substream } from '../dist/base/random.js';
import { TwinLines } from '../dist/execute/twin-line.js';
import { Run } from '../dist/execute/run.js';
import { Dispatcher } from '../dist/execute/rescue.js';
import { compile } from '../dist/language/compile.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const WATCH_MS = 250;
const PROGRESS_MS = 20_000;
const THREADS = Math.min(4, availableParallelism());
const KINDS = ['compile', 'run'];
/** What a thread tells of itself, as 32-bit words: which kind of input (0 before the first), its index, and how many it has begun. */
const [KIND, INDEX, BEGUN] = [0, 1, 2];

const USAGE =
  'npm run fuzz -- [--seed N] [--count M] [--only compile:INDEX|run:INDEX] [--limit MILLISECONDS]';

function options() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        count: { type: 'string', default: '100000' },
        only: { type: 'string' },
        limit: { type: 'string', default: '10000' },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(3);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const [seed, count, limit] = [values.seed, values.count, values.limit].map(Number);
  const [what, index] = (values.only ?? '').split(':');
  const only = values.only === undefined ? undefined : { what, index: Number(index) };
  const sound =
    [seed, count, limit].every(Number.isSafeInteger) &&
    seed >= 0 &&
    count >= 1 &&
    count < 2 ** 31 &&
    limit >= 0;
  if (!sound || (only !== undefined && !(KINDS.includes(what) && Number.isSafeInteger(only.index)))) {
    console.error(USAGE);
    process.exit(3);
  }
  return { seed, count, limit, only };
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

/** The inputs of one kind that this thread takes: every THREADS-th, or the one that is asked for. */
function* inputs(kind, total) {
  const { only, thread, threads, said } = workerData;
  for (let index = thread; index < total; index += threads) {
    if (only !== undefined && (only.what !== KINDS[kind] || only.index !== index)) continue;
    Atomics.store(said, INDEX, index);
    Atomics.store(said, KIND, kind + 1);
    Atomics.add(said, BEGUN, 1);
    yield index;
  }
}

function compileAll({ seed, count }) {
  const tally = { done: 0, diagnosed: 0 };
  for (const index of inputs(0, count)) {
    const random = substream(seed, `compile ${index}`);
    const name = random.pick(names);
    const text = mutate(corpus.get(name), random);
    const host = {
      read: (file) => {
        const bytes = file === name ? text : corpus.get(file);
        return bytes === undefined ? { ok: false, reason: 'missing' } : { ok: true, bytes };
      },
    };
    if (compile([name], host).diagnostics.length > 0) tally.diagnosed++;
    tally.done++;
  }
  return tally;
}

const DURATION_NS = 120_000_000;

function runAll({ seed, count }) {
  const host = {
    read: (file) =>
      corpus.has(file) ? { ok: true, bytes: corpus.get(file) } : { ok: false, reason: 'missing' },
  };
  const [model] = compile(['specs/claims/3-own-partition.spec'], host).value;
  const { topology } = model.scenarios[0];
  const lines = new TwinLines();
  const tally = { done: 0, healthy: 0, failing: 0, failed: 0, findings: 0, reports: 0 };
  for (const index of inputs(1, Math.floor(count / 10))) {
    const random = substream(seed, `run ${index}`);
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
    tally[hypervisor.healthOf('web').health]++;
    tally.reports += run.reports.length;
    for (const report of run.reports) tally.findings += report.findings.length;
    run.simulation.release();
    tally.done++;
  }
  return tally;
}

/** Starts the threads, watches them, and resolves with the sums of what they counted, by kind. */
function watch(settings) {
  const { seed, count, limit } = settings;
  const fail = (said, why) => {
    const what = KINDS[Atomics.load(said, KIND) - 1] ?? 'start';
    const index = Atomics.load(said, INDEX);
    console.error(`${what} ${index} of seed ${seed}: ${why}`);
    console.error(`again: npm run fuzz -- --seed ${seed} --count ${count} --only ${what}:${index}`);
    process.exit(1);
  };
  return new Promise((resolve) => {
    const threads = settings.only === undefined ? THREADS : 1;
    const sums = {};
    const watched = new Set();
    for (let thread = 0; thread < threads; thread++) {
      const said = new Int32Array(new SharedArrayBuffer(12));
      const worker = new Worker(fileURLToPath(import.meta.url), {
        workerData: { ...settings, thread, threads, said },
      });
      const one = { said, begun: 0, since: performance.now() };
      watched.add(one);
      worker.on('error', (error) => fail(said, error instanceof Error ? error.stack : error));
      worker.on('message', (tallies) => {
        for (const [kind, tally] of Object.entries(tallies)) {
          const sum = (sums[kind] ??= {});
          for (const [key, value] of Object.entries(tally)) sum[key] = (sum[key] ?? 0) + value;
        }
        watched.delete(one);
        if (watched.size > 0) return;
        clearInterval(watching);
        clearInterval(telling);
        resolve(sums);
      });
    }
    const watching = setInterval(() => {
      const now = performance.now();
      for (const one of watched) {
        const begun = Atomics.load(one.said, BEGUN);
        if (begun !== one.begun) Object.assign(one, { begun, since: now });
        else if (begun > 0 && now - one.since > limit) fail(one.said, `not done after ${limit} ms`);
      }
    }, WATCH_MS);
    const telling = setInterval(() => {
      let begun = 0;
      for (const one of watched) begun += Atomics.load(one.said, BEGUN);
      console.error(`${begun} inputs so far`);
    }, PROGRESS_MS);
  });
}

if (isMainThread) {
  const settings = options();
  const sums = await watch(settings);
  if (settings.only !== undefined && sums.compile.done + sums.run.done === 0) {
    console.error(`there is no ${settings.only.what} ${settings.only.index} among them`);
    process.exit(3);
  }
  const { compile: compiled, run } = sums;
  console.log(
    `${compiled.done} mutated specs compiled: ${compiled.diagnosed} with diagnostics; no exception, no hang`,
  );
  console.log(
    `${run.done} runs with 1 to 50 flipped bits: ${run.healthy} healthy, ${run.failing} failing, ${run.failed} failed; ` +
      `${run.reports} rescues, ${run.findings} findings; no exception, no hang`,
  );
} else {
  parentPort.postMessage({ compile: compileAll(workerData), run: runAll(workerData) });
}
