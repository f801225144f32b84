import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { type Colors, consoleReporter, type ConsoleOptions } from '../../src/report/console.ts';
import { fit } from '../../src/report/status-line.ts';
import type { Receipt } from '../../src/record/record.ts';
import type { Diagnostic } from '../../src/text/diagnostic.ts';
import { failedOutcome, oneOfEach, outcome, record, report } from '../support/outcomes.ts';
import { feed, streamOf } from '../support/run-stream.ts';
import { diagnosticAt, scenarioNamed } from '../support/spec-fixture.ts';

const { createColors } = createRequire(import.meta.url)('picocolors') as {
  createColors: (on: boolean) => Colors;
};

async function printed(
  judged: Parameters<typeof streamOf>[0],
  options: Partial<ConsoleOptions> = {},
  stream: Parameters<typeof streamOf>[1] = {},
): Promise<string> {
  const pieces: string[] = [];
  const reporter = consoleReporter({
    write: (text) => pieces.push(text),
    colors: createColors(false),
    tty: false,
    clock: () => 0,
    ...options,
  });
  await feed(reporter, streamOf(judged, stream));
  return pieces.join('');
}

describe('the console', () => {
  it('without a terminal writes plain lines: what failed, each file with its counts, then the details', async () => {
    const text = await printed(oneOfEach());
    expect(text).toMatch(
      /^FAILED specs\/structures\/lists\.spec:8 {2}smashed task link \[seed 1\] {2}hypervisor web is failing by heartbeat within 3 \* web\.kernel\.heartbeat of smash\.activated: expected within 15 ms/,
    );
    expect(text).toContain('\nspecs/structures/lists.spec  1 failed, 1 errored, 2 passed\n');
    expect(text).toContain('\nspecs/real/qemu.spec  1 xpassed, 1 xfailed, 1 inconclusive, 1 skipped\n');
    expect(text).toMatch(
      /\n1 failed, 1 errored, 1 xpassed, 2 passed, 1 xfailed, 1 inconclusive, 1 skipped {2}8 runs of 7 scenarios in 1\.23 s\n$/,
    );
    expect(text).not.toContain('\r');
    expect(text).not.toContain('\u001b');
  });

  it('shows the claim and the fault with carets, the virtual time, and the command that replays it', async () => {
    const text = await printed(oneOfEach());
    expect(text).toContain('hypervisor web is failing by heartbeat within 3 * web.kernel.heartbeat');
    expect(text).toMatch(/\^+ expected within 15 ms of smash/);
    expect(text).toMatch(/\^+ the fault, fired at 40 ms/);
    expect(text).toContain('happened at 92.59 ms, 31.4 ms after');
    expect(text).toContain("seed 1; to replay: npx siren run 'specs/structures/lists.spec:8' --seed 1");
  });

  it('on a terminal keeps one line alive and always takes it back before it writes another', async () => {
    const text = await printed(oneOfEach(), { tty: true, columns: 60 });
    const erase = '\r\u001b[2K';
    for (const part of text.split(erase).slice(1)) {
      // What stands behind an erasure is either a live line (no line feed yet) or whole lines.
      if (!part.includes('\n')) expect(part.length).toBeLessThan(60);
      else expect(part.endsWith('\n')).toBe(true);
    }
    expect(text).toContain(`${erase}1/8, 1 failed, 0.0 s: smashed task link`);
  });

  it('does not draw faster than eyes can see', async () => {
    const judged = Array.from({ length: 500 }, (_, index) => {
      const scenario = scenarioNamed(`number ${index}`);
      return { scenario, outcome: outcome(scenario, 'passed') };
    });
    let now = 0;
    const text = await printed(judged, { tty: true, clock: () => (now += 1) });
    expect(text.split('\r').length).toBeLessThan(30);
  });

  it('lets no control character, colour or direction mark of a spec or a guest through', async () => {
    const nasty = 'bad \u001b[2J\u0007 \u202e ##[group] \r\n::error::forged \u009b1m';
    const scenario = scenarioNamed(nasty, { file: `specs/${nasty}.spec` });
    const failed = failedOutcome(scenario);
    const hostile = {
      ...failed,
      reason: nasty,
      replay: nasty,
      claims: failed.claims.map((claim) => ({
        ...claim,
        diagnostic: diagnosticAt('E0900', nasty, ['run 400 ms', nasty]),
      })),
    };
    const text = await printed([{ scenario, outcome: hostile }], { verbose: true });
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(text).not.toContain('##[');
    expect(text).not.toMatch(/^\s*::/m);
    expect(text).toContain('\\x1b[2J');
  });

  it('shows twenty failures in full and names the others', async () => {
    const judged = Array.from({ length: 25 }, (_, index) => {
      const scenario = scenarioNamed(`number ${index}`);
      return { scenario, outcome: failedOutcome(scenario) };
    });
    const text = await printed(judged);
    expect(text.split('to replay:')).toHaveLength(21);
    expect(text).toContain(
      '5 more, in full in report.html:\nFAILED specs/structures/lists.spec:8  number 20\n',
    );
  });

  it('names the slowest, and only when they are slow', async () => {
    const text = await printed(oneOfEach(), {}, { wall_ms: 1100 });
    expect(text.match(/slow: 1\.10 s/g)).toHaveLength(3);
    expect(await printed(oneOfEach(), {}, { wall_ms: 900 })).not.toContain('slow:');
  });

  it('colours only when it is told to', async () => {
    expect(await printed(oneOfEach(), { colors: createColors(true) })).toContain('\u001b[31mFAILED');
  });

  it('prints what the compiler said, warnings too', async () => {
    const text = await printed(
      [],
      {},
      { diagnostics: [diagnosticAt('E0312', 'two owners', ['run 400 ms', 'here'])] },
    );
    expect(text).toContain('error[E0312]: two owners');
    expect(text).toContain('nothing ran, 1 spec error');
  });

  it('says once for each file what a rescue noted, and of a failing run among its details', async () => {
    const noted = record({
      reports: [{ ...report(), notes: ['list_head has 8 bytes, in the guest 16', 'two\u001b[31m\nlines'] }],
    });
    const [one, two] = [scenarioNamed('one'), scenarioNamed('two')];
    const passed = await printed(
      [one, two].map((scenario) => ({ scenario, outcome: outcome(scenario, 'passed', { record: noted }) })),
    );
    expect(passed.match(/^noted .*$/gm)).toEqual([
      expect.stringMatching(/ one {2}list_head has 8 bytes, in the guest 16; two/),
    ]);
    expect(passed).not.toContain('\u001b');
    const failed = await printed([{ scenario: one, outcome: { ...failedOutcome(one), record: noted } }]);
    expect(failed).toMatch(/^ +note of rescue: list_head has 8 bytes, in the guest 16$/m);
    expect(failed).not.toMatch(/^noted/m);
  });

  it('counts specs that do not compile in its last line, warnings not', async () => {
    const error = diagnosticAt('E0312', 'two owners', ['run 400 ms', 'here']);
    const warning = { ...error, severity: 'warning' as const };
    const last = async (...diagnostics: (typeof error)[]): Promise<string> =>
      (await printed(oneOfEach(), {}, { diagnostics })).trimEnd().split('\n').at(-1) ?? '';
    expect(await last(error, warning)).toContain('1 skipped, 1 spec error  8 runs');
    expect(await last(error, error)).toContain(', 2 spec errors');
    expect(await last(warning)).not.toContain('spec error');
  });

  it('says first of an unexpected pass that it passes, and the reason of the mark behind it', async () => {
    const text = await printed(oneOfEach());
    expect(text).toMatch(
      /XPASSED .*mended since {2}passes, though marked xfail: "expected to fail \(issue 12\)/,
    );
  });

  it('says once for each failing run what its fault was and how to replay it, and no place that is none', async () => {
    const scenario = scenarioNamed('smashed task link');
    const failed = failedOutcome(scenario);
    const again = (one: Diagnostic): Diagnostic => ({ ...one, help: `replay: ${failed.replay}` });
    const claims = failed.claims.map((claim) =>
      claim.diagnostic === undefined ? claim : { ...claim, diagnostic: again(claim.diagnostic) },
    );
    const nowhere = { ...report(), diagnosis: report().diagnosis.map((one) => ({ ...one, place: '' })) };
    const run = record({ reports: [nowhere] });
    const text = await printed([
      { scenario, outcome: { ...failed, claims, complaints: failed.complaints.map(again), record: run } },
    ]);
    expect(text.match(/the fault, fired at 40 ms/g)).toHaveLength(1);
    expect(text.match(/replay: /g)).toHaveLength(1);
    expect(text).toContain('failing, wild_pointer (attached');
  });

  it('names a fault that struck again and again once, with how often and until when', async () => {
    const scenario = scenarioNamed('smashed task link');
    const [smash, reap] = record().receipts as [Receipt, Receipt];
    const again = [60, 80, 100].map((ms) => ({ ...smash, fired_ns: ms * 1_000_000 }));
    const run = record({ receipts: [smash, reap, ...again] });
    const text = await printed([{ scenario, outcome: { ...failedOutcome(scenario), record: run } }]);
    expect(text.match(/fault smash \(set\)/g)).toHaveLength(1);
    expect(text).toContain('fired at 40 ms, activated at 61.19 ms, and 3 more times until 100 ms');
  });

  it('cuts the line that names a failure to the terminal, or to 200 characters', async () => {
    const scenario = scenarioNamed('long');
    const judged = [{ scenario, outcome: { ...failedOutcome(scenario), reason: 'x'.repeat(500) } }];
    const first = (text: string): string => /FAILED.*$/m.exec(text)?.[0] ?? '';
    expect(first(await printed(judged)).length).toBe(200);
    expect(first(await printed(judged, { tty: true, columns: 120 })).length).toBe(120);
  });
});

describe('a live line', () => {
  it('is cut to the width of the terminal, wide characters counted twice', () => {
    expect(fit('abc', 3)).toBe('abc');
    expect(fit('abcd', 3)).toBe('ab…');
    expect(fit('日本語', 4)).toBe('日…');
    expect(fit('日本', 4)).toBe('日本');
    expect(fit('abc', 0)).toBe('');
  });
});
