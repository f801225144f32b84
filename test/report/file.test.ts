import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../support/folders.ts';
import { ReportWriteError, writeAtomically } from '../../src/report/file.ts';

const fresh = temporaryFolders('file');

describe('writing a report', () => {
  it('makes the folder, joins the chunks and leaves nothing else behind', async () => {
    const folder = join(fresh(), 'a', 'b');
    await writeAtomically(join(folder, 'r.txt'), ['one ', 'two'], { sync: true });
    expect(readFileSync(join(folder, 'r.txt'), 'utf8')).toBe('one two');
    expect(readdirSync(folder)).toEqual(['r.txt']);
  });

  it('keeps who may read and write the file that it replaces', async () => {
    const file = join(fresh(), 'r.txt');
    writeFileSync(file, 'old');
    for (const mode of [0o600, 0o640, 0o444]) {
      chmodSync(file, mode);
      await writeAtomically(file, `new ${mode}`);
      expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual([`new ${mode}`, mode]);
    }
  });

  it('clears what a killed run left of the same file, and nothing that may be being written', async () => {
    const folder = fresh();
    const names = [
      '.r.txt.0123456789ab.tmp',
      '.r.txt.ba9876543210.tmp',
      '.other.txt.0123456789ab.tmp',
      '.r.txt.old.tmp',
    ];
    const [left, current, ...others] = names.map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ];
    for (const file of [left, current, ...others]) writeFileSync(file, 'half');
    const long_ago = statSync(current).mtimeMs / 1000 - 3600;
    for (const file of [left, ...others]) utimesSync(file, long_ago, long_ago);
    await writeAtomically(join(folder, 'r.txt'), 'whole');
    expect(readdirSync(folder).toSorted()).toEqual([...names.slice(1), 'r.txt'].toSorted());
  });

  it('keeps the old file and removes the new one when the content cannot be made', async () => {
    const folder = fresh();
    const path = join(folder, 'r.txt');
    writeFileSync(path, 'old');
    function* broken(): Generator<string> {
      yield 'x'.repeat(1 << 19);
      throw new Error('no more');
    }
    await expect(writeAtomically(path, broken())).rejects.toThrow(`cannot write the report ${path}: no more`);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['r.txt']);
  });

  it('names the file and says what to do when a folder is in the way, or a file is where a folder should be', async () => {
    const folder = fresh();
    mkdirSync(join(folder, 'taken'));
    writeFileSync(join(folder, 'plain'), '');
    const onFolder = writeAtomically(join(folder, 'taken'), 'x');
    await expect(onFolder).rejects.toBeInstanceOf(ReportWriteError);
    await expect(onFolder).rejects.toThrow(/taken: a folder of that name is in the way; remove it/);
    await expect(writeAtomically(join(folder, 'plain', 'r.txt'), 'x')).rejects.toThrow(
      /is a file, not a folder/,
    );
    expect(readdirSync(folder).sort()).toEqual(['plain', 'taken']);
  });

  it('is refused, not waited for, where no folder can be made', async () => {
    if (!existsSync('/proc/self')) return;
    await expect(writeAtomically('/proc/nope/deeper/r.txt', 'x')).rejects.toThrow(
      'cannot write the report /proc/nope/deeper/r.txt: its folder cannot be made',
    );
  });

  it('shows no half file at any moment, so that whatever kills the run leaves the old one', async () => {
    const folder = fresh();
    const path = join(folder, 'r.txt');
    writeFileSync(path, 'old');
    const seen: string[] = [];
    function* watched(): Generator<string> {
      for (let chunk = 0; chunk < 4; chunk++) {
        yield 'x'.repeat(1 << 18);
        seen.push(readFileSync(path, 'utf8'));
      }
    }
    await writeAtomically(path, watched());
    expect(seen).toEqual(['old', 'old', 'old', 'old']);
    expect(readFileSync(path, 'utf8')).toHaveLength(1 << 20);
  });
});
