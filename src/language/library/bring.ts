import type { Context } from './context.ts';

/** A `def` of another file brings along what it names there. */
export function bring(
  space: 'structs' | 'locators',
  name: string,
  { scope, into }: Partial<Pick<Context, 'scope' | 'into'>>,
): void {
  const at = scope?.trail.at(-1);
  if (into !== undefined && scope !== undefined && at !== undefined) into.bring(space, name, scope.unit, at);
}
