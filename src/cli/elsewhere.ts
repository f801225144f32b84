import { runId } from '../runner/identity.ts';
import type { Job } from '../runner/events.ts';
import type { Selection } from '../runner/select.ts';
import type { Diagnostic } from '../text/diagnostic.ts';

/** What is told of the specs in full, and how much of it is of specs that nobody asked for. */
export interface Told {
  readonly diagnostics: readonly Diagnostic[];
  /** Errors of other specs, and of how many. */
  readonly elsewhere?: { readonly errors: number; readonly files: number };
}

/**
 * Of a run of what failed before (`only`), diagnostics of the specs that were asked for. Where one of the runs is not
 * found, what keeps it from compiling may be in any spec, and everything is told.
 */
export function toldOf(
  diagnostics: readonly Diagnostic[],
  only: Selection['only'],
  jobs: readonly Job[],
): Told {
  if (only === undefined) return { diagnostics };
  const found = new Set(jobs.map(runId));
  if ([...only].some((id) => !found.has(id))) return { diagnostics };
  const files = new Set(jobs.map(({ scenario }) => scenario.file));
  const ofThem = (one: Diagnostic): boolean => files.has(one.labels[0]?.span.file ?? '');
  const others = diagnostics.filter((one) => one.severity === 'error' && !ofThem(one));
  if (others.length === 0) return { diagnostics };
  const elsewhere = {
    errors: others.length,
    files: new Set(others.map((one) => one.labels[0]?.span.file)).size,
  };
  return { diagnostics: diagnostics.filter(ofThem), elsewhere };
}
