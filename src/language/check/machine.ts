import { formatSize, MIB } from '../../base/units.ts';
import type { Span } from '../../text/span.ts';
import type { SharedDraft } from '../grant.ts';
import type { Draft } from '../topology.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import { checkMinima } from './minimum.ts';
import { checkShared, regionsOf } from './shared-memory.ts';

/** What a guest's kernel needs to be loaded and to run, its metadata region aside. */
const GUEST_LEAST_BYTES = 16 * MIB;
/** A region up to this size fits into that. */
const REGION_FITS_BYTES = MIB;
/** What an ambulance needs for itself. */
const AMBULANCE_LEAST_BYTES = 4 * MIB;
/** A guest's kernel is built for so many CPUs. */
const GUEST_CPU_LIMIT = 32;

type Party = { readonly name: string } & (Draft['lpars'] extends Map<string, infer L> ? L : never);

/**
 * What one machine cannot hold: CPUs, memory and devices given away twice or not there, partitions that are not whole.
 */
export function checkMachine(draft: Draft, scope: Scope): void {
  const { machine } = draft;
  const parties = [...draft.lpars.values(), ...draft.ambulances.values()] as Party[];
  for (const party of parties) checkWhole(party, scope);
  for (const lpar of draft.lpars.values()) {
    const region = lpar.metadata.size_bytes;
    checkEnough(lpar, GUEST_LEAST_BYTES + (region > REGION_FITS_BYTES ? region : 0), scope);
    checkGuestCpus(lpar, scope);
  }
  for (const ambulance of draft.ambulances.values()) {
    checkEnough(ambulance, AMBULANCE_LEAST_BYTES, scope);
    checkAttends(ambulance, draft, scope);
  }
  if (machine === undefined) return;
  if (lacking(machine, 'cpus')) lacks('cpus', 'cpus 0..3', machine.span, 'machine', scope);
  if (lacking(machine, 'memory')) lacks('memory', 'memory 512 MiB', machine.span, 'machine', scope);
  checkCpus(parties, machine.cpus?.value, scope);
  checkMinima(parties, scope);
  checkShared(draft, scope);
  checkDevices(parties, draft, scope);
  if (machine.memory !== undefined) checkMemory(parties, regionsOf(draft), machine.memory, scope);
  if (draft.lpars.size === 0) {
    failAt(
      scope,
      'E0327',
      machine.span,
      'a machine without a partition has nobody to test',
      'no `lpar`',
      'add `lpar NAME { … }`',
    );
  }
}

/** True for what was never written: what was written and refused has been reported. */
function lacking<What extends string>(
  owner: { readonly [Key in What]?: unknown } & { readonly written: readonly string[] },
  what: What,
): boolean {
  return owner[what] === undefined && !owner.written.includes(what);
}

function lacks(what: string, example: string, at: Span, who: string, scope: Scope): void {
  failAt(scope, 'E0311', at, `\`${who}\` has no ${what}`, 'incomplete', `write \`${example}\` in its braces`);
}

function checkWhole(party: Party, scope: Scope): void {
  if (lacking(party, 'cpus')) lacks('cpus', 'owns cpus 0..1', party.span, party.name, scope);
  if (lacking(party, 'memory')) lacks('memory', 'owns memory 128 MiB', party.span, party.name, scope);
}

function checkEnough(party: Pick<Party, 'name' | 'memory'>, least: number, scope: Scope): void {
  if (party.memory === undefined || party.memory.value >= least) return;
  const message = `\`${party.name}\` has ${formatSize(party.memory.value)} of memory: it needs ${formatSize(least)}`;
  failAt(
    scope,
    'E0328',
    party.memory.span,
    message,
    'too little to start',
    `give it ${formatSize(least)} or more`,
  );
}

function checkGuestCpus(party: Pick<Party, 'name' | 'cpus'>, scope: Scope): void {
  const vcpus = party.cpus?.value.vcpus ?? 1;
  if (party.cpus === undefined || vcpus <= GUEST_CPU_LIMIT) return;
  const message = `\`${party.name}\` has ${vcpus} CPUs: a guest runs on ${GUEST_CPU_LIMIT} at most`;
  failAt(
    scope,
    'E0329',
    party.cpus.span,
    message,
    'too many',
    'give it fewer, or share them among two partitions',
  );
}

function checkAttends(
  ambulance: Draft['ambulances'] extends Map<string, infer A> ? A : never,
  draft: Draft,
  scope: Scope,
): void {
  if (ambulance.attends === undefined) {
    if (!lacking(ambulance, 'attends')) return;
    return lacks('patients', 'attends web', ambulance.span, ambulance.name, scope);
  }
  const seen = new Set<string>();
  for (const { value: name, span } of ambulance.attends.value) {
    if (seen.has(name)) failAt(scope, 'E0310', span, `\`${name}\` is attended twice`, 'again');
    seen.add(name);
    if (draft.lpars.has(name)) continue;
    const help = didYouMean(name, draft.lpars.keys(), 'there are');
    const what = draft.ambulances.has(name) ? 'an ambulance, not a patient' : 'unknown';
    failAt(
      scope,
      'E0319',
      span,
      `\`${ambulance.name}\` attends \`${name}\`, which is no partition here`,
      what,
      help,
    );
  }
}

