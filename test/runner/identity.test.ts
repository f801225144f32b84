import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { replayCommand, runId, shellWord } from '../../src/runner/identity.ts';
import { scenarioNamed } from '../support/spec-fixture.ts';

const scenario = scenarioNamed("bit 3 of nginx's link", { file: 'specs/a b.spec', line: 12 });

it('a run is named by its scenario and its seed', () => {
  expect(runId({ index: 0, scenario, seed: 3 })).toBe("specs/a b.spec :: bit 3 of nginx's link seed 3");
});

it('the replay command names the line, and the row of a table', () => {
  const job = { index: 0, scenario, seed: 3 };
  expect(replayCommand(job, 'npx siren run')).toBe("npx siren run 'specs/a b.spec:12' --seed 3");
  expect(replayCommand({ ...job, row: true }, 'npx siren run')).toBe(
    String.raw`npx siren run 'specs/a b.spec:12' --name 'bit 3 of nginx'\''s link' --seed 3`,
  );
});

it.each(["it's", '$(id)', '`id`', 'a\\b', '"', 'a b', '*', '!x', 'é', ';', '', '-n'])(
  'a shell takes %j back as it was',
  (text) => {
    expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
  },
);
