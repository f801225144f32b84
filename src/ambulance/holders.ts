import type { CpuView } from '../structure/session.ts';
import type { Draft } from './draft.ts';
import type { Checked } from './checks.ts';
import type { Planned } from './structures.ts';

/**
 * True for a structure in which a lock may be found that nobody holds: that hangs on where the CPUs are, at an instant.
 */
export function ofHolders({ means }: Planned): boolean {
  return means.has('lock_leak');
}

/** The CPUs as if none were at work in the kernel; undefined where none is. */
export function withoutHolders(cpus: readonly CpuView[]): readonly CpuView[] | undefined {
  if (cpus.every(({ mode }) => mode !== 'kernel')) return undefined;
  return cpus.map((cpu) =>
    cpu.mode === 'kernel' ? { ...cpu, mode: 'user', at: '', runs_in: '', frames: [], depth: 0 } : cpu,
  );
}

/** The CPUs as if those of which nothing is known were at rest; undefined where there is none such. */
export function withoutUnseen(cpus: readonly CpuView[]): readonly CpuView[] | undefined {
  if (cpus.every(({ mode }) => mode !== 'unknown')) return undefined;
  return cpus.map((cpu) => (cpu.mode === 'unknown' ? { ...cpu, mode: 'idle' } : cpu));
}

/** Locks that nobody could be holding, were it not for somebody of whom nothing is known. */
export function heldByUnseen(now: Checked, without: Checked): Draft | undefined {
  const found = new Set(
    now.drafts.filter(({ means }) => means === 'lock_leak').map(({ address }) => address),
  );
  return without.drafts.find(({ means, address }) => means === 'lock_leak' && !found.has(address));
}

/**
 * True where a lock counts as held by somebody only for where a CPU happens to be: were it not there, nobody could be
 * holding it. A holder lets go when he goes on, and what a CPU does elsewhere ends; a lock that leaked stays. So one
 * look does not tell.
 */
export function hangsOnHolders(now: Checked, without: Checked): boolean {
  const leaks = ({ drafts }: Checked): ReadonlySet<number> =>
    new Set(drafts.filter(({ means }) => means === 'lock_leak').map(({ address }) => address));
  const found = leaks(now);
  return [...leaks(without)].some((address) => !found.has(address));
}
