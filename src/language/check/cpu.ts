import type { PathStep } from '../../model/expression.ts';
import type { LparModel } from '../../model/machine.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';

/** A CPU beyond those that the guest sees. */
export function noCpu(lpar: LparModel, cpu: bigint, step: PathStep, scope: Scope): undefined {
  const { vcpus } = lpar.cpus;
  const has = vcpus === 1 ? 'one CPU, number 0' : `${vcpus} CPUs, 0 to ${vcpus - 1}`;
  return failAt(
    scope,
    'E0605',
    step.span,
    `\`${lpar.name}\` has no CPU ${cpu}`,
    `it has ${has}`,
    'a guest numbers its own CPUs from 0',
  );
}
