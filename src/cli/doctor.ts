import { resolve } from 'node:path';
import { oneLine } from '../report/escape.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { examine } from '../targets/qemu/doctor.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * `siren doctor [--cache DIR]`: what Siren needs beyond itself, and what each lack costs. 0 when nothing lacks, else 4.
 */
export function doctorCommand(
  options: Record<string, unknown>,
  { cwd, search_path, cache, out, colors }: Surroundings,
  node: string,
): number {
  const named = options['cache'] as string | undefined;
  const findings = examine({ search_path, cache: named === undefined ? cache : resolve(cwd, named), node });
  const marks = { ok: colors.green('ok   '), lacks: colors.red('lacks'), note: colors.dim('note ') };
  for (const { state, what, cost, mend } of findings) {
    out(`${marks[state]}  ${oneLine(what)}\n`);
    if (cost !== undefined) out(`       without it: ${oneLine(cost)}\n`);
    if (mend !== undefined) out(`       what to do: ${oneLine(mend)}\n`);
  }
  const lacking = findings.filter(({ state }) => state === 'lacks').length;
  out(
    lacking === 0
      ? '\neverything is there\n'
      : `\n${lacking} of ${findings.length} things are lacking; scenarios on the simulation need none of them but Node\n`,
  );
  return lacking === 0 ? EXIT.ok : EXIT.harness;
}
