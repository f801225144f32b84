import type { RunOutcome } from '../record/outcome.ts';
import type { Environment, Job, Reporter, RunnerEvent } from '../runner/events.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { diagnosticText } from './diagnostic-text.ts';
import { oneLine } from './escape.ts';
import { failureLine, failureText, runName, witnessLines } from './failure-text.ts';
import { writeAtomically } from './file.ts';
import { type Sources, sourcesOf } from './sources.ts';
import { attribute, cdata } from './xml.ts';

export interface JunitOptions {
  /** Where junit.xml goes. */
  readonly path: string;
  /** `strict` leaves out `file` and `line`, which Jenkins' XSD does not allow. Default `rich`. */
  readonly flavour?: 'rich' | 'strict';
}

interface Suite {
  readonly file: string;
  readonly cases: string[];
  readonly names: Set<string>;
  failures: number;
  errors: number;
  skipped: number;
  time_ms: number;
}

/**
 * JUnit XML: a suite for each spec file, a case for each run, and a case for each file that does not compile.
 * `failure`: an expectation was not met; `error`: the spec or the harness is at fault. A skip, an xfail and an
 * inconclusive run are `skipped`, with the reason.
 */
export function junitReporter(options: JunitOptions): Reporter {
  const suites = new Map<string, Suite>();
  const rich = options.flavour !== 'strict';
  let sources: Sources = () => undefined;
  let environment: Environment | undefined;

  const suiteOf = (file: string): Suite => {
    const known = suites.get(file);
    if (known !== undefined) return known;
    const fresh: Suite = {
      file,
      cases: [],
      names: new Set(),
      failures: 0,
      errors: 0,
      skipped: 0,
      time_ms: 0,
    };
    suites.set(file, fresh);
    return fresh;
  };

  const add = (suite: Suite, name: string, line: number, wall_ms: number, body: string): void => {
    let unique = name;
    for (let again = 2; suite.names.has(unique); again++) unique = `${name} (${again})`;
    suite.names.add(unique);
    suite.time_ms += wall_ms;
    const where = rich ? ` file=${attribute(pathOf(suite.file))} line="${line}"` : '';
    suite.cases.push(
      `  <testcase classname=${attribute(className(suite.file))} name=${attribute(unique)}${where} time="${seconds(wall_ms)}">${body}</testcase>\n`,
    );
  };

  const addRun = (job: Job, outcome: RunOutcome, wall_ms: number): void => {
    const suite = suiteOf(job.scenario.file);
    const body = bodyOf(suite, job, outcome, sources);
    const said = `<system-out>${cdata(systemOut(outcome))}</system-out>`;
    add(suite, runName(job), job.scenario.line, wall_ms, body + said);
  };

  const addBroken = (diagnostics: readonly Diagnostic[]): void => {
    for (const [file, found] of byFile(diagnostics)) {
      const suite = suiteOf(file);
      suite.errors++;
      const first = found[0] as Diagnostic;
      const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
      const text = found.map((diagnostic) => diagnosticText(diagnostic, sources)).join('\n\n');
      const label = first.labels[0];
      const line = label === undefined ? 1 : (sources(file)?.position(label.span.start).line ?? 1);
      add(
        suite,
        'compiles',
        line,
        0,
        `<error message=${attribute(first.message + more)} type=${attribute(first.code)}>${cdata(text)}</error>`,
      );
    }
  };

  const event = (event: RunnerEvent): void => {
    if (event.type === 'compiled') {
      sources = sourcesOf(event.sources);
      addBroken(event.diagnostics);
    } else if (event.type === 'outcome') addRun(event.job, event.outcome, event.wall_ms);
    else if (event.type === 'finished') environment = event.environment;
  };

  return {
    name: 'junit',
    event,
    finish: () => writeAtomically(options.path, document([...suites.values()], environment)),
  };
}

function bodyOf(suite: Suite, job: Job, outcome: RunOutcome, sources: Sources): string {
  switch (outcome.status) {
    case 'passed':
      return '';
    case 'failed':
    case 'xpassed':
      suite.failures++;
      return `<failure message=${attribute(failureLine(outcome))} type="${outcome.status}">${cdata(failureText(job, outcome, sources))}</failure>`;
    case 'errored':
      suite.errors++;
      return `<error message=${attribute(failureLine(outcome))} type="errored">${cdata(failureText(job, outcome, sources))}</error>`;
    case 'skipped':
    case 'xfailed':
    case 'inconclusive': {
      suite.skipped++;
      const reason = `${outcome.status}: ${outcome.reason ?? 'no reason was given'}`;
      return `<skipped message=${attribute(reason)}>${cdata(reason)}</skipped>`;
    }
  }
}

/** What a reader wants next to a case: the seed's replay, the trace hash, and the last words of every guest. */
function systemOut(outcome: RunOutcome): string {
  const lines = [`replay: ${oneLine(outcome.replay)}`];
  if (outcome.record === undefined) return lines.join('\n');
  lines.push(`trace hash: ${outcome.record.trace_hash}`, ...witnessLines(outcome.record));
  for (const note of outcome.record.notes ?? []) lines.push(oneLine(`note: ${note}`));
  if (outcome.status === 'passed') return lines.join('\n');
  for (const partition of outcome.record.partitions) {
    for (const line of partition.console.slice(-20)) lines.push(oneLine(`${partition.name}: ${line}`));
  }
  return lines.join('\n');
}

function byFile(diagnostics: readonly Diagnostic[]): Map<string, Diagnostic[]> {
  const files = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    if (diagnostic.severity !== 'error') continue;
    const file = diagnostic.labels[0]?.span.file ?? 'siren';
    const found = files.get(file);
    if (found === undefined) files.set(file, [diagnostic]);
    else found.push(diagnostic);
  }
  return files;
}

/** `specs/structures/lists.spec` is `specs.structures.lists`: a dot in a report means a folder and nothing else. */
function className(file: string): string {
  const plain = pathOf(file).replace(/\.spec$/, '');
  return plain.replaceAll('.', '_').replaceAll('/', '.');
}

function pathOf(file: string): string {
  return file.replace(/^(\.\/)+/, '');
}

/** Seconds with at most three decimals, never an exponent. */
function seconds(ms: number): string {
  const safe = Number.isFinite(ms) && ms > 0 ? Math.min(ms, 1e12) : 0;
  return (Math.round(safe) / 1000).toString();
}

function* document(suites: readonly Suite[], environment: Environment | undefined): Generator<string> {
  const sum = (of: (suite: Suite) => number): number => suites.reduce((total, suite) => total + of(suite), 0);
  const counts = (tests: number, failures: number, errors: number, skipped: number, ms: number): string =>
    `tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds(ms)}"`;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<testsuites name="siren" ${counts(
    sum((suite) => suite.cases.length),
    sum((suite) => suite.failures),
    sum((suite) => suite.errors),
    sum((suite) => suite.skipped),
    sum((suite) => suite.time_ms),
  )}>\n`;
  const stamp = (environment?.date ?? '').slice(0, 19);
  for (const suite of suites) {
    const { cases, failures, errors, skipped, time_ms } = suite;
    const when = stamp === '' ? '' : ` timestamp=${attribute(stamp)}`;
    yield ` <testsuite name=${attribute(pathOf(suite.file))} ${counts(cases.length, failures, errors, skipped, time_ms)}${when}>\n`;
    yield* cases;
    yield ' </testsuite>\n';
  }
  yield '</testsuites>\n';
}
