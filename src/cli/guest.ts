import { resolve } from 'node:path';
import { oneLine } from '../report/escape.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { prepareGuest } from '../targets/qemu/guest/prepare.ts';
import { problemOf, QemuProblem } from '../targets/qemu/problem.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * `siren guest prepare [--kernel FILE] [--package NAME] [--cache DIR]`: 0 when there is a guest, 3 when both a kernel
 * and a package are named, 4 when it cannot be made.
 */
export function guestPrepareCommand(
  options: Record<string, unknown>,
  { cwd, search_path, cache, out, error }: Surroundings,
): number {
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const [kernel, named, folder] = [text('kernel'), text('package'), text('cache')];
  if (kernel !== undefined && named !== undefined) {
    error('siren guest prepare: --kernel and --package exclude each other\n');
    return EXIT.usage;
  }
  const guest = problemOf(() =>
    prepareGuest({
      cache: folder === undefined ? cache : resolve(cwd, folder),
      search_path,
      ...(kernel === undefined ? {} : { kernel: resolve(cwd, kernel) }),
      ...(named === undefined ? {} : { package: named }),
      say: (line) => out(`${oneLine(line)}\n`),
    }),
  );
  if (guest instanceof QemuProblem) {
    error(`siren guest prepare: ${oneLine(guest.message)}\n  what to do: ${oneLine(guest.mend)}\n`);
    return EXIT.harness;
  }
  out(`guest ${guest.id}: Linux ${guest.release}, in ${folder ?? cache}\n`);
  return EXIT.ok;
}
