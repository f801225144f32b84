// Proof that results depend on neither the Node version nor the number of workers: runs the shipped specs under every
// node binary that is named (default: this one) with 1, 2 and 4 workers, and compares results.json but for
// `environment`. `npm run same -- [--specs PATH]... [PATH_TO_NODE...]`. Exit 1 when two differ or a run is not green.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const WORKERS = ['1', '2', '4'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { specs: { type: 'string', multiple: true, default: [] } },
});
const nodes = [...new Set([process.execPath, ...positionals])];
const folder = mkdtempSync(join(tmpdir(), 'siren-same-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** What a run found, without where and when it was run; undefined when it was not green. */
function resultsOf(node, workers) {
  const argv = ['bin/siren.js', 'run', ...values.specs, '--workers', workers, '--reports', folder];
  const ran = spawnSync(node, argv, { cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  if (ran.status !== 0) {
    console.error(
      `exit ${ran.status ?? ran.signal ?? ran.error?.message}\n${ran.stdout ?? ''}${ran.stderr ?? ''}`,
    );
    return undefined;
  }
  const { environment, ...results } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
  return { environment, text: JSON.stringify(results) };
}

let first;
let failed = false;
for (const node of nodes) {
  for (const workers of WORKERS) {
    const run = resultsOf(node, workers);
    const digest = run && createHash('sha256').update(run.text).digest('hex').slice(0, 16);
    first ??= digest;
    const same = digest !== undefined && digest === first;
    if (!same) failed = true;
    const who = run
      ? `node ${run.environment.node}, ${run.environment.workers} workers`
      : `${node}, ${workers} workers`;
    console.log(
      `${who}: ${run ? `${run.text.length} bytes, ${digest}` : 'not green'}${same ? '' : '  DIFFERENT'}`,
    );
  }
}
console.log(failed ? 'results differ' : `results are the same in all ${nodes.length * WORKERS.length} runs`);
process.exit(failed ? 1 : 0);
