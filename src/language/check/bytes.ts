import type { PathStep } from '../../model/expression.ts';
import type { LparModel, SharedMemoryModel } from '../../model/machine.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import type { Place } from './place.ts';

/** The regions that a partition shares, whoever declared them. */
export function sharedBy(lpar: string, scope: Scope): readonly SharedMemoryModel[] {
  const all = scope.parties?.shared_memory ?? NOTHING;
  return all.length === 0 ? NOTHING : all.filter(({ between }) => between.includes(lpar));
}

const NOTHING: readonly SharedMemoryModel[] = Object.freeze([]);

/** `memory[0x1000]`, `mailbox[0x40]`: one byte of `bytes`; without an index the whole, which can be measured only. */
export function bytesPlace(
  lpar: LparModel,
  of: string,
  bytes: number,
  rest: readonly PathStep[],
  scope: Scope,
): Place | undefined {
  const [index] = rest;
  if (index === undefined) return { kind: 'measure', lpar: lpar.name, dimension: 'place' };
  if (index.kind === 'any' || index.kind === 'all') return indexNeeded('an address', index, scope);
  const address = index.kind === 'index' && index.index.kind === 'int' ? index.index.value : undefined;
  if (address !== undefined && (address < 0n || address >= BigInt(bytes))) {
    const message = `\`${of}\` has no byte at 0x${address.toString(16)}`;
    return failAt(scope, 'E0609', index.span, message, `it has ${bytes} bytes`);
  }
  return {
    kind: 'bytes',
    lpar: lpar.name,
    dimension: 'place',
    ...(rest.length === 1 ? { width_bits: 8 } : {}),
  };
}

export function indexNeeded(what: string, step: PathStep, scope: Scope): undefined {
  return failAt(scope, 'E0603', step.span, `${what} belongs in the brackets`, 'not this');
}
