// Folders of scripts that may be killed. Guests are waited for without giving anything else a turn, so that no handler
// of a signal would ever be called: whoever takes the folder away is a process of its own, which waits for our end.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, pidNamespace } from '../dist/targets/qemu/process/folders.js';

/**
 * Makes `siren-KIND-…` in the temporary folder: gone with `remove()`, and with this process, whatever signal ends it.
 * What was left nevertheless, by a process that is no more, is removed first.
 */
export function scratchFolder(kind) {
  removeLeft();
  const path = mkdtempSync(join(tmpdir(), `siren-${kind}-${pidNamespace()}-${process.pid}-`));
  // Its own session: a Ctrl-C is for all of the terminal's. Of its input it sees the end when we are gone.
  const keeper = spawn('/bin/sh', ['-c', 'read -r _; rm -rf -- "$1"', 'sh', path], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  keeper.on('error', () => {});
  keeper.unref();
  keeper.stdin?.unref();
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
      keeper.kill('SIGKILL');
    },
  };
}

/** What other processes of this namespace made and are no more there to remove. */
function removeLeft() {
  for (const entry of readdirSync(tmpdir())) {
    const [, namespace, pid] = /^siren-(?:linux|alarms)-(\d+)-(\d+)-\w{6}$/.exec(entry) ?? [];
    if (namespace === pidNamespace() && !isRunning(pid))
      rmSync(join(tmpdir(), entry), { recursive: true, force: true });
  }
}
