import { resolve } from 'node:path';
import { EXIT } from '../runner/exit-codes.ts';
import { fileHost } from '../runner/files.ts';
import { askedSpecs, cannotBegin } from './asked.ts';
import type { Invocation } from './invocation.ts';
import { counted, printDiagnostics } from './print.ts';
import type { Surroundings } from './surroundings.ts';
import { written } from './write.ts';

/**
 * `siren format [paths]`: rewrites specs in their one form. `--check` says which are not in it and changes nothing,
 * `--diff` shows how they would change. A file that does not parse is left alone, with its diagnostics.
 */
export async function formatCommand(
  paths: readonly string[],
  options: Record<string, unknown>,
  invocation: Invocation,
): Promise<number> {
  const { around } = invocation;
  const found = await askedSpecs(paths, options, invocation);
  const refused = cannotBegin(found, invocation);
  if (refused !== undefined) return refused;
  const { project, discovery } = found;
  const { formatFile } = await import('../language/format/format.ts');
  const host = fileHost(project.root);
  const keeps = options['check'] === true || options['diff'] === true;
  let [changed, broken] = [0, 0];
  for (const file of discovery.files) {
    const { value, source, diagnostics } = formatFile(file, host);
    if (value === undefined) {
      broken++;
      printDiagnostics(diagnostics, new Map([[file, source?.text ?? '']]), around);
      continue;
    }
    if (value === source?.text) continue;
    changed++;
    if (options['diff'] === true) await printDifference(file, source?.text ?? '', value, around);
    else around.out(`${file}\n`);
    if (keeps) continue;
    const failed = await written(resolve(project.root, file), value, file, around);
    if (failed !== undefined) return failed;
  }
  const would = keeps ? 'would be formatted' : 'formatted';
  const said = [
    ...(changed > 0 ? [`${changed} ${would}`] : broken === 0 ? ['all in form'] : []),
    ...(broken > 0 ? [`${broken} not understood`] : []),
    ...(changed === 0 && broken > 0 && broken < discovery.files.length ? ['the others in form'] : []),
  ];
  around.error(`${counted(discovery.files.length, 'file')}: ${said.join(', ')}\n`);
  if (broken > 0) return EXIT.spec;
  if (discovery.files.length === 0) return EXIT.empty;
  return options['check'] === true && changed > 0 ? EXIT.failed : EXIT.ok;
}

async function printDifference(
  file: string,
  before: string,
  after: string,
  { out, colors }: Surroundings,
): Promise<void> {
  const { createTwoFilesPatch } = await import('diff');
  const patch = createTwoFilesPatch(file, file, before, after, 'as it is', 'formatted', { context: 2 });
  for (const line of patch.split('\n').slice(1)) {
    if (line === '') continue;
    const paint = line.startsWith('+')
      ? colors.green
      : line.startsWith('-')
        ? colors.red
        : line.startsWith('@@')
          ? colors.cyan
          : String;
    out(`${paint(line)}\n`);
  }
}
