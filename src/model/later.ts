/** A word of the language that this version reads and does nothing with. */
export interface LaterWord {
  readonly of: 'declaration' | 'setting' | 'verb' | 'structure' | 'state' | 'function' | 'member';
  /** What to write until then, if anything does. */
  readonly today?: string;
}

/** Reserved for a later version: using one is a diagnostic that says so, and what to write today. */
export const LATER: ReadonlyMap<string, LaterWord> = new Map<string, LaterWord>([
  ['campaign', { of: 'declaration', today: 'write a table: `scenario "…" for x in […]`, and `seeds`' }],
  [
    'plugin',
    {
      of: 'setting',
      today: 'leave it out, and give an analyser of your own the dumps of `npx siren export`',
    },
  ],
  [
    'budget',
    {
      of: 'setting',
      today: 'leave it out; a scenario of a core file takes one, as in `budget 2 s memory 300 MiB`',
    },
  ],
  ['translate', { of: 'setting', today: 'leave it out, and write the code of a finding after `with`' }],
  ['overwrite', { of: 'verb', today: 'write `set PLACE to VALUE`, or `fill PLACE with BYTE`' }],
  ['modules', { of: 'structure' }],
  ['structures', { of: 'structure' }],
  ['finished', { of: 'state', today: 'write `is healthy`: an ambulance that hangs loses its lease' }],
  [
    'within_grant',
    { of: 'state', today: 'write `check count(rescue.refusals) == 0`: what is not granted is refused' },
  ],
  [
    'fresh',
    { of: 'function', today: 'a fault writes to elements that are there: name one, as `web.accounts[399]`' },
  ],
  [
    'fullest',
    { of: 'member', today: 'name an element, as `web.accounts[399]`, or any, `web.accounts[any]`' },
  ],
]);

/** True for a word of a later version where such a one could stand. */
export function isLater(word: string, of: LaterWord['of']): boolean {
  return LATER.get(word)?.of === of;
}
