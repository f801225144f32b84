import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { builtFolder } from '../../support/built.ts';
import { FILES, topologyOf, whyNoGuest } from '../../support/real-guest.ts';

const missing = whyNoGuest();

/**
 * Restores two machines and lets them run for ever; in the process itself, or in a worker that it ends after a while.
 */
function program(worker: boolean): string {
  const machine = `
    const { restoreMachine } = await import(${JSON.stringify(pathToFileURL(join(builtFolder(), 'targets/qemu/machine.js')).href)});
    const target = restoreMachine(${JSON.stringify(topologyOf({ names: ['web', 'db'] }))}, ${JSON.stringify(FILES)});
    if (target instanceof Error) throw target;
    console.log('pids ' + target.partitions.map(({ pid }) => pid).join(' '));
    setTimeout(() => target.runUntil(1e15), 50);`;
  return worker
    ? `const { Worker } = await import('node:worker_threads');
       const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(machine)})));
       process.stdin.once('data', async () => { await worker.terminate(); console.log('terminated'); });`
    : machine;
}

const alive = (pid: number): boolean => {
  try {
    return !/^[ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1] ?? '');
  } catch {
    return false;
  }
};
const foldersOf = (pid: number): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('siren-qemu-') && name.includes(`-${pid}-`));

/** Starts the program, waits for its machines to run, has `end` end it, and looks what is left a moment later. */
async function leftAfter(worker: boolean, end: (child: ReturnType<typeof spawn>) => void): Promise<unknown> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(worker)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    let said = '';
    child.stdout?.on('data', (text: Buffer) => (said += String(text)));
    for (let tries = 0; tries < 1800 && !said.includes('pids'); tries++) await delay(100);
    const pids = /pids (.*)/.exec(said)?.[1]?.split(' ').map(Number) ?? [];
    expect(pids.map(alive)).toEqual([true, true]);
    await delay(300);
    end(child);
    for (let tries = 0; tries < 300 && pids.some(alive); tries++) await delay(100);
    return { alive: pids.filter(alive), folders: foldersOf(child.pid as number) };
  } finally {
    child.kill('SIGKILL');
  }
}

describe.skipIf(missing !== undefined)('no QEMU outlives', () => {
  it('a process that is killed outright, and neither does a folder', async () => {
    expect(await leftAfter(false, (child) => child.kill('SIGKILL'))).toEqual({ alive: [], folders: [] });
  });

  it('a worker that is ended while its machines run', async () => {
    expect(await leftAfter(true, (child) => child.stdin?.write('end'))).toEqual({ alive: [], folders: [] });
  });
});
