import { describe, expect, it } from 'vitest';
import type { LibraryModel } from '../../src/model/structure.ts';
import type { Receipt } from '../../src/record/record.ts';
import { readersOf } from '../../src/verdict/readers.ts';
import { place } from '../support/expressions.ts';
import { SHIPPED } from '../support/library.ts';
import { receipt, report, verdict } from '../support/records.ts';
import { action, claim, trigger } from '../support/scenarios.ts';
import { outcomes } from './judge-with.ts';

const MS = 1_000_000;

/** Codes of the requirements of what ships that read a place, then the locators whose walk follows it. */
function readers(
  structure: string,
  at: string,
  library: LibraryModel = SHIPPED,
): readonly string[] | undefined {
  const validator = library.validators.find((one) => one.name === structure);
  const found = validator && readersOf(at, validator, library);
  return found && [...found.codes, ...found.walks];
}

describe('who reads a field', () => {
  it('a requirement that names it, by whatever name the element has there', () => {
    expect(readers('tasks', 'web.tasks["sshd"].prio')).toEqual(['TASK_SCHED']);
    expect(readers('tasks', 'web.threads["sshd"].comm[3]')).toEqual(['TASK_COMM']);
    expect(readers('tasks', 'web.symbols["nr_threads"]')).toEqual(['TASK_COUNT']);
  });

  it('one that reads it by a `let` or through a pointer', () => {
    expect(readers('tasks', 'web.tasks["sshd"].active_mm')).toContain('TASK_MM');
    expect(readers('tasks', 'web.address_spaces[3].pgd')).toContain('TASK_MM');
  });

  it('a walk that follows it, as far as the locator says', () => {
    expect(readers('tasks', 'web.tasks["sshd"].tasks.prev')).toEqual(['tasks']);
    expect(readers('tasks', 'web.tasks["sshd"].children.next')).toContain('child_tasks');
  });

  it('nobody', () => {
    expect(readers('tasks', 'web.tasks["sshd"].utime')).toEqual([]);
    expect(readers('tasks', 'web.tasks["sshd"].se.vruntime')).toEqual([]);
    // A member of that name in another place of the element, and another symbol.
    expect(readers('tasks', 'web.tasks["sshd"].se.prio')).toEqual([]);
    expect(readers('tasks', 'web.symbols["total_forks"]')).toEqual([]);
  });

  it('of what is no field nothing is said', () => {
    expect(readers('tasks', 'web.tasks["sshd"]')).toBeUndefined();
    expect(readers('tasks', 'address(0xffff_8880_0000_1000)')).toBeUndefined();
  });
});

describe('a claimed fault that was not found', () => {
  const seen = (at: string, more: Partial<Receipt> = {}, word: 'intact' | 'corrupt' = 'intact'): string => {
    const damaged = claim('verdict', 'web.tasks', 'corrupt', { places: [place(at)] });
    const receipts = [
      receipt({ place: at, ...more }),
      receipt({ action: 1, place: 'web.tasks["init"].comm' }),
    ];
    const run = { receipts, reports: [report({ verdicts: [verdict('tasks', word)] })] };
    const triggers = [trigger(40 * MS, action('set', at), 'smash')];
    return outcomes([damaged], run, { triggers, library: SHIPPED })[0] ?? '';
  };

  it('is told with the requirement that reads it and held, or that none does', () => {
    const at = 'web.tasks["sshd"].prio';
    expect(seen(at)).toBe(
      `unmet: web.tasks is intact via live_region; \`validator tasks\` reads ${at} for TASK_SCHED, and it held`,
    );
    expect(seen('web.tasks["sshd"].utime')).toMatch(
      /; no requirement of `validator tasks` reads web\.tasks\["sshd"\]\.utime$/,
    );
    expect(seen('web.tasks["sshd"].tasks.next')).toContain(
      'going through `tasks` reads web.tasks["sshd"].tasks.next',
    );
  });

  it('is told with another validator that reads it', () => {
    expect(seen('web.tasks["sshd"].se.vruntime')).toContain(
      'reads web.tasks["sshd"].se.vruntime; `run_queues` does',
    );
  });

  it('is told apart from damage that came later, and from what was found elsewhere', () => {
    expect(seen('web.tasks["sshd"].prio', { fired_ns: 90 * MS })).toContain(
      'was damaged at 90 ms, later than the rescue concluded',
    );
    expect(seen('web.tasks["sshd"].prio', {}, 'corrupt')).not.toContain('validator');
    expect(seen('web.tasks["sshd"].prio', { note: 'changed nothing' })).not.toContain('.prio for');
  });

  it('a structure that no validator judges is said to be one', () => {
    const [told] = outcomes(
      [claim('verdict', 'web.jobs', 'intact')],
      { reports: [report()] },
      { library: SHIPPED },
    );
    expect(told).toBe('unmet: no validator judges `jobs`');
  });
});
