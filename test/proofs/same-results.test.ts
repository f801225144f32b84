import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY, siren } from '../support/built.ts';

const SPECS = [
  'specs/claims/1-smp.spec',
  'specs/claims/6-registered-early.spec',
  'specs/service/deaths.spec',
];

it('workers 1, 2 and 4 give the same results.json but for environment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'siren-same-'));
  try {
    const results = await Promise.all(
      ['1', '2', '4'].map(async (workers) => {
        const reports = join(folder, workers);
        const { code, stderr } = await siren(
          ['run', ...SPECS, '--workers', workers, '--reports', reports],
          REPOSITORY,
        );
        expect(stderr).toBe('');
        expect(code).toBe(0);
        return JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8')) as Record<string, unknown>;
      }),
    );
    const [one, two, four] = results.map((result) => JSON.stringify({ ...result, environment: undefined }));
    expect(one?.length).toBeGreaterThan(5_000);
    expect(two).toBe(one);
    expect(four).toBe(one);
    const workers = results.map(({ environment }) => (environment as { workers: number }).workers);
    expect(workers).toEqual([1, 2, 4]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
