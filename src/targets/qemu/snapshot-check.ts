import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readBounded } from './bounded-file.ts';
import type { SnapshotDamage, SnapshotFacts, SnapshotSeal } from './snapshot-facts.ts';
import { readFacts } from './snapshot-facts.ts';
import { QemuProblem } from './problem.ts';

/** A booted machine in the cache: RAM, state of devices, facts. */
export interface Snapshot extends SnapshotFacts {
  readonly ram: string;
  readonly state: string;
}

/** A console's text, VMCOREINFO and some numbers: 30 KB. */
const FACTS_BYTES = 2 ** 23;
/** Devices and processors: 300 KB. */
const STATE_BYTES = 2 ** 28;

/** The folder of a cache that holds the snapshots. */
export function snapshotsFolder(cache: string): string {
  return join(cache, 'snapshots');
}

/** Whether a name in it is a snapshot's. */
export function isSnapshotName(name: string): boolean {
  return /^[0-9a-f]+$/.test(name);
}

/** Looks at all of a snapshot but the content of its RAM, a millisecond; undefined where there is none. */
export function checkSnapshot(folder: string): Snapshot | SnapshotDamage | undefined {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return undefined;
  const bytes = readBounded(join(folder, 'facts.json'), FACTS_BYTES);
  if (typeof bytes === 'string') return { code: 'FACTS', message: `facts.json: ${bytes}` };
  const read = readFacts(bytes.toString('utf8'));
  if ('code' in read) return read;
  const damage = damageOf(folder, read.seal);
  return damage ?? { ...read.facts, ram: join(folder, 'ram'), state: join(folder, 'state') };
}

export function isWhole(found: Snapshot | SnapshotDamage | undefined): found is Snapshot {
  return found !== undefined && !('code' in found);
}

function damageOf(
  folder: string,
  { ram_bytes, ram_written_s, state_sha256 }: SnapshotSeal,
): SnapshotDamage | undefined {
  const ram = statSync(join(folder, 'ram'), { throwIfNoEntry: false });
  if (ram?.isFile() !== true) return { code: 'RAM', message: 'its ram is missing' };
  if (ram.size !== ram_bytes)
    return { code: 'RAM', message: `its ram has ${ram.size} bytes, not ${ram_bytes}` };
  if (Math.floor(ram.mtimeMs / 1000) !== ram_written_s)
    return { code: 'RAM', message: 'its ram was written to' };
  const state = digestOf(join(folder, 'state'));
  if (state === undefined) return { code: 'STATE', message: 'its state is missing' };
  return state === state_sha256 ? undefined : { code: 'STATE', message: 'its state is not what it was' };
}

/** Of what was just made. Throws a QemuProblem where it is not there. */
export function sealOf(folder: string): SnapshotSeal {
  const ram = statSync(join(folder, 'ram'), { throwIfNoEntry: false });
  const state_sha256 = digestOf(join(folder, 'state'));
  if (ram === undefined || state_sha256 === undefined)
    throw new QemuProblem(
      'FILES',
      `QEMU left no snapshot in ${folder}`,
      'see that there is room in the cache',
    );
  return { ram_bytes: ram.size, ram_written_s: Math.floor(ram.mtimeMs / 1000), state_sha256 };
}

function digestOf(file: string): string | undefined {
  const bytes = readBounded(file, STATE_BYTES);
  return typeof bytes === 'string' ? undefined : createHash('sha256').update(bytes).digest('hex');
}

/** Of a cache: how many snapshots it holds, and what is wrong with which. */
export function checkSnapshots(cache: string): {
  readonly count: number;
  readonly damaged: readonly string[];
} {
  const home = snapshotsFolder(cache);
  let names: string[];
  try {
    names = readdirSync(home).filter(isSnapshotName).sort();
  } catch {
    return { count: 0, damaged: [] };
  }
  const damaged = names.flatMap((name) => {
    const found = checkSnapshot(join(home, name));
    return found === undefined || isWhole(found) ? [] : [`${name}: ${found.message}`];
  });
  return { count: names.length, damaged };
}
