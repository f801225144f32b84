import { resolve } from 'node:path';
import { readResults, ResultsError } from '../report/compare/read.ts';
import { compareResults, comparisonExit, type FailOn } from '../report/compare/compare.ts';
import { comparisonMarkdown, comparisonText } from '../report/compare/render.ts';
import { oneLine } from '../report/escape.ts';
import { ReportWriteError, writeAtomically } from '../report/file.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { resultsText } from './results-file.ts';
import type { Surroundings } from './surroundings.ts';

const POLICIES: readonly FailOn[] = ['none', 'new', 'any-change'];

/**
 * `siren compare BASE HEAD [--fail-on new|any-change] [--markdown FILE]`: what two results.json differ in. Resolves
 * with 0; 1 when `--fail-on` says so; 3 for a file that is no results.json or an unknown policy; 4 when the Markdown
 * cannot be written.
 */
export async function compareCommand(
  base: string,
  head: string,
  options: Record<string, unknown>,
  around: Pick<Surroundings, 'cwd' | 'out' | 'error' | 'colors'>,
): Promise<number> {
  const failOn = POLICIES.find((policy) => policy === (options['failOn'] ?? 'none'));
  if (failOn === undefined) {
    around.error(
      `siren compare: --fail-on takes ${POLICIES.join(', ')}, not ${oneLine(String(options['failOn']))}\n`,
    );
    return EXIT.usage;
  }
  const { markdown } = options;
  const into = typeof markdown === 'string' ? resolve(around.cwd, markdown) : undefined;
  if (into !== undefined && [base, head].some((file) => resolve(around.cwd, file) === into)) {
    around.error(
      `siren compare: ${oneLine(String(markdown))}: --markdown would overwrite what is compared\n`,
    );
    return EXIT.usage;
  }
  try {
    const comparison = compareResults(
      readResults(await resultsText(resolve(around.cwd, base), base), base),
      readResults(await resultsText(resolve(around.cwd, head), head), head),
    );
    around.out(comparisonText(comparison, around.colors));
    if (into !== undefined) await writeAtomically(into, comparisonMarkdown(comparison));
    return comparisonExit(comparison, failOn);
  } catch (error) {
    if (!(error instanceof ResultsError) && !(error instanceof ReportWriteError)) throw error;
    around.error(`siren compare: ${error.message}\n`);
    return error instanceof ResultsError ? EXIT.usage : EXIT.harness;
  }
}
