// `npm run bench [-- --json] [-- --only scenarios,compile,machine,validators,dumps,real,startup]`: every figure is a
// ratio against a named peer in the same run, or a rate. Needs `npm run build` first, which `npm ci` does.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileRates } from './compile.mjs';
import { machineRates } from './machine.mjs';
import { dumpRates } from './dumps.mjs';
import { realRates } from './real.mjs';
import { median, pairs, timeProcess } from './processes.mjs';
import { validatorRates } from './validators.mjs';
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

/** What the figures are held against: the part and the figure, and the least or the most that it may be. */
const BOUNDS = [
  { part: 'scenarios', figure: 'ratio', most: 3 },
  { part: 'scenarios', figure: 'peak_mb', most: 500 },
  { part: 'compile', figure: 'ratio', least: 0.5 },
  { part: 'startup', figure: 'ratio', most: 1.5 },
  { part: 'dumps', figure: 'diagnose_s', most: 0.6 },
  { part: 'dumps', figure: 'peak_mb', most: 300 },
  { part: 'real', figure: 'restore_s', most: 0.5 },
  { part: 'validators', figure: 'us_a_node', most: 0.5 },
  { part: 'validators', figure: 'ratio', most: 1.5 },
  { part: 'validators', figure: 'million_to_hundred_thousand', most: 1.5 },
  { part: 'validators', figure: 'filled_gb_s', least: 1 },
];
/** Every one of them is SCENARIOS, or the run did not do what is measured. */
const COUNTS = ['runs', 'passed', 'fired', 'twins', 'identical', 'verdicts'];
const NAMES = ['startup', 'compile', 'machine', 'validators', 'dumps', 'real', 'scenarios'];
const USAGE = `npm run bench [-- --json] [-- --only ${NAMES.join(',')}]
--json prints one object: each part with its figures, \`bounds\` and whether each is met, \`wrong\`: what was not as it must be.
Exit 1 when something is wrong: a count that is not ${SCENARIOS}, an exit code that is not 0.`;

function usage(message) {
  console.error(`${message}\n${USAGE}`);
  process.exit(3);
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        only: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    return usage(error.message);
  }
}

const values = options();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const only = values.only?.split(',') ?? NAMES;
for (const part of only) if (!NAMES.includes(part)) usage(`there is no part \`${part}\``);
const wants = (part) => only.includes(part);
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

const distinct = (codes) => [...new Set(codes)];

async function scenarios() {
  const specs = mkdtempSync(join(tmpdir(), 'siren-bench-'));
  const peer = mkdtempSync(join(tmpdir(), 'siren-peer-'));
  try {
    writeSpecs(specs);
    writePeer(peer, join(root, 'node_modules'));
    const reports = join(specs, 'reports');
    const tallies = [];
    const run = async () => {
      rmSync(reports, { recursive: true, force: true });
      const timed = await timeProcess([siren, 'run', '--reports', reports, '--no-html'], { cwd: specs });
      const path = join(reports, 'results.json');
      tallies.push(existsSync(path) ? tally(path) : Object.fromEntries(COUNTS.map((count) => [count, 0])));
      return timed;
    };
    const bare = () => timeProcess([cucumber], { cwd: peer });
    const writing = () =>
      timeProcess([cucumber, '--format', 'junit:junit.xml', '--format', 'json:results.json'], { cwd: peer });
    const rows = await pairs(PAIRS, run, bare);
    const reporting = [];
    for (let index = 0; index < PAIRS; index++) reporting.push(await writing());
    const seconds = median(rows.map((row) => row.first.seconds));
    // The worst of all the runs, count by count.
    const counts = Object.fromEntries(
      COUNTS.map((count) => [
        count,
        tallies.map((one) => one[count]).find((one) => one !== SCENARIOS) ?? SCENARIOS,
      ]),
    );
    return {
      siren_s: seconds,
      cucumber_s: median(rows.map((row) => row.second.seconds)),
      cucumber_reporting_s: median(reporting.map((one) => one.seconds)),
      ratio: median(rows.map((row) => row.first.seconds / row.second.seconds)),
      ratio_reporting: seconds / median(reporting.map((one) => one.seconds)),
      peak_mb: Math.max(...rows.map((row) => row.first.peak_mb)),
      exit_codes: distinct(rows.map((row) => row.first.code)),
      cucumber_exit_codes: distinct([
        ...rows.map((row) => row.second.code),
        ...reporting.map((one) => one.code),
      ]),
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
    exit_codes: distinct(rows.flatMap((row) => [row.first.code, row.second.code])),
  };
}

const number = (value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
const result = {};
const PARTS = {
  startup,
  compile: compileRates,
  machine: machineRates,
  validators: validatorRates,
  dumps: dumpRates,
  real: realRates,
  scenarios,
};
for (const [name, measure] of Object.entries(PARTS)) {
  if (!wants(name)) continue;
  const figures = await measure();
  if (figures.left_out !== undefined) {
    say(`${name}\n  left out: ${figures.left_out}`);
    continue;
  }
  result[name] = figures;
  say(name);
  for (const [key, value] of Object.entries(figures)) say(`  ${key.padEnd(24)} ${number(value)}`);
}

const bounds = BOUNDS.filter(({ part }) => result[part] !== undefined).map((bound) => {
  const value = result[bound.part][bound.figure];
  return { ...bound, value, met: bound.most === undefined ? value >= bound.least : value <= bound.most };
});
for (const { part, figure, most, least, value, met } of bounds) {
  const limit = most === undefined ? `at least ${least}` : `at most ${most}`;
  say(`${met ? 'met    ' : 'NOT MET'} ${part}.${figure} ${number(value)}, ${limit}`);
}
const wrong = [];
for (const [part, figures] of Object.entries(result)) {
  for (const key of ['exit_codes', 'cucumber_exit_codes'])
    if (figures[key]?.some((code) => code !== 0))
      wrong.push(`${part}.${key} ${figures[key].join(', ')}, not 0`);
}
for (const count of result.scenarios === undefined ? [] : COUNTS)
  if (result.scenarios[count] !== SCENARIOS)
    wrong.push(`scenarios.${count} ${result.scenarios[count]}, not ${SCENARIOS}`);
for (const line of wrong) console.error(`wrong: ${line}`);
if (values.json) console.log(JSON.stringify({ ...result, bounds, wrong }));
if (wrong.length > 0) process.exitCode = 1;
