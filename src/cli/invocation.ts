import type { Surroundings } from './surroundings.ts';

/** How a command was called. */
export interface Invocation {
  readonly around: Surroundings;
  /** The command line without the program. */
  readonly words: readonly string[];
  /** Siren's own version. */
  readonly version: string;
}