function checkCpus(parties: readonly Party[], cpus: readonly number[] | undefined, scope: Scope): void {
  const owner = new Map<number, Party>();
  for (const party of parties) {
    const grant = party.cpus;
    if (grant === undefined) continue;
    for (const cpu of grant.value.cpus) {
      if (cpus !== undefined && !cpus.includes(cpu)) {
        const has = `it has ${ranges(cpus)}`;
        failAt(
          scope,
          'E0314',
          grant.span,
          `the machine has no cpu ${cpu}`,
          `given to \`${party.name}\``,
          has,
        );
        break;
      }
      const other = owner.get(cpu);
      if (other === undefined) {
        owner.set(cpu, party);
        continue;
      }
      if (grant.value.mode === 'shared' && other.cpus?.value.mode === 'shared') continue;
      clash(cpu, party, other, cpus ?? [], parties, scope);
      break;
    }
  }
}

function clash(
  cpu: number,
  party: Party,
  other: Party,
  cpus: readonly number[],
  parties: readonly Party[],
  scope: Scope,
): void {
  const [mine, theirs] = [party.cpus, other.cpus];
  if (mine === undefined || theirs === undefined) return;
  const free = cpus.filter((one) => !parties.some((each) => each.cpus?.value.cpus.includes(one) === true));
  const spare = free.length === 0 ? '' : `, or give \`${party.name}\` one of the free cpus ${ranges(free)}`;
  const both = mine.value.mode === 'owned' && theirs.value.mode === 'owned';
  const code = both ? 'E0312' : 'E0313';
  const message = both
    ? `\`${other.name}\` and \`${party.name}\` both own cpu ${cpu}`
    : `cpu ${cpu} is owned by one partition and shared by another`;
  const how = (mode: string): string => (mode === 'owned' ? 'owned' : 'shared');
  const help = `write \`shares cpus ${cpu}\` in both${spare}`;
  const text = both
    ? `given to \`${other.name}\` here`
    : `${how(theirs.value.mode)} by \`${other.name}\` here`;
  const again = both
    ? `and again to \`${party.name}\` here`
    : `${how(mine.value.mode)} by \`${party.name}\` here`;
  failAt(scope, code, theirs.span, message, text, help, [{ span: mine.span, text: again }]);
}

/** `0..2, 5`. */
function ranges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; at++) {
    const low = numbers[at] as number;
    let high = low;
    while (numbers[at + 1] === high + 1) high = numbers[++at] as number;
    parts.push(low === high ? String(low) : `${low}..${high}`);
  }
  return parts.join(', ');
}

function checkMemory(
  parties: readonly Party[],
  regions: readonly SharedDraft[],
  memory: { readonly value: number; readonly span: Span },
  scope: Scope,
): void {
  let sum = 0;
  for (const party of parties) {
    if (party.memory === undefined) continue;
    const { value, span } = party.memory;
    if (value > memory.value) {
      const message = `\`${party.name}\` is larger than the machine: ${formatSize(value)} of ${formatSize(memory.value)}`;
      failAt(scope, 'E0316', span, message, 'more than there is', free(party, parties, memory.value), [
        { span: memory.span, text: 'all the memory there is' },
      ]);
      return;
    }
    sum += value;
    if (sum <= memory.value) continue;
    const message = `the partitions' memory overlaps: they were given ${formatSize(sum)} of ${formatSize(memory.value)} up to here`;
    const more = parties
      .slice(0, parties.indexOf(party))
      .flatMap((other) =>
        other.memory === undefined ? [] : [{ span: other.memory.span, text: `\`${other.name}\` has this` }],
      );
    failAt(
      scope,
      'E0315',
      span,
      message,
      `\`${party.name}\` no longer fits`,
      free(party, parties, memory.value),
      [...more, { span: memory.span, text: 'all the memory there is' }],
    );
    return;
  }
  for (const { name, bytes, span } of regions) {
    sum += bytes;
    if (sum <= memory.value) continue;
    const message = `no room for \`${name}\`: with it, ${formatSize(sum)} of ${formatSize(memory.value)} are given away`;
    const help = 'shared memory is memory of the machine, beside what the partitions own: give it more';
    failAt(scope, 'E0315', span, message, 'no longer fits', help, [
      { span: memory.span, text: 'all the memory there is' },
    ]);
    return;
  }
}

/** How much memory one party may have beside all the others. */
function free(party: Party, parties: readonly Party[], memory: number): string {
  let left = memory;
  for (const other of parties) if (other !== party) left -= other.memory?.value ?? 0;
  if (left <= 0) return 'the others have all of it: give somebody less, or the machine more';
  return `${formatSize(left)} are free beside the others: give \`${party.name}\` no more, or the machine more`;
}

function checkDevices(parties: readonly Party[], draft: Draft, scope: Scope): void {
  const machine = draft.machine;
  const holder = new Map<string, { readonly party: Party; readonly mode: string; readonly span: Span }>();
  for (const party of parties) {
    for (const { value, span } of party.devices) {
      if (machine?.devices.some((one) => one.name === value.device) !== true) {
        const names = machine?.devices.map((one) => one.name) ?? [];
        const help =
          didYouMean(value.device, names, 'it has') ?? 'describe it in `machine`, as in `block disk0`';
        failAt(scope, 'E0317', span, `the machine has no device \`${value.device}\``, 'unknown', help);
        continue;
      }
      const other = holder.get(value.device);
      if (other === undefined) holder.set(value.device, { party, mode: value.mode, span });
      else if (other.mode === 'owned' || value.mode === 'owned') {
        const message = `\`${value.device}\` is given to \`${other.party.name}\` and to \`${party.name}\`, and one of them owns it`;
        const help = `write \`shares device ${value.device}\` in both`;
        failAt(scope, 'E0318', other.span, message, `${other.mode} here`, help, [
          { span, text: `${value.mode} here` },
        ]);
      }
    }
  }
}
