import type { Environment, Reporter, RunnerEvent } from '../runner/events.ts';
import { writeAtomically } from './file.ts';
import type { DiagnosticResult, EnvironmentResult } from './results.ts';
import { detailOf, diagnosticResult, runResult } from './run-result.ts';
import { type Sources, sourcesOf } from './sources.ts';
import { Tally } from './tally.ts';

export interface JsonOptions {
  /** Where results.json goes. */
  readonly path: string;
  /** Siren's own version. */
  readonly version: string;
}

/** results.json: one run a line, each turned to text as it arrives so that records need not be kept. */
export function jsonReporter(options: JsonOptions): Reporter {
  const lines: string[] = [];
  const wall: number[] = [];
  const tally = new Tally();
  let sources: Sources = () => undefined;
  let files: readonly string[] = [];
  let diagnostics: readonly DiagnosticResult[] = [];
  let target = 'sim';
  let seed: number | undefined;
  let end: { environment: Environment; exit_code: number; bailed: boolean; interrupted?: true } | undefined;

  const event = (event: RunnerEvent): void => {
    switch (event.type) {
      case 'compiled':
        sources = sourcesOf(event.sources);
        files = event.files;
        diagnostics = event.diagnostics.map((diagnostic) => diagnosticResult(diagnostic, sources));
        break;
      case 'started':
        target = event.target;
        seed = event.seed_override;
        break;
      case 'outcome':
        tally.add(event.job, event.outcome);
        wall.push(event.wall_ms);
        lines.push(JSON.stringify(runResult(event.job, event.outcome, sources, detailOf(event.outcome))));
        break;
      case 'finished':
        end = event;
        break;
      case 'progress':
        break;
    }
  };

  function* text(): Generator<string> {
    const head = {
      format: 'siren-results',
      version: 3,
      siren: options.version,
      target,
      ...(seed === undefined ? {} : { seed_override: seed }),
      exit_code: end?.exit_code ?? 4,
      bailed: end?.bailed ?? true,
      ...(end?.interrupted === true ? { interrupted: true } : {}),
      summary: tally.summary(),
      files,
      diagnostics,
    };
    yield `${JSON.stringify(head, null, 1).slice(0, -2)},\n "runs": [`;
    for (const [index, line] of lines.entries()) yield `${index === 0 ? '' : ','}\n${line}`;
    yield `${lines.length === 0 ? '' : '\n '}],\n "environment": ${JSON.stringify(environmentResult(end?.environment, wall))}\n}\n`;
  }

  return { name: 'json', event, finish: () => writeAtomically(options.path, text()) };
}

function environmentResult(environment: Environment | undefined, wall: readonly number[]): EnvironmentResult {
  return {
    date: environment?.date ?? '',
    node: environment?.node ?? '',
    platform: environment?.platform ?? '',
    workers: environment?.workers ?? 0,
    wall_ms: environment?.wall_ms ?? 0,
    runs_wall_ms: wall.map((ms) => Math.round(ms * 1000) / 1000),
  };
}
