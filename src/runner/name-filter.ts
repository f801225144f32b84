import type { Checked } from '../text/diagnostic.ts';
import type { Span } from '../text/span.ts';
import { usageProblem } from './command-line.ts';

/** Wall time for all names together: ten thousand names take a few milliseconds. */
const LIMIT_MS = 2000;

/**
 * The indices of the names in which `pattern` is found. It runs in a context of its own that can be interrupted,
 * because a pattern like `(a+)+$` may take longer than anybody lives.
 */
export async function filterNames(
  names: readonly string[],
  pattern: string,
  at: Span,
): Promise<Checked<ReadonlySet<number>>> {
  try {
    new RegExp(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /s, '') : '';
    const message = `the filter is no regular expression: ${why}`;
    return { value: new Set(), diagnostics: [usageProblem('E0822', message, at, 'this one')] };
  }
  const vm = await import('node:vm');
  const search = `names.split('\\0').flatMap((name, index) => new RegExp(pattern).test(name) ? [index] : []).join()`;
  try {
    // Only text goes in and out: no object of this context can be reached from the other.
    const context = { names: names.join('\0'), pattern };
    const found: unknown = vm.runInNewContext(search, context, { timeout: LIMIT_MS });
    return { value: new Set(String(found).split(',').filter(Boolean).map(Number)), diagnostics: [] };
  } catch {
    const message = `the filter did not finish within ${LIMIT_MS / 1000} s`;
    const help = 'avoid a repetition inside a repetition, as in `(a+)+`';
    return { value: new Set(), diagnostics: [usageProblem('E0823', message, at, 'this one', help)] };
  }
}
