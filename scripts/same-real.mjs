// Whether runs on a stock kernel, which never repeat to the bit, come to the same conclusions: runs specs/real so many
// times under QEMU (or takes results.json of runs there were) and compares, for every scenario, what was claimed, what
// was concluded of each structure by each rescue, with the codes of its findings, and the ranked diagnosis. Times and
// addresses are not compared. `npm run same:real -- [--runs 2] [--specs PATH]... [--keep FOLDER] [RESULTS.json...]`.
// Exit 1 when two differ or a run is not green.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareRuns } from './same-real/compare.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '2' },
    specs: { type: 'string', multiple: true, default: [] },
    keep: { type: 'string' },
  },
});

/** Results of one more run, in a folder of its own; undefined when there are none. */
function run(index, folder) {
  const specs = values.specs.length > 0 ? values.specs : ['specs/real'];
  const reports = join(folder, `run-${index}`);
  mkdirSync(reports, { recursive: true });
  const argv = ['bin/siren.js', 'run', ...specs, '--target', 'qemu', '--reports', reports];
  const ran = spawnSync(process.execPath, argv, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (ran.status !== 0)
    console.error(`run ${index}: exit ${ran.status ?? ran.signal}\n${ran.stdout}${ran.stderr}`);
  try {
    return JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

function runAll() {
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'siren-same-real-'));
  if (values.keep === undefined) process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const all = [];
  for (let index = 1; index <= Number(values.runs); index++) all.push(run(index, folder));
  return all;
}

const results =
  positionals.length > 0 ? positionals.map((file) => JSON.parse(readFileSync(file, 'utf8'))) : runAll();
if (results.length < 2 || results.includes(undefined)) {
  console.error('there are no two runs to compare');
  process.exit(1);
}
const { scenarios, same, differences } = compareRuns(results);
for (const { id, aspect, seen } of differences) {
  console.log(`${id}: ${aspect}`);
  for (const { runs, value } of seen) console.log(`    run ${runs.join(', ')}: ${value}`);
}
const green = results.every(({ exit_code }) => exit_code === 0);
console.log(
  `${same} of ${scenarios} scenarios came to the same in all ${results.length} runs${green ? '' : '; not every run was green'}`,
);
process.exit(same === scenarios && green ? 0 : 1);
