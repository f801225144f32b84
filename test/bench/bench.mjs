// `npm run bench [-- --json] [-- --only scenarios,compile,machine,startup]`: every figure is a ratio against a named peer in the same run, or a
// rate. Needs `npm run build` first, which `npm ci` does.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileRates } from './compile.mjs';
import { machineRates } from './machine.mjs';
import { median, pairs, timeProcess } from './processes.mjs';
import { SCENARIOS, writePeer, writeSpecs } from './scenarios.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const siren = join(root, 'bin', 'siren.js');
const cucumber = join(
  dirname(createRequire(import.meta.url).resolve('@cucumber/cucumber/package.json')),
  'bin',
  'cucumber.js',
);
const PAIRS = 5;
const STARTUP_PAIRS = 15;

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const wants = (part) => values.only === undefined || values.only.split(',').includes(part);
const say = (line) => values.json || console.log(line);

/** Reads results.json back: a fast run that did nothing is no result. */
function tally(path) {
  const results = JSON.parse(readFileSync(path, 'utf8'));
  const counts = { runs: results.runs.length, passed: 0, fired: 0, twins: 0, identical: 0, verdicts: 0 };
  for (const run of results.runs) {
    if (run.status === 'passed') counts.passed++;
    counts.fired += run.record.receipts.filter(
      (one) => one.kind === 'fault' && one.fired_ns !== undefined && one.fired_ns !== null,
    ).length;
    const twins = new Set(run.record.twins.map((one) => one.claim));
    if (twins.has('contained') && twins.has('undisturbed')) counts.twins++;
    if (run.record.twins.every((one) => one.identical)) counts.identical++;
    if (
      run.claims.filter((claim) => claim.text.startsWith('verdict')).every((claim) => claim.status === 'met')
    )
      counts.verdicts++;
  }
  return counts;
}

async function scenarios() {
  const specs = mkdtempSync(join(tmpdir(), 'siren-bench-'));
  const peer = mkdtempSync(join(tmpdir(), 'siren-peer-'));
  try {
    writeSpecs(specs);
    writePeer(peer, join(root, 'node_modules'));
    const reports = join(specs, 'reports');
    const run = () => timeProcess([siren, 'run', '--reports', reports, '--no-html'], { cwd: specs });
    const bare = () => timeProcess([cucumber], { cwd: peer });
    const writing = () =>
      timeProcess([cucumber, '--format', 'junit:junit.xml', '--format', 'json:results.json'], { cwd: peer });
    const rows = await pairs(PAIRS, run, bare);
    const reporting = [];
    for (let index = 0; index < PAIRS; index++) reporting.push(await writing());
    const seconds = median(rows.map((row) => row.first.seconds));
    const counts = tally(join(reports, 'results.json'));
    return {
      runs: SCENARIOS,
      siren_s: seconds,
      cucumber_s: median(rows.map((row) => row.second.seconds)),
      cucumber_reporting_s: median(reporting.map((one) => one.seconds)),
      ratio: median(rows.map((row) => row.first.seconds / row.second.seconds)),
      ratio_reporting: seconds / median(reporting.map((one) => one.seconds)),
      peak_mb: Math.max(...rows.map((row) => row.first.peak_mb)),
      exit_codes: [...new Set(rows.map((row) => row.first.code))],
      ...counts,
    };
  } finally {
    rmSync(specs, { recursive: true, force: true });
    rmSync(peer, { recursive: true, force: true });
  }
}

async function startup() {
  const rows = await pairs(
    STARTUP_PAIRS,
    () => timeProcess([siren, '--version']),
    () => timeProcess(['-e', '0']),
  );
  return {
    version_s: median(rows.map((row) => row.first.seconds)),
    node_s: median(rows.map((row) => row.second.seconds)),
    ratio: median(rows.map((row) => row.first.seconds)) / median(rows.map((row) => row.second.seconds)),
  };
}

const number = (value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
const result = {};
const PARTS = { startup, compile: compileRates, machine: machineRates, scenarios };
for (const [name, measure] of Object.entries(PARTS)) {
  if (!wants(name)) continue;
  const figures = await measure();
  result[name] = figures;
  say(name);
  for (const [key, value] of Object.entries(figures)) say(`  ${key.padEnd(24)} ${number(value)}`);
}
if (values.json) console.log(JSON.stringify(result));
