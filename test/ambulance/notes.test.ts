import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { AttendedGuest, MS } from '../support/attended-guest.ts';
import { REPOSITORY } from '../support/built.ts';
import { sirenHere } from '../support/in-process.ts';

const SPEC = 'specs/structures/written-out.spec';
const NOTES = [
  'list_head has 8 bytes, in the guest 16',
  'list_head.next is u32, in the guest *list_head',
  'list_head.prev is at 4, in the guest at 8',
  'list_head.prev is u32, in the guest *list_head',
];

it('a struct of the kernel that a spec writes out falsely is noted by the rescue, in the console and in results.json', async () => {
  const reports = mkdtempSync(join(tmpdir(), 'siren-notes-'));
  try {
    const { code, stdout } = await sirenHere(
      ['run', SPEC, '--workers', '0', '--reports', reports],
      REPOSITORY,
    );
    expect(code).toBe(0);
    const results = JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8')) as Results;
    expect(results.runs[0]?.record?.rescues.map(({ notes }) => notes)).toEqual([NOTES]);
    expect(stdout).toContain(
      `a struct that is written out falsely is read as the guest has it  ${NOTES.join('; ')}\n`,
    );
  } finally {
    rmSync(reports, { recursive: true });
  }
});

it('the library that ships writes out nothing that the guest has otherwise', () => {
  expect(new AttendedGuest().attendAt(40 * MS).report.notes).toEqual([]);
});
