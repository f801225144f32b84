import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { newFolder, removeFoldersAtExit } from '../../../../src/targets/qemu/process/folders.ts';
import { problemOf } from '../../../../src/targets/qemu/problem.ts';
import { builtFolder } from '../../../support/built.ts';

afterEach(() => void vi.unstubAllEnvs());

it('a worker that is ended in the middle of it leaves its folder to its process, which takes it along, and nobody else’s', () => {
  const folders = JSON.stringify(pathToFileURL(join(builtFolder(), 'targets/qemu/process/folders.js')).href);
  const inWorker = `const { newFolder } = await import(${folders});
    const { writeFileSync } = await import('node:fs');
    writeFileSync(newFolder() + '/ram', 'half of it');
    (await import('node:worker_threads')).parentPort.postMessage('at work');
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);`;
  const program = `const { removeFoldersAtExit } = await import(${folders});
    const { Worker } = await import('node:worker_threads');
    const { readdirSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    removeFoldersAtExit();
    const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(inWorker)})));
    await new Promise((told) => worker.once('message', told));
    await worker.terminate();
    console.log(readdirSync(tmpdir()).filter((name) => name.includes('-' + process.pid + '-')).length);`;
  const mine = newFolder();
  try {
    const { pid, stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', program],
      {
        encoding: 'utf8',
      },
    );
    expect([status, stderr, stdout]).toEqual([0, '', '1\n']);
    expect(readdirSync(tmpdir()).filter((name) => name.includes(`-${pid}-`))).toEqual([]);
    expect(existsSync(mine)).toBe(true);
  } finally {
    rmSync(mine, { recursive: true, force: true });
  }
});

it.each(['/nonexistent', '/dev/null', '/proc'])(
  'TMPDIR may be %s: that is said, and hinders nobody at the end',
  (folder) => {
    vi.stubEnv('TMPDIR', folder);
    const told = vi.spyOn(process, 'once').mockReturnValue(process);
    removeFoldersAtExit();
    const [, atExit] = told.mock.calls[0] ?? [];
    told.mockRestore();
    expect(atExit).not.toThrow();
    expect(problemOf(() => newFolder())).toMatchObject({
      code: 'FILES',
      message: expect.stringContaining(`no folder can be made in ${folder}: E`) as string,
      mend: 'set TMPDIR to a folder that can be written',
    });
  },
);
