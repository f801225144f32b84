import type { CpuView } from '../structure/session.ts';
import type { Checked } from './checks.ts';
import type { Planned } from './structures.ts';

/** True for a structure in which a lock may be found that nobody holds: that hangs on where the CPUs are, at an instant. */
export function ofHolders({ means }: Planned): boolean {
  return means.has('lock_leak');
}

/** The CPUs as if none were at work in the kernel; undefined where none is. */
export function withoutHolders(cpus: readonly CpuView[]): readonly CpuView[] | undefined {
  if (cpus.every(({ mode }) => mode !== 'kernel')) return undefined;
  return cpus.map((cpu) => (cpu.mode === 'kernel' ? { ...cpu, mode: 'user', at: '', runs_in: '', frames: [], depth: 0 } : cpu)); // prettier-ignore
}

/**
 * True where a lock counts as held by somebody only for where a CPU happens to be: were it not there, nobody could be holding it. A holder lets go
 * when he goes on, and what a CPU does elsewhere ends; a lock that leaked stays. So one look does not tell.
 */
export function hangsOnHolders(now: Checked, without: Checked): boolean {
  const leaks = ({ drafts }: Checked): ReadonlySet<number> => new Set(drafts.filter(({ means }) => means === 'lock_leak').map(({ address }) => address));
  const found = leaks(now);
  return [...leaks(without)].some((address) => !found.has(address));
} // prettier-ignore
