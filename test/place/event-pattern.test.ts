import { describe, expect, it } from 'vitest';
import type { Expression } from '../../src/model/expression.ts';
import type { EventPattern } from '../../src/model/scenario.ts';
import type { TraceEvent } from '../../src/target/events.ts';
import { matches } from '../../src/place/event-pattern.ts';

const span = { file: 'a.spec', start: 0, end: 1 };

function pattern(list: string, index: Expression): EventPattern {
  const steps = [
    { kind: 'field', name: list, span },
    { kind: 'index', index, span },
  ] as const;
  return { subject: 'web', event: 'run', place: { root: 'web', steps, span }, nth: 1, span };
}

function run(detail: TraceEvent['detail'], subject = 'web', kind = 'run'): TraceEvent {
  return { time_ns: 1, subject, kind, detail };
}

describe('an event that a pattern names', () => {
  const nginx = pattern('tasks', { kind: 'string', value: 'nginx', span });

  it('is of its kind and of its partition', () => {
    expect(matches(nginx, run({ comm: 'nginx' }))).toBe(true);
    expect(matches(nginx, run({ comm: 'nginx' }, 'db'))).toBe(false);
    expect(matches(nginx, run({ comm: 'nginx' }, 'web', 'exit'))).toBe(false);
  });

  it('is of its task, by the name or that of a worker of it, or by the number', () => {
    expect(matches(nginx, run({ comm: 'nginx/2' }))).toBe(true);
    expect(matches(nginx, run({ comm: 'nginxd' }))).toBe(false);
    const third = pattern('tasks', { kind: 'int', value: 3n, span });
    expect([matches(third, run({ pid: 3 })), matches(third, run({ pid: 4, cpu: 3 }))]).toEqual([true, false]);
  });

  it('is of its CPU', () => {
    const cpu = pattern('cpus', { kind: 'int', value: 1n, span });
    expect([matches(cpu, run({ cpu: 1 })), matches(cpu, run({ cpu: 0, pid: 1 }))]).toEqual([true, false]);
  });
});
