// False alarms on a healthy kernel: npm run alarms -- --pauses N --workload W,W --seed S --levels 4|5 --keep DIR Boots
// a stock Linux for each workload, lets it run, stops it at instants that nobody chose, and has the whole shipped
// library look at it, as an ambulance would: what looks wrong is read again after the guest has run a little. Nothing
// is wrong with the guest, so that every finding is a false alarm. What the first look says is counted apart: that is
// all that a dump of the instant would tell. Prints them, how often a structure was `unsettled`, and how long it took;
// exits with 1 when there was an alarm.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attend } from '../dist/ambulance/attend.js';
import { substream } from '../dist/base/random.js';
import { shippedLibrary } from '../dist/runner/library.js';
import { copyRam } from '../dist/targets/qemu/snapshot.js';
import { bootGuest } from './alarms/guest.mjs';
import { livePatient, standingPatient } from './alarms/patient.mjs';
import { WORKLOADS } from './alarms/workloads.mjs';

const cache =
  process.env.SIREN_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'siren');
const { values } = parseArgs({
  options: {
    pauses: { type: 'string', default: '1000' },
    workload: { type: 'string', default: WORKLOADS.join(',') },
    seed: { type: 'string', default: '1' },
    levels: { type: 'string', default: '4' },
    keep: { type: 'string', default: '' },
    kernels: { type: 'string', default: join(cache, 'alarms') },
  },
});

const library = await shippedLibrary();
const workloads = values.workload.split(',');
const pauses = Math.ceil(Number(values.pauses) / workloads.length);

/** How far a guest runs from one pause to the next: milliseconds that it had a processor, or rested. */
const APART_MS = 25;

const tally = {
  pauses: 0,
  again: 0,
  dumps: 0,
  unsettled_dumps: 0,
  first: new Map(),
  alarms: [],
  unsettled: new Map(),
  verdicts: new Map(),
  elements: new Map(),
  ms: [],
};
for (const workload of workloads) watch(workload);
report();
process.exitCode = tally.alarms.length > 0 ? 1 : 0;

function watch(workload) {
  const random = substream(Number(values.seed), workload);
  const guest = booted({ workload, kernels: values.kernels, levels: Number(values.levels) });
  try {
    for (let pause = 0; pause < pauses; pause++) {
      const apart_ms = 1 + random.below(APART_MS);
      guest.goOn(apart_ms * 1e6, apart_ms);
      look(workload, pause, guest);
    }
  } finally {
    guest.release();
  }
}

/** On a busy machine an emulated clock can be so late that the kernel gives up while it boots. */
function booted(shape) {
  for (let tries = 1; ; tries++) {
    try {
      return bootGuest(shape);
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

function look(workload, pause, guest) {
  const before = performance.now();
  const first = attend(standingPatient(guest), { ambulance: 'rescue', library }).report;
  const doubtful = first.verdicts.some(({ verdict }) => verdict === 'corrupt' || verdict === 'unsettled');
  const open = doubtful || first.diagnosis.length > 0;
  // Where the first look saw nothing there is no second one.
  const said = open ? attend(livePatient(guest), { ambulance: 'rescue', library }).report : first;
  tally.ms.push(performance.now() - before);
  tally.pauses++;
  if (open) tally.again++;
  asOnADump(workload, pause, first);
  for (const { structure, verdict, code, elements } of said.verdicts) {
    count(tally.verdicts, `${structure} ${verdict}`);
    tally.elements.set(structure, Math.max(elements, tally.elements.get(structure) ?? 0));
    if (verdict === 'unsettled') count(tally.unsettled, `${structure} ${code}`);
  }
  for (const what of complaintsOf(said)) {
    const alarm = `${workload} pause ${pause}: ${what}`;
    tally.alarms.push(alarm);
    process.stdout.write(`${alarm}\n`);
  }
  if (complaintsOf(said).length > 0 && values.keep !== '') keep(`${workload}-${pause}`, guest);
}

/** What an alarm was raised on, to be looked at again. */
function keep(name, guest) {
  mkdirSync(values.keep, { recursive: true });
  guest.notes();
  writeFileSync(join(values.keep, `${name}.notes`), readFileSync(`/proc/self/fd/${guest.process.dump}`));
  copyRam(guest.ram.path, join(values.keep, `${name}.ram`), process.env.PATH ?? '');
}

/** Everything that is said to be wrong: findings, and causes that no finding leads to. */
function complaintsOf({ findings, diagnosis }) {
  const bare = diagnosis.filter(({ explains }) => explains.length === 0);
  return [
    ...findings.map(({ structure, code, place, message }) => `${structure} ${code} ${place}: ${message}`),
    ...bare.map(({ cause, place, evidence }) => `${cause} ${place}: ${evidence.join('; ')}`),
  ];
}

/** What a dump of that instant would be said to be: there is no second look at one. */
function asOnADump(workload, pause, report) {
  const complaints = complaintsOf(report);
  if (complaints.length > 0) tally.dumps++;
  if (report.verdicts.some(({ verdict }) => verdict === 'unsettled')) tally.unsettled_dumps++;
  for (const { structure, code } of report.findings) count(tally.first, `${structure} ${code}`);
  for (const what of complaints) process.stdout.write(`as on a dump: ${workload} pause ${pause}: ${what}\n`);
}

function count(map, key) {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function report() {
  const structures = [...tally.elements.keys()];
  const kinds = ['intact', 'corrupt', 'unsettled', 'unreachable', 'unchecked'];
  const line = (cells) =>
    `${cells.map((cell, index) => (index === 0 ? String(cell).padEnd(18) : String(cell).padStart(12))).join('')}\n`;
  process.stdout.write(line(['structure', ...kinds, 'elements']));
  for (const structure of structures) {
    const counts = kinds.map((kind) => tally.verdicts.get(`${structure} ${kind}`) ?? 0);
    process.stdout.write(line([structure, ...counts, tally.elements.get(structure)]));
  }
  const sorted = tally.ms.toSorted((a, b) => a - b);
  const at = (part) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(0);
  for (const [what, times] of tally.unsettled) process.stdout.write(`unsettled ${times} times: ${what}\n`);
  for (const [what, times] of tally.first) process.stdout.write(`as on a dump ${times} times: ${what}\n`);
  process.stdout.write(
    `as on a dump, which has one reading: ${tally.dumps} of ${tally.pauses} with a false alarm, ${tally.unsettled_dumps} with something unsettled\n`,
  );
  process.stdout.write(
    `${tally.pauses} pauses (${workloads.join(', ')}; seed ${values.seed}): ${tally.alarms.length} false alarms, ` +
      `${[...tally.unsettled.values()].reduce((sum, times) => sum + times, 0)} unsettled; ` +
      `${tally.again} looks saw something half done, and looked again; a look takes ${at(0.5)} ms in the median, re-reads and all, ${at(0.99)} ms at the 99th percentile\n`,
  );
}
