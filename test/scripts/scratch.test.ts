import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtFolder, REPOSITORY } from '../support/built.ts';

const TMPDIR = mkdtempSync(join(tmpdir(), 'siren-scratch-test-'));
const MODULE = join(REPOSITORY, 'scripts/scratch.mjs');

/** A script that makes a folder, and then does `then` without giving anything else a turn. */
async function script(then: string): Promise<{ child: ChildProcess; folder: string }> {
  const text = `
    import { writeSync } from 'node:fs';
    import { scratchFolder } from ${JSON.stringify(MODULE)};
    const folder = scratchFolder('linux');
    writeSync(1, folder.path + '\\n');
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    env: { ...process.env, TMPDIR },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, folder: said.toString().trim() };
}
const STAND = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);';

async function gone(path: string): Promise<boolean> {
  for (let tries = 0; tries < 500 && existsSync(path); tries++) await pause(20);
  return !existsSync(path);
}

describe('a folder of a script', () => {
  beforeAll(() => void builtFolder());
  afterAll(() => rmSync(TMPDIR, { recursive: true, force: true }));

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('is gone when %s ends who made it', async (signal) => {
    const { child, folder } = await script(STAND);
    expect(existsSync(folder)).toBe(true);
    child.kill(signal);
    const [, by] = (await once(child, 'exit')) as [number | null, string];
    expect(by).toBe(signal);
    expect(await gone(folder)).toBe(true);
  });

  it('is removed when it is done with, and nobody is waited for', async () => {
    const { child, folder } = await script('folder.remove();');
    const [code] = (await once(child, 'exit')) as [number];
    expect([code, existsSync(folder)]).toEqual([0, false]);
  });

  it("of a process that is no more is removed by the next, a live one's is left alone", async () => {
    const live = await script(STAND);
    const namespace = /^siren-linux-(\d+)-/.exec(live.folder.slice(TMPDIR.length + 1))?.[1];
    // No process has an id as high: pid_max is 2^22 at most.
    const left = mkdtempSync(join(TMPDIR, `siren-linux-${namespace}-${2 ** 22 + 1}-`));
    const other = mkdtempSync(join(TMPDIR, `siren-linux-${namespace}0-${2 ** 22 + 1}-`));
    const { child } = await script('folder.remove();');
    await once(child, 'exit');
    expect([live.folder, left, other].map((path) => existsSync(path))).toEqual([true, false, true]);
    live.child.kill('SIGTERM');
    expect(await gone(live.folder)).toBe(true);
    expect(readdirSync(TMPDIR)).toEqual([other.slice(TMPDIR.length + 1)]);
  });
});
