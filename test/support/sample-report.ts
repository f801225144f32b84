import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pc from 'picocolors';
import { NS_PER_MS, NS_PER_S } from '../../src/base/units.ts';
import { annotationsReporter } from '../../src/report/annotations.ts';
import { consoleReporter } from '../../src/report/console.ts';
import { htmlReporter } from '../../src/report/html/reporter.ts';
import { jsonReporter } from '../../src/report/json.ts';
import { junitReporter } from '../../src/report/junit.ts';
import { failedOutcome, oneOfEach, outcome, record } from './outcomes.ts';
import { feed, type Judged, streamOf } from './run-stream.ts';
import { scenarioNamed, SHARED } from './spec-fixture.ts';

/** One of each status, the same on a crowded machine, a very long run, a hostile one, and `extra` that pass. */
export function sampleRuns(extra: number): readonly Judged[] {
  const crowded = scenarioNamed('three guests in slots on two CPUs', { topology: SHARED, line: 90 });
  const long = scenarioNamed('a soft lock-up takes twenty seconds to be noticed', {
    line: 120,
    duration_ns: 30 * NS_PER_S,
    file: 'specs/faults/lockup.spec',
  });
  const beats = Array.from({ length: 2600 }, (_, index) => ({
    time_ns: index * 5 * NS_PER_MS,
    subject: 'web',
    kind: 'heartbeat',
    detail: {},
  }));
  const stall = {
    time_ns: 22.4 * NS_PER_S,
    subject: 'web',
    kind: 'stall',
    detail: { sign: 'soft_lockup', cpu: 0 },
  };
  const hostile = scenarioNamed('</script><img src=x onerror=alert(1)> \u202egnp.exe \u001b[31m', {
    line: 150,
  });
  return [
    ...oneOfEach(),
    { scenario: crowded, outcome: failedOutcome(crowded) },
    {
      scenario: long,
      outcome: outcome(long, 'passed', {
        record: record({ duration_ns: 30 * NS_PER_S, events: [...beats, stall] }),
      }),
    },
    { scenario: hostile, outcome: { ...failedOutcome(hostile), reason: '<b>bold</b> & "quoted"' } },
    ...Array.from({ length: extra }, (_, index) => {
      const scenario = scenarioNamed(`bit ${index} of a run queue`, {
        file: `specs/flips/${index % 40}.spec`,
      });
      return { scenario, outcome: outcome(scenario, 'passed') };
    }),
  ];
}

export async function writeSample(folder: string, extra: number): Promise<void> {
  const printed: string[] = [];
  const write = (text: string): number => printed.push(text);
  const version = '0.1.0';
  const reporters = [
    consoleReporter({ write, colors: pc.createColors(true), tty: false, clock: () => 0 }),
    junitReporter({ path: join(folder, 'junit.xml') }),
    jsonReporter({ path: join(folder, 'results.json'), version }),
    htmlReporter({ path: join(folder, 'report.html'), version }),
    annotationsReporter({ write, summary_path: join(folder, 'summary.md') }),
  ];
  const events = [...streamOf(sampleRuns(extra))];
  for (const reporter of reporters) {
    const start = performance.now();
    await feed(reporter, events);
    console.log(`${reporter.name}: ${(performance.now() - start).toFixed(0)} ms`);
  }
  writeFileSync(join(folder, 'console.txt'), printed.join(''));
}
