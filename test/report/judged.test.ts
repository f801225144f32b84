import { expect, it } from 'vitest';
import { asFarAsJudged } from '../../src/report/judged.ts';
import { verdict } from '../support/records.ts';

it('a health says how many structures could not be judged, and nothing where all could', () => {
  expect(asFarAsJudged([verdict('tasks'), verdict('locks', 'corrupt'), verdict('pids', 'unchecked')])).toBe(
    '',
  );
  expect(asFarAsJudged([verdict('tasks'), verdict('locks', 'unsettled'), verdict('pids', 'unreachable'), verdict('slabs', 'unreachable')])).toBe(', as far as it could be judged (2 unreachable, 1 unsettled)'); // prettier-ignore
});
