// Times whole processes: wall seconds and the peak of the resident set, polled from /proc.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const POLL_MS = 15;

/** Runs one command to its end, its output thrown away. Peak memory is 0 where there is no /proc. */
export function timeProcess(argv, options = {}) {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const child = spawn(process.execPath, argv, {
      cwd: options.cwd,
      stdio: 'ignore',
      env: options.env ?? process.env,
    });
    let peak_kib = 0;
    const poll = setInterval(() => {
      try {
        const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
        if (line) peak_kib = Math.max(peak_kib, Number(line[1]));
      } catch {
        // The process is gone, or there is no /proc here.
      }
    }, POLL_MS);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(poll);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      resolve({ seconds, peak_mb: (peak_kib * 1024) / 1e6, code });
    });
  });
}

export function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Alternating pairs A B A B …, so that a drifting machine weighs on both alike. */
export async function pairs(count, first, second) {
  const rows = [];
  for (let pair = 0; pair < count; pair++) rows.push({ first: await first(), second: await second() });
  return rows;
}
