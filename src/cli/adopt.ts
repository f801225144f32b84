import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { attend } from '../ambulance/attend.ts';
import { format } from '../language/format/format.ts';
import { FINDINGS } from '../model/findings.ts';
import { adoptedSpec } from '../report/adopted.ts';
import { CONFIG_FILE } from '../runner/config.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { shellWord } from '../runner/identity.ts';
import { shippedLibrary } from '../runner/library.ts';
import { isInside } from '../runner/project.ts';
import { sha256Of } from '../targets/core/digest.ts';
import { openMachine } from '../targets/core/open.ts';
import { placesByName } from './adopt-places.ts';
import type { Invocation } from './invocation.ts';
import { counted } from './print.ts';
import { written } from './write.ts';

/** What the machine in an adopted dump is called. */
const NAME = 'dump';
const AMBULANCE = 'rescue';

/**
 * `siren adopt FILE`: writes the spec, beside the dump, that freezes what is found in it. 3: it cannot be read, or
 * there is a spec already.
 */
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
  if (!existsSync(path)) return fail(`${file}: there is no such file`);
  const root = projectOf(around.cwd, spec, path);
  if (root === undefined)
    return fail(
      `${file} is in no project: no siren.yaml is above it, and it is not below the current folder. Copy it into the project, or put a siren.yaml beside it`,
    );
  if (!isInside(path, root))
    return fail(
      `${file} is outside of the project ${root}, and a spec names no file outside: copy it there, or write the spec beside it`,
    );
  if (existsSync(spec) && options['force'] !== true)
    return fail(`${relative(around.cwd, spec)} is there already: --force writes it anew`);
  const seen = relative(dirname(spec), path).replaceAll('\\', '/');
  if (!/^[\w ./@+=,-]+$/.test(seen))
    return fail(`a spec cannot name ${file}: its name has characters that need escapes`);
  const opened = openMachine(path, NAME);
  if (typeof opened === 'string') return fail(`${file}: ${opened}`);
  try {
    const sha256 = sha256Of(path);
    if (sha256 === undefined) return fail(`${file}: it cannot be read to its end`);
    const library = await shippedLibrary();
    const { report, closed } = attend(opened.patient, { ambulance: AMBULANCE, library });
    const named = placesByName(opened, report, library);
    const text = adoptedSpec({
      file: seen,
      sha256,
      release: opened.release,
      siren: version,
      report,
      name: basename(path),
      leads_to: (code) => FINDINGS.get(code)?.leads_to,
      named,
    });
    const failed = await written(spec, format(spec, text).value ?? text, relative(around.cwd, spec), around);
    if (failed !== undefined) return failed;
    const corrupt = report.verdicts.filter(({ verdict }) => verdict === 'corrupt').length;
    const blind = closed === undefined ? '' : `; its kernel could not be opened: ${closed}`;
    const near = relative(around.cwd, spec);
    around.out(
      `${near}: ${counted(report.verdicts.length, 'verdict')}, ${corrupt} corrupt, ${counted(report.findings.length, 'finding')}${blind}\n`,
    );
    around.out(`to run it: npx siren run ${shellWord(near)} --target core\n`);
    return EXIT.ok;
  } finally {
    opened.close();
  }
}

/** The project that the spec will be of, as `siren run` would find it; undefined where it would be one by chance. */
function projectOf(cwd: string, spec: string, dump: string): string | undefined {
  for (let folder = dirname(spec); ; folder = dirname(folder)) {
    if (existsSync(join(folder, CONFIG_FILE))) return folder;
    if (dirname(folder) === folder) break;
  }
  return isInside(spec, cwd) || isInside(dump, cwd) ? cwd : undefined;
}

/** `4711.vmcore` becomes `4711.spec`. */
function besides(path: string): string {
  return join(dirname(path), `${basename(path).replace(/\.[^.]+$/, '')}.spec`);
}
