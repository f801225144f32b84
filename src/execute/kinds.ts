import type { Scenario } from '../model/scenario.ts';

/** Kinds of events that are told very often: a record keeps them last. */
export const FREQUENT: ReadonlySet<string> = new Set(['run', 'fork', 'exit', 'complete', 'heartbeat']);

/** Events that come before t = 0, where no checkpoint is. */
export const BOOT_EVENTS: ReadonlySet<string> = new Set([
  'power_on',
  'register',
  'registered',
  'refused',
  'boot_complete',
]);

/** Kinds of events that claims count from or to: those that are told in any case are in the record. */
export function claimedKinds({ claims }: Scenario): string[] {
  return claims
    .flatMap(({ until, within, given }) => [until, within?.of?.event, given?.event])
    .flatMap((pattern) => (pattern && FREQUENT.has(pattern.event) ? [pattern.event] : []));
}
