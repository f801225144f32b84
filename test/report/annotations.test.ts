import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../support/folders.ts';
import { annotationsReporter } from '../../src/report/annotations.ts';
import { ReportWriteError } from '../../src/report/file.ts';
import { failedOutcome, oneOfEach } from '../support/outcomes.ts';
import { feed, streamOf } from '../support/run-stream.ts';
import { diagnosticAt, scenarioNamed } from '../support/spec-fixture.ts';

const fresh = temporaryFolders('summary');

async function log(...args: Parameters<typeof streamOf>): Promise<string[]> {
  const lines: string[] = [];
  await feed(annotationsReporter({ write: (text) => lines.push(text) }), streamOf(...args));
  return lines;
}

describe('annotations for GitHub Actions', () => {
  it('point at the claim that failed, and give the replay', async () => {
    const [first] = await log(oneOfEach());
    expect(first).toMatch(
      /^::error file=specs\/structures\/lists\.spec,line=19,col=5,title=failed%3A smashed task link \[seed 1\]::/,
    );
    expect(first).toContain('%0Ato replay: npx siren run');
    expect(first?.trimEnd()).not.toMatch(/\n/);
  });

  it('are ten of a kind at most, and the tenth says how many are left', async () => {
    const judged = Array.from({ length: 14 }, (_, index) => {
      const scenario = scenarioNamed(`number ${index}`);
      return { scenario, outcome: failedOutcome(scenario) };
    });
    const lines = await log(judged);
    expect(lines).toHaveLength(10);
    expect(lines[9]).toBe('::error title=Siren::5 more, in the job summary and the reports\n');
    const ten = await log(judged.slice(0, 10));
    expect(ten).toHaveLength(10);
    expect(ten[9]).toContain('number 9');
  });

  it('put specs that do not compile first', async () => {
    const lines = await log(oneOfEach(), {
      diagnostics: [diagnosticAt('E0312', 'two owners', ['run 400 ms', 'here'])],
    });
    expect(lines[0]).toContain('line=11,col=3,title=E0312::two owners%0Ahelp: ');
  });

  it('cannot be forged by a name or a message', async () => {
    const scenario = scenarioNamed('a,file=b::c\r\n::warning::%0A');
    const outcome = { ...failedOutcome(scenario), reason: 'x\n::set-output name=a::b\r##[add-mask]z 100%' };
    const lines = await log([{ scenario, outcome }]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(String.raw`title=failed%3A a%2Cfile=b%3A%3Ac\r\n%3A%3Awarning%3A%3A%250A::`);
    expect(lines[0]?.trimEnd().includes('\n')).toBe(false);
    expect(lines[0]).not.toContain('##[');
    expect(lines[0]).toContain('100%25');
  });
});

describe('the job summary', () => {
  it('is added to what other steps wrote, and no spec can put markup into it', async () => {
    const folder = fresh();
    const summary_path = join(folder, 'summary.md');
    writeFileSync(summary_path, 'before\n');
    const scenario = scenarioNamed('<img src=x onerror=alert(1)> | @everyone `x`');
    const outcome = { ...failedOutcome(scenario), reason: '</details><script>```' };
    await feed(
      annotationsReporter({ write: () => undefined, summary_path }),
      streamOf([{ scenario, outcome }]),
    );
    const text = readFileSync(summary_path, 'utf8');
    expect(text.startsWith('before\n## Siren: not as expected\n')).toBe(true);
    expect(text).toContain('| runs | failed |');
    expect(text).not.toContain('<img');
    expect(text).not.toContain('@everyone');
    expect(text).toContain('````\n</details><script>```');
  });

  it('stays below what GitHub takes', async () => {
    const folder = fresh();
    const summary_path = join(folder, 'summary.md');
    const judged = Array.from({ length: 300 }, (_, index) => {
      const scenario = scenarioNamed(`number ${index}`);
      return { scenario, outcome: { ...failedOutcome(scenario), reason: 'long '.repeat(10_000) } };
    });
    await feed(annotationsReporter({ write: () => undefined, summary_path }), streamOf(judged));
    const text = readFileSync(summary_path, 'utf8');
    expect(text.length).toBeLessThan(1_000_000);
    expect(text).toMatch(/\d+ more failures are in the reports/);
  });

  it('that cannot be written is an error that names the file', async () => {
    const reporter = annotationsReporter({ write: () => undefined, summary_path: '/nowhere/at/all.md' });
    const failed = feed(reporter, streamOf([]));
    await expect(failed).rejects.toBeInstanceOf(ReportWriteError);
    await expect(failed).rejects.toThrow('/nowhere/at/all.md');
  });
});
