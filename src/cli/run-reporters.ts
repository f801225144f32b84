import { relative, resolve } from 'node:path';
import type { Reporter } from '../runner/events.ts';
import type { ReporterName } from '../runner/config.ts';
import type { Invocation } from './invocation.ts';
import type { RunSettings } from './run-settings.ts';
import type { OptionReader } from './select-options.ts';

const REPORT_FILES: Readonly<Record<ReporterName, string>> = {
  html: 'report.html',
  json: 'results.json',
  junit: 'junit.xml',
};

/**
 * The console, the files that are wanted, and GitHub's annotations where they are read. Each is loaded when it is
 * wanted.
 */
export async function makeReporters(
  settings: RunSettings,
  reader: OptionReader,
  { around, version }: Invocation,
  write: (text: string) => void,
): Promise<readonly Reporter[]> {
  const { colors, columns, github, summary_path } = around;
  const { consoleReporter } = await import('../report/console.ts');
  const tty = around.tty && !reader.flag('quiet');
  const clock = (): number => performance.now();
  const reporters = [
    consoleReporter({ write, colors, tty, columns, verbose: reader.flag('verbose'), clock }),
  ];
  for (const name of settings.reporters) {
    const path = resolve(settings.reports, REPORT_FILES[name]);
    if (name === 'json') {
      const { jsonReporter } = await import('../report/json.ts');
      reporters.push(jsonReporter({ path, version }));
    } else if (name === 'junit') {
      const { junitReporter } = await import('../report/junit.ts');
      reporters.push(junitReporter({ path }));
    } else {
      const { htmlReporter } = await import('../report/html/reporter.ts');
      reporters.push(htmlReporter({ path, version }));
    }
  }
  if (github) {
    const { annotationsReporter } = await import('../report/annotations.ts');
    reporters.push(
      annotationsReporter({ write: around.out, ...(summary_path === undefined ? {} : { summary_path }) }),
    );
  }
  return reporters;
}

/** One line that names the files. */
export function whereReports(settings: RunSettings, written: readonly ReporterName[], cwd: string): string {
  const files = written.map((name) => {
    const path = resolve(settings.reports, REPORT_FILES[name]);
    const near = relative(cwd, path);
    return near.startsWith('..') ? path : near;
  });
  return `reports: ${files.join('  ')}\n`;
}
