import type { Expression } from '../../model/expression.ts';
import type { Scope } from '../scope.ts';
import { quietly } from './place.ts';
import type { Place } from './place.ts';

const NO_MEMORY: ReadonlySet<Place['kind']> = new Set<Place['kind']>([
  'lpar',
  'ambulance',
  'device',
  'others',
  'all',
  'cpus',
  'cpu',
  'register',
  'interrupt',
  'measure',
  'setting',
]);

/** False for what certainly lies in no memory: a register, a device, a figure of the harness, a constant. */
export function mayBeMemory(value: Expression, scope: Scope): boolean {
  if (value.kind === 'call') return value.name === 'machine_address' || value.name === 'address';
  if (value.kind === 'conditional')
    return mayBeMemory(value.then, scope) && mayBeMemory(value.otherwise, scope);
  if (value.kind !== 'path') return false;
  const bound = scope.lets.get(value.value.root);
  if (bound !== undefined && bound.kind !== 'path') return mayBeMemory(bound, scope);
  const place = quietly(value.value, scope);
  return place === undefined || !NO_MEMORY.has(place.kind);
}
