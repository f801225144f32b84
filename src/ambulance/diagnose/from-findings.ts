import { NO_FOLD, trueHex, trueHigh } from '../../base/fold.ts';
import { waitsFor } from '../cpus.ts';
import type { Draft } from '../draft.ts';
import type { Case, Cause } from './case.ts';
import { listBugLine, oopsLine, panicLine } from './case.ts';

/** How much each cause that a requirement can mean weighs against the others. */
const WEIGHTS: Readonly<Record<string, number>> = {
  stack_smash: 90,
  deadlock: 80,
  wild_pointer: 75,
  bad_value: 73,
  bit_flip: 73,
  lock_leak: 70,
  lost_timer: 65,
  bad_count: 45,
  metadata_rot: 30,
};
const OTHER_WEIGHT = 60;
const POINTER_WEIGHT = 75;
const WILD_WRITE_WEIGHT = 88;
/** A run of the same byte this long, over the field's ends, was written by no assignment. */
const RUN_BYTES = 16;
const RUN_LIMIT = 4096;

/** Every finding that follows from no other leads to a cause. */
export function causesOfFindings(of: Case): Cause[] {
  const causes: Cause[] = [];
  const covered = new Set<number>();
  for (const { finding, draft } of of.findings) {
    if (covered.has(finding.index)) continue;
    const run = draft.means === 'stack_smash' ? undefined : runAround(draft);
    const inside = of.findings.filter(
      (other) =>
        run !== undefined &&
        other.draft.physical >= run.physical &&
        other.draft.physical < run.physical + run.bytes,
    );
    if (run) {
      for (const other of inside) covered.add(other.finding.index);
      causes.push({
        cause: 'wild_write',
        weight: WILD_WRITE_WEIGHT,
        place: finding.place.slice(of.patient.name.length + 1),
        address: finding.address,
        physical: finding.physical,
        evidence: [
          `${run.bytes} bytes of 0x${run.byte.toString(16).padStart(2, '0')}, over the ends of fields`,
          ...inside.map((other) => other.finding.message),
        ],
        explains: inside.map((other) => other.finding.index),
      });
    }
  }
  for (const { finding, draft } of of.findings) {
    if (covered.has(finding.index)) continue;
    if (finding.consequence_of !== undefined && draft.means !== 'lock_leak') continue;
    const means = draft.means ?? (draft.pointer ? undefined : draft.sums ? 'bad_count' : 'bad_value');
    const [cause, weight] =
      means === undefined ? pointerCause(draft) : [means, WEIGHTS[means] ?? OTHER_WEIGHT];
    const follows = of.findings.filter((other) => other.finding.consequence_of === finding.index);
    causes.push({
      cause,
      weight: finding.consequence_of === undefined ? weight : Math.min(weight, POINTER_WEIGHT - 1),
      place: finding.place.slice(of.patient.name.length + 1),
      address: finding.address,
      physical: finding.physical,
      evidence: [finding.message, ...evidenceFor(of, draft, cause)],
      explains: [finding.index, ...follows.map((other) => other.finding.index)],
    });
  }
  return [...oneDeadlock(causes), ...orAstray(of, covered)];
}

/** A ring of free objects: one was freed twice, or a link leads back that should not. It does not tell which. */
function orAstray(of: Case, covered: ReadonlySet<number>): Cause[] {
  return of.findings.flatMap(({ finding, draft: { back, space } }) => {
    const apart = covered.has(finding.index) || finding.consequence_of !== undefined;
    if (!back || apart) return [];
    const fold = space?.fold ?? NO_FOLD;
    return [
      {
        cause: 'wild_pointer',
        weight: OTHER_WEIGHT - 1,
        place: back.place,
        address: trueHex(fold, back.address),
        physical: back.physical,
        evidence: [finding.message],
        explains: [finding.index],
      },
    ];
  });
}

/** A ring of waiters is found at each of its locks, and is one cause: at the first of them. */
function oneDeadlock(causes: readonly Cause[]): Cause[] {
  const rings = causes.filter(({ cause }) => cause === 'deadlock');
  const [first] = rings;
  if (first === undefined || rings.length === 1) return [...causes];
  const whole: Cause = {
    ...first,
    evidence: rings.flatMap(({ evidence, place }) => evidence.map((said) => `${place}: ${said}`)),
    explains: rings.flatMap(({ explains }) => explains),
  };
  return causes.flatMap((one) => (one === first ? [whole] : one.cause === 'deadlock' ? [] : [one]));
}

/** One bit away from what the rest of the structure implies, or just wrong. */
function pointerCause(draft: Draft): readonly [string, number] {
  return [bitsApart(draft) === 1 ? 'bit_flip' : 'wild_pointer', POINTER_WEIGHT];
}

/** In how many bits the eight bytes of a field differ from what they should be; NaN when that is not known. */
function bitsApart({ space, address, bytes, expected }: Draft): number {
  if (!space || expected === undefined || bytes !== 8) return NaN;
  const low = space.u32(address) ^ (expected >>> 0);
  const high = space.u32(address + 4) ^ trueHigh(space.fold, expected);
  return ones(low) + ones(high);
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function evidenceFor(of: Case, draft: Draft, cause: string): string[] {
  const said: string[] = [];
  const list_bug = listBugLine(of.log);
  const pointer = cause === 'wild_pointer' || cause === 'bit_flip';
  if (pointer && draft.link && list_bug !== '') said.push(`the log: ${list_bug}`);
  else if (pointer && oopsLine(of.log) !== '') said.push(`the log: ${oopsLine(of.log)}`);
  if (cause === 'stack_smash' && panicLine(of.log) !== '') said.push(`the log: ${panicLine(of.log)}`);
  if (cause === 'bit_flip' && draft.expected !== undefined)
    said.push(`one bit away from 0x${trueHex(draft.space?.fold ?? NO_FOLD, draft.expected)}`);
  if (cause === 'lock_leak') {
    for (const cpu of of.inspected?.cpus ?? []) {
      if (waitsFor(cpu, draft.address)) said.push(`CPU ${cpu.index} spins in ${cpu.at}`);
    }
    if (oopsLine(of.log) !== '') said.push(`an oops killed a task before: ${oopsLine(of.log)}`);
  }
  return said;
}

/** The run of one and the same byte, not zero, that a field is part of, when it is long and goes beyond the field. */
function runAround(draft: Draft): { physical: number; bytes: number; byte: number } | undefined {
  const { space, address, physical } = draft;
  if (!space || physical < 0 || !Number.isFinite(address)) return undefined;
  const byte = space.u8(address);
  if (!(byte > 0)) return undefined;
  // Counted: of an address that is rounded the next one may be the same.
  let [before, after] = [0, 0];
  while (before + after < RUN_LIMIT && space.u8(address - before - 1) === byte) before++;
  while (before + after < RUN_LIMIT && space.u8(address + after) === byte) after++;
  const [start, end] = [address - before, address + after];
  const whole = start < address || end > address + draft.bytes;
  if (
    !whole ||
    end - start < Math.max(RUN_BYTES, draft.bytes + 8) ||
    end < address + Math.min(draft.bytes, 4)
  )
    return undefined;
  return { physical: physical - (address - start), bytes: end - start, byte };
}
