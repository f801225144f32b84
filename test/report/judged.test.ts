import { expect, it } from 'vitest';
import type { Verdict } from '../../src/model/vocabulary.ts';
import { asFarAsJudged, tooLittleJudged } from '../../src/report/judged.ts';
import { verdict } from '../support/records.ts';

it('a health says how many structures could not be judged, and nothing where all could', () => {
  expect(asFarAsJudged([verdict('tasks'), verdict('locks', 'corrupt'), verdict('pids', 'unchecked')])).toBe(
    '',
  );
  expect(
    asFarAsJudged([
      verdict('tasks'),
      verdict('locks', 'unsettled'),
      verdict('pids', 'unreachable'),
      verdict('slabs', 'unreachable'),
    ]),
  ).toBe(', as far as it could be judged (2 unreachable, 1 unsettled)');
});

it('nothing follows where more could not be looked at than could, unless damage was found', () => {
  const of = (...verdicts: readonly (readonly [Verdict, string?])[]): boolean =>
    tooLittleJudged(
      verdicts.map(([verdict, code]) => ({ verdict, ...(code === undefined ? {} : { code }) })),
    );
  expect(of(['intact'], ['unreachable'])).toBe(false);
  expect(of(['intact'], ['unreachable'], ['unreachable'])).toBe(true);
  expect(of(['intact'], ['unchecked', 'NO_TYPE'], ['unchecked', 'NO_TYPE'])).toBe(true);
  expect(of(['intact'], ['unchecked', 'NO_LOCATOR'], ['unchecked', 'NO_LOCATOR'])).toBe(false);
  expect(of(['corrupt'], ['unreachable'], ['unreachable'])).toBe(false);
});
