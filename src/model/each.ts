import type { EventPattern, Scenario } from './scenario.ts';

/** More occurrences than this are not run. */
export const OCCURRENCE_LIMIT = 256;

/**
 * What the `on each` of a scenario waits for, and where it stands among the triggers. Its `nth` says of how many
 * occurrences there is a run: of every one, or of every tenth.
 */
export function eachOf({
  triggers,
}: Scenario): { readonly trigger: number; readonly pattern: EventPattern } | undefined {
  const trigger = triggers.findIndex(({ when }) => when.kind === 'on' && when.each === true);
  const when = triggers[trigger]?.when;
  return when?.kind === 'on' ? { trigger, pattern: when.pattern } : undefined;
}

/** The scenario of one occurrence, from 1, of all that there are; of none (`Infinity`), where they are only counted. */
export function ofOccurrence(scenario: Scenario, occurrence: number): Scenario {
  const triggers = scenario.triggers.map((trigger) => {
    const { when } = trigger;
    if (when.kind !== 'on' || when.each !== true) return trigger;
    return { ...trigger, when: { ...when, pattern: { ...when.pattern, nth: occurrence } } };
  });
  return { ...scenario, triggers };
}
