// A restored scenario on a stock kernel under QEMU: from restoring the guest to the verdict of the harness. The guest
// is damaged after 20 ms and looked at 20 ms later; of the whole, 250 ms are its own time. Where there is no QEMU or no
// prepared guest, nothing.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { median } from './processes.mjs';

const ROUNDS = 9;
const TEXT = `topology one {
  machine { cpus 0..2; memory 512 MiB }
  lpar web { owns cpus 0..1; owns memory 256 MiB; kernel linux { workload idle; heartbeat 200 ms } }
  ambulance rescue { owns cpus 2; owns memory 64 MiB; attends web }
}
scenario "a leaked sb_lock" {
  uses one
  targets sim, qemu
  run 250 ms
  at 20 ms: leak web.locks["sb_lock"]
  at 40 ms: summon rescue to web for inspection
  expect {
    verdict web.locks is corrupt with LOCK_NO_HOLDER at web.locks["sb_lock"]
    verdict others is any
  }
}
`;

const seconds = (work) => {
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
};

/** Figures, or why there are none. */
export async function realRates() {
  const { restoreMachine } = await import('../../dist/targets/qemu/machine.js');
  const { executorOf, realFor } = await import('../../dist/runner/execute.js');
  const { shippedLibrary } = await import('../../dist/runner/library.js');
  const { compile } = await import('../../dist/language/compile.js');
  const library = await shippedLibrary();
  const { value } = compile(
    ['a.spec'],
    { read: () => ({ ok: true, bytes: Buffer.from(TEXT) }) },
    { library },
  );
  const { SIREN_CACHE, XDG_CACHE_HOME, PATH: search_path = '' } = process.env;
  const cache = SIREN_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'siren');
  const [scenario] = value[0].scenarios;
  const execute = executorOf(library, await realFor('qemu'));
  const context = {
    today: '2026-01-01',
    replay: 'npx siren run',
    target: 'qemu',
    root: '.',
    cache,
    search_path,
  };
  const outcomes = [];
  const run = () => outcomes.push(execute({ scenario, seed: 1 }, context));
  // The first boots the guest where nobody has yet.
  run();
  if (outcomes[0].status === 'skipped') return { left_out: outcomes[0].reason };
  outcomes.length = 0;
  const [restored, judged] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    judged.push(seconds(run));
    let machine;
    restored.push(seconds(() => (machine = restoreMachine(scenario.topology, { cache, search_path }))));
    machine.release?.();
  }
  const odd = outcomes.filter(({ status }) => status !== 'passed');
  return {
    restore_s: median(restored),
    restore_to_verdict_s: median(judged),
    slowest_s: Math.max(...judged),
    passed: `${ROUNDS - odd.length} of ${ROUNDS}`,
    exit_codes: [odd.length === 0 ? 0 : 1],
  };
}
