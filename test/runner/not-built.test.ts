// An application that cannot be built as it is written.
import { describe, expect, it } from 'vitest';
import { executeJob } from '../../src/runner/execute.ts';
import { impossible } from '../support/apps.ts';
import { bareTopology } from '../support/bare-kernel.ts';
import { scenario } from '../support/scenarios.ts';

describe('a run whose application cannot be built', () => {
  const bare = bareTopology(['web']);
  const lpars = bare.lpars.map((lpar) => ({ ...lpar, memory_bytes: 64 * 1_048_576, apps: [impossible()] }));
  const context = { today: '2026-11-22', replay: 'npx siren run', target: 'sim' } as const;

  it('is an error that says what cannot be built, whatever it claims', () => {
    const job = { index: 0, scenario: scenario({ topology: { ...bare, lpars } }), seed: 1 };
    const outcome = executeJob(job, context);
    expect(outcome.status).toBe('errored');
    expect(outcome.reason).toContain('web: store: wrong: binary is no place before the process runs');
  });
});
