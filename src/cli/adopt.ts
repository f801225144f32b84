import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { attend } from '../ambulance/attend.ts';
import { format } from '../language/format/format.ts';
import { FINDINGS } from '../model/findings.ts';
import { adoptedSpec } from '../report/adopted.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { shippedLibrary } from '../runner/library.ts';
import { sha256Of } from '../targets/core/digest.ts';
import { openMachine } from '../targets/core/open.ts';
import type { Invocation } from './invocation.ts';
import { written } from './write.ts';

/** What the machine in an adopted dump is called. */
const NAME = 'dump';
const AMBULANCE = 'rescue';

/** `siren adopt FILE`: writes the spec, beside the dump, that freezes what is found in it. 3: it cannot be read, or there is a spec already. */
export async function adoptCommand(
  file: string,
  options: Record<string, unknown>,
  { around, version }: Invocation,
): Promise<number> {
  const path = resolve(around.cwd, file);
  const spec = resolve(around.cwd, (options['out'] as string | undefined) ?? besides(path));
  const fail = (why: string): number => {
    around.error(`siren: ${why}\n`);
    return EXIT.usage;
  };
  if (existsSync(spec) && options['force'] !== true) return fail(`${relative(around.cwd, spec)} is there already: --force writes it anew`); // prettier-ignore
  const seen = relative(dirname(spec), path).replaceAll('\\', '/');
  if (!/^[\w ./@+=,-]+$/.test(seen)) return fail(`a spec cannot name ${file}: its name has characters that need escapes`); // prettier-ignore
  const opened = openMachine(path, NAME);
  if (typeof opened === 'string') return fail(`${file}: ${opened}`);
  try {
    const sha256 = sha256Of(path);
    if (sha256 === undefined) return fail(`${file}: it cannot be read to its end`);
    const { report, closed } = attend(opened.patient, { ambulance: AMBULANCE, library: await shippedLibrary() });
    const text = adoptedSpec({ file: seen, sha256, release: opened.release, siren: version, report, name: basename(path), leads_to: (code) => FINDINGS.get(code)?.leads_to });
    const failed = await written(spec, format(spec, text).value ?? text, relative(around.cwd, spec), around);
    if (failed !== undefined) return failed;
    const corrupt = report.verdicts.filter(({ verdict }) => verdict === 'corrupt').length;
    const blind = closed === undefined ? '' : `; its kernel could not be opened: ${closed}`;
    around.out(`${relative(around.cwd, spec)}: ${report.verdicts.length} verdicts, ${corrupt} corrupt, ${report.findings.length} findings${blind}\n`);
    return EXIT.ok;
  } finally {
    opened.close();
  }
} // prettier-ignore

/** `4711.vmcore` becomes `4711.spec`. */
function besides(path: string): string {
  return join(dirname(path), `${basename(path).replace(/\.[^.]+$/, '')}.spec`);
}
