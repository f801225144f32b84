import { EXIT } from '../runner/exit-codes.ts';
import { compileSpecs } from '../runner/specs.ts';
import { Source } from '../text/source.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { askedSpecs } from './asked.ts';
import type { Invocation } from './invocation.ts';
import { counted, printDiagnostics } from './print.ts';

/** `siren check [paths]`: diagnostics, and a line that says how many. */
export async function checkCommand(
  paths: readonly string[],
  options: Record<string, unknown>,
  invocation: Invocation,
): Promise<number> {
  const { around } = invocation;
  const found = await askedSpecs(paths, options, invocation);
  const specs = await compileSpecs(found);
  const { usage } = found;
  const { sources } = specs;
  const diagnostics = [...usage, ...specs.diagnostics];
  if (options['json'] === true) {
    around.out(
      `${JSON.stringify(
        diagnostics.map((one) => plain(one, sources)),
        null,
        1,
      )}\n`,
    );
  } else {
    printDiagnostics(diagnostics, sources, around);
  }
  if (usage.length > 0) return EXIT.usage;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const what = `${counted(specs.files.length, 'file')}, ${counted(specs.scenarios.length, 'scenario')}`;
  const said = `${counted(errors, 'error')}${warnings === 0 ? '' : `, ${counted(warnings, 'warning')}`}`;
  around.error(`${what}: ${said}\n`);
  if (errors > 0) return EXIT.spec;
  return specs.files.length === 0 ? EXIT.empty : EXIT.ok;
}

/** A diagnostic with lines and columns beside its offsets. */
function plain(diagnostic: Diagnostic, sources: ReadonlyMap<string, string>): unknown {
  const { labels, ...rest } = diagnostic;
  const placed = labels.map(({ span, text }) => {
    const source = sources.get(span.file);
    const position = source === undefined ? {} : new Source(span.file, source).position(span.start);
    return { ...span, ...position, text };
  });
  return { ...rest, labels: placed };
}
