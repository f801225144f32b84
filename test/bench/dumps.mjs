// `siren diagnose` on a dump of a real kernel, 256 MiB, whole process; beside it crash and drgn where they are
// installed and SIREN_BENCH_VMLINUX names a kernel with debug information, without which neither can do anything. The
// dump is SIREN_BENCH_DUMP, else one made of the prepared guest; without both, nothing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, timeProcess } from './processes.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const siren = join(root, 'bin', 'siren.js');
const ROUNDS = 5;

/** Figures, or why there are none. */
export async function dumpRates() {
  const folder = mkdtempSync(join(tmpdir(), 'siren-bench-'));
  try {
    const dump = process.env.SIREN_BENCH_DUMP ?? (await ownDump(folder));
    if (typeof dump !== 'string') return { left_out: dump.why };
    const rows = [];
    for (let round = 0; round < ROUNDS; round++) rows.push(await timeProcess([siren, 'diagnose', dump]));
    const said = spawnSync(process.execPath, [siren, 'diagnose', dump, '--json'], {
      encoding: 'utf8',
      maxBuffer: 1e8,
    });
    const verdicts = JSON.parse(said.stdout).report.verdicts;
    return {
      diagnose_s: median(rows.map((row) => row.seconds)),
      peak_mb: Math.max(...rows.map((row) => row.peak_mb)),
      structures_looked_at: verdicts.filter(({ verdict }) => verdict === 'intact' || verdict === 'corrupt')
        .length,
      ...peers(folder, dump),
      exit_codes: [...new Set(rows.map((row) => row.code))],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A dump of the prepared guest, at rest; why there is none. */
async function ownDump(folder) {
  const { restoreMachine } = await import('../../dist/targets/qemu/machine.js');
  const { writeDump } = await import('../../dist/runner/export.js');
  const { compile } = await import('../../dist/language/compile.js');
  const text = `scenario "a" {
  machine { cpus 0..2; memory 512 MiB }
  lpar web { owns cpus 0..1; owns memory 256 MiB; kernel linux { workload idle; heartbeat 200 ms } }
  ambulance rescue { owns cpus 2; owns memory 64 MiB; attends web }
  expect { verdict web.* is any }
}`;
  const { value } = compile(['a.spec'], { read: () => ({ ok: true, bytes: Buffer.from(text) }) });
  const { SIREN_CACHE, XDG_CACHE_HOME, PATH = '' } = process.env;
  const cache = SIREN_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'siren');
  const machine = restoreMachine(value[0].scenarios[0].topology, { cache, search_path: PATH });
  if (!('partitions' in machine)) return { why: machine.message };
  try {
    const path = join(folder, 'dump');
    writeDump(path, machine.partitions[0], []);
    return path;
  } finally {
    machine.release();
  }
}

/** The same dump opened, tasks and slabs listed, by who can. */
function peers(folder, dump) {
  const vmlinux = process.env.SIREN_BENCH_VMLINUX;
  const there = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
  const why = (program) =>
    there(program) ? 'needs SIREN_BENCH_VMLINUX, a kernel with debug information' : 'not installed';
  if (vmlinux === undefined || !['crash', 'drgn'].some(there))
    return { crash_s: why('crash'), drgn_s: why('drgn') };
  writeFileSync(join(folder, 'crash'), 'ps\nkmem -s\nquit\n');
  writeFileSync(
    join(folder, 'drgn.py'),
    'from drgn.helpers.linux import *\nprint(sum(1 for _ in for_each_task(prog)), sum(1 for _ in for_each_slab_cache(prog)))\n',
  );
  const crash = seconds('crash', ['-s', '-i', join(folder, 'crash'), vmlinux, dump]);
  const drgn = seconds('drgn', ['-q', '-c', dump, '-s', vmlinux, join(folder, 'drgn.py')]);
  return {
    crash_s: crash ?? (there('crash') ? 'failed' : 'not installed'),
    drgn_s: drgn ?? (there('drgn') ? 'failed' : 'not installed'),
  };
}

/** Undefined where the program is not installed, or fails. */
function seconds(program, words) {
  const begun = performance.now();
  const { status } = spawnSync(program, words, { stdio: 'ignore', timeout: 120_000 });
  return status === 0 ? (performance.now() - begun) / 1000 : undefined;
}
