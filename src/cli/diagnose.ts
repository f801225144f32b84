import { basename, resolve } from 'node:path';
import { attend } from '../ambulance/attend.ts';
import { diagnosisJson, diagnosisText } from '../report/diagnosis.ts';
import { tooLittleJudged } from '../report/judged.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { shippedLibrary } from '../runner/library.ts';
import { withEarlier } from '../targets/core/earlier.ts';
import { openMachine } from '../targets/core/open.ts';
import type { Invocation } from './invocation.ts';

/** What the machine in a dump is called where nobody gave it a name. */
const NAME = 'dump';
const AMBULANCE = 'siren';

/**
 * `siren diagnose FILE [--booted EARLIER]`: a dump, without a spec. 0: nothing is wrong with it; 1: something is; 3:
 * it, or most of it, cannot be read.
 */
export async function diagnoseCommand(
  file: string,
  options: Record<string, unknown>,
  { around, version }: Invocation,
): Promise<number> {
  const opened = openMachine(resolve(around.cwd, file), NAME);
  if (typeof opened === 'string') {
    around.error(`siren: ${file}: ${opened}\n`);
    return EXIT.usage;
  }
  const before = options['booted'] as string | undefined;
  const earlier = before === undefined ? undefined : openMachine(resolve(around.cwd, before), NAME);
  try {
    const known = typeof earlier === 'object' ? withEarlier(opened, earlier) : earlier;
    if (typeof known === 'string') {
      around.error(`siren: ${before}: ${known}\n`);
      return EXIT.usage;
    }
    const patient = known ?? opened.patient;
    const { format, release, held_bytes: memory_bytes } = opened;
    const seen = attend(patient, { ambulance: AMBULANCE, library: await shippedLibrary() });
    const { processors } = seen;
    // Pages are unpacked when they are asked for.
    const { shortcomings } = opened;
    const cpus = seen.cpus.map((one, index) => ({ ...one, rip: processors[index]?.register('rip') ?? 0n }));
    const of = {
      file: basename(file),
      format,
      release,
      shortcomings,
      memory_bytes,
      cpu_count: processors.length,
      ...seen,
      cpus,
    };
    around.out(options['json'] === true ? diagnosisJson(of, version) : diagnosisText(of, around.colors));
    if (seen.report.health !== 'healthy') return EXIT.failed;
    return seen.closed !== undefined || tooLittleJudged(seen.report.verdicts) ? EXIT.usage : EXIT.ok;
  } finally {
    if (typeof earlier === 'object') earlier.close();
    opened.close();
  }
}
