// Hostile input, by the thousand: texts through the compiler and the formatter, guests whose memory was hit by random
// bits, run and rescued. `npm run fuzz -- --seed N --count M [--kinds compile,splice,generate,locator,run,core]`: M
// texts and M / 10 runs. Exit 1 at the first exception or hang, with the input that makes it. A kind of input is a file
// in fuzz/. The work is done in threads that write down what they are at; the main thread watches them, so that a loop
// without end is seen and named.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { reading } from './fuzz/core.mjs';
import { locating } from './fuzz/locator.mjs';
import { running } from './fuzz/run.mjs';
import { compiling, generating, splicing } from './fuzz/text.mjs';

const KINDS = [compiling, splicing, generating, locating, running, reading];
const WATCH_MS = 250;
const PROGRESS_MS = 20_000;
const THREADS = Math.min(4, availableParallelism());
/**
 * What a thread tells of itself, as 32-bit words: which kind of input (0 before the first), its index, and how many it
 * has begun.
 */
const [KIND, INDEX, BEGUN] = [0, 1, 2];

const USAGE =
  'npm run fuzz -- [--seed N] [--count M] [--kinds KIND,KIND] [--only KIND:INDEX] [--limit MILLISECONDS]';

function options() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        count: { type: 'string', default: '100000' },
        only: { type: 'string' },
        kinds: { type: 'string', default: KINDS.map(({ name }) => name).join(',') },
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
  const kinds = values.kinds.split(',');
  const known = (name) => KINDS.some((kind) => kind.name === name);
  const sound =
    [seed, count, limit].every(Number.isSafeInteger) &&
    seed >= 0 &&
    count >= 1 &&
    count < 2 ** 31 &&
    limit >= 0 &&
    kinds.every(known);
  if (!sound || (only !== undefined && !(known(what) && Number.isSafeInteger(only.index)))) {
    console.error(USAGE);
    process.exit(3);
  }
  return { seed, count, limit, only, kinds };
}

/** The inputs of one kind that this thread takes: every THREADS-th, or the one that is asked for. */
function* inputs(kind, total) {
  const { only, thread, threads, said } = workerData;
  for (let index = thread; index < total; index += threads) {
    if (only !== undefined && (only.what !== KINDS[kind].name || only.index !== index)) continue;
    Atomics.store(said, INDEX, index);
    Atomics.store(said, KIND, kind + 1);
    Atomics.add(said, BEGUN, 1);
    yield index;
  }
}

function work(kind) {
  const tally = kind.tally();
  let one;
  for (const index of inputs(KINDS.indexOf(kind), Math.floor(workerData.count * kind.share))) {
    one ??= kind.start();
    one(index, workerData.seed, tally);
  }
  return tally;
}

/** Starts the threads, watches them, and resolves with the sums of what they counted, by kind. */
function watch(settings) {
  const { seed, count, limit } = settings;
  const fail = (said, why) => {
    const what = KINDS[Atomics.load(said, KIND) - 1]?.name ?? 'start';
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
  if (settings.only !== undefined && (sums[settings.only.what]?.done ?? 0) === 0) {
    console.error(`there is no ${settings.only.what} ${settings.only.index} among them`);
    process.exit(3);
  }
  for (const kind of KINDS) if (sums[kind.name]?.done > 0) console.log(kind.say(sums[kind.name]));
} else {
  const { kinds, only } = workerData;
  const chosen = KINDS.filter(({ name }) => (only === undefined ? kinds.includes(name) : name === only.what));
  parentPort.postMessage(Object.fromEntries(chosen.map((kind) => [kind.name, work(kind)])));
}
