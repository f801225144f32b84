/**
 * Does work that is no part of a run, and may take so long: a boot that later runs are spared. `words` say what is
 * done.
 */
export type Aside = <T>(words: string, limit_ms: number, work: () => T) => T;
