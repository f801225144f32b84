import type { CpuGrant } from '../../model/machine.ts';
import type { Given } from '../block.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';

interface Sharer {
  readonly name: string;
  readonly cpus?: Given<CpuGrant>;
}
type Sharing = Sharer & { readonly cpus: Given<CpuGrant> };

/**
 * `minimum 30%` is a promise that the weights have to keep: slots are fixed, so what a partition is given is known
 * before anything runs. Rounding of slots to nanoseconds is not counted.
 */
export function checkMinima(parties: readonly Sharer[], scope: Scope): void {
  const sharing = parties.filter((one): one is Sharing => one.cpus?.value.mode === 'shared');
  if (overPromised(sharing, scope)) return;
  for (const { name, cpus } of sharing) {
    const { minimum } = cpus.value;
    const given = shareOf(cpus.value, sharing);
    // One part in a million is what a division may be off by.
    if (minimum === undefined || given >= minimum - 1e-6) continue;
    const message = `\`${name}\` is to have at least ${percent(minimum)} of a CPU, and its weight gives it ${percent(given)}`;
    const help = 'raise its `weight`, lower that of the others, or lower the `minimum`';
    failAt(scope, 'E0333', cpus.span, message, `${percent(given)} at weight ${cpus.value.weight}`, help);
  }
}

/** What all its slots together are, as a part of one CPU. */
function shareOf(grant: CpuGrant, sharing: readonly Sharing[]): number {
  let share = 0;
  for (const cpu of usedBy(grant)) {
    const weights = sharing
      .filter((one) => usedBy(one.cpus.value).has(cpu))
      .map((one) => one.cpus.value.weight);
    share += grant.weight / weights.reduce((sum, weight) => sum + weight, 0);
  }
  return share;
}

/** The CPUs that a vCPU of the grant runs on: vCPU i on cpus[i mod n]. */
function usedBy({ cpus, vcpus }: CpuGrant): ReadonlySet<number> {
  return new Set(cpus.slice(0, vcpus));
}

/** More promised on some CPUs than they have, whatever the weights. */
function overPromised(sharing: readonly Sharing[], scope: Scope): boolean {
  for (const { cpus } of sharing) {
    const here = usedBy(cpus.value);
    const confined = sharing.filter(
      (one) =>
        one.cpus.value.minimum !== undefined && [...usedBy(one.cpus.value)].every((cpu) => here.has(cpu)),
    );
    const sum = confined.reduce((total, one) => total + (one.cpus.value.minimum ?? 0), 0);
    const last = confined.at(-1);
    if (last === undefined || sum <= here.size + 1e-6) continue;
    const have = `${here.size} ${here.size === 1 ? 'CPU' : 'CPUs'}`;
    const message = `the minima add up to ${percent(sum)} of a CPU, and there ${here.size === 1 ? 'is' : 'are'} ${have}`;
    const others = confined.slice(0, -1).map((one) => ({
      span: one.cpus.span,
      text: `\`${one.name}\` is promised ${percent(one.cpus.value.minimum ?? 0)}`,
    }));
    const mine = `\`${last.name}\` is promised ${percent(last.cpus.value.minimum ?? 0)}`;
    const help = `all of ${have} is ${percent(here.size)}: promise less`;
    failAt(scope, 'E0334', last.cpus.span, message, mine, help, others);
    return true;
  }
  return false;
}

function percent(part: number): string {
  return `${Number((part * 100).toFixed(1))}%`;
}
