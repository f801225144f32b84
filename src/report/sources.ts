import { Source } from '../text/source.ts';

/** Looks up a spec by the file name in its spans. */
export type Sources = (file: string) => Source | undefined;

/** Texts as the compiler read them; lines are indexed on the first look. */
export function sourcesOf(texts: ReadonlyMap<string, string>): Sources {
  const known = new Map<string, Source>();
  return (file) => {
    const seen = known.get(file);
    if (seen !== undefined) return seen;
    const text = texts.get(file);
    if (text === undefined) return undefined;
    const source = new Source(file, text);
    known.set(file, source);
    return source;
  };
}
