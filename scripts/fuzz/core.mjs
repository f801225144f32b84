// Dumps whose bytes were changed or that were cut short, opened and diagnosed.
import { substream } from '../../dist/base/random.js';
import { attend } from '../../dist/ambulance/attend.js';
import { damagedMachine } from '../../dist/execute/damaged.js';
import { TwinLines } from '../../dist/execute/twin-line.js';
import { openCoreFile } from '../../dist/formats/open-core.js';
import { writeElfCoreHead } from '../../dist/formats/elf-core-write.js';
import { compile } from '../../dist/language/compile.js';
import { REGISTERS } from '../../dist/target/target.js';
import { shippedLibrary } from '../../dist/runner/library.js';
import { inflatePage } from '../../dist/targets/core/file.js';
import { corePatient } from '../../dist/targets/core/patient.js';
import { hostWith } from './corpus.mjs';
import { flattenedOf, kdumpOf } from './kdump.mjs';

const library = await shippedLibrary();
const PAGE = 4096;
const ZEROS = Buffer.alloc(PAGE);
/** Changed bytes lie here three times in four: headers, notes, descriptors. */
const HEAD_BYTES = 16_384;

export const reading = {
  name: 'core',
  share: 0.02,
  say: (tally) =>
    `${tally.done} dumps with 1 to 40 changes: ${tally.refused} refused, ${tally.read} read, ${tally.corrupt} with damage found; no exception, no hang`,
  tally: () => ({ done: 0, refused: 0, read: 0, corrupt: 0 }),
  start: () => {
    const [model] = compile(['specs/claims/3-own-partition.spec'], hostWith('', undefined)).value;
    const scenario = { ...model.scenarios[0], triggers: [] };
    const { run } = damagedMachine(scenario, 1, new TwinLines(), 30_000_000);
    const partition = run.machine.target.partitions.find(({ name }) => name === 'web');
    const files = dumpsOf(partition);
    return (index, seed, tally) => one(files, substream(seed, `core ${index}`), tally);
  },
};

/** The same machine in each of the formats. Pages of zeros are left out, so that files are small. */
function dumpsOf(partition) {
  const pages = new Map();
  for (let at = 0; at < partition.memory.size; at += PAGE) {
    const page = Buffer.alloc(PAGE);
    if (partition.memory.read(at, page) && Buffer.compare(page, ZEROS) !== 0) pages.set(at / PAGE, page);
  }
  const runs = [];
  for (const number of pages.keys()) {
    const last = runs.at(-1);
    if (last && (last.physical + last.bytes) / PAGE === number) last.bytes += PAGE;
    else runs.push({ physical: number * PAGE, bytes: PAGE });
  }
  const cpus = partition.cpus.map((cpu) =>
    Object.fromEntries(REGISTERS.map((name) => [name, cpu.get(name)])),
  );
  const vmcoreinfo = partition.vmcoreinfo();
  const head = writeElfCoreHead({ memory: runs, cpus, vmcoreinfo });
  const elf = Buffer.concat([head, ...pages.values()]);
  const kdump = kdumpOf(pages, vmcoreinfo);
  return [elf, kdump, flattenedOf(kdump)];
}

function one(files, random, tally) {
  const bytes = Buffer.from(random.pick(files));
  for (let changes = 1 + random.below(40); changes > 0; changes--) {
    const at = random.below(random.below(4) === 0 ? bytes.length : Math.min(HEAD_BYTES, bytes.length));
    if (random.below(2) === 0) bytes[at] ^= 1 << random.below(8);
    else
      bytes.fill(
        random.pick([0, 0xff, random.below(256)]),
        at,
        Math.min(bytes.length, at + 1 + random.below(8)),
      );
  }
  const cut = random.below(8) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
  const read = (at, into) => {
    if (!(at >= 0 && at + into.length <= cut.length)) return false;
    into.set(cut.subarray(at, at + into.length));
    return true;
  };
  const opened = openCoreFile({ bytes: cut.length, read }, inflatePage);
  tally.done++;
  if (!opened.ok) return void tally.refused++;
  const { report } = attend(corePatient('web', opened.value), { ambulance: 'rescue', library });
  tally.read++;
  if (report.findings.length > 0) tally.corrupt++;
}
