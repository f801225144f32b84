import { railroad } from './railroad.mjs';
import { textmate } from './textmate.mjs';

/** Groups of words that head a sentence, by their kind in model/language-words.ts. */
const HEADS = /^(what a|parts of|resources of|settings of|triggers)/;

/**
 * What the grammar folder holds, by file. Takes the language's own tables, so that the build's and the sources' give
 * the same. @param {{ ebnf: () => string, grammarRules: () => readonly object[], KEYWORDS: ReadonlyMap<string, object>,
 * LANGUAGE_WORDS: readonly object[],
 *   VERBS: ReadonlyMap<string, object>, states: readonly string[] }} language
 */
export function generate({ ebnf, grammarRules, KEYWORDS, LANGUAGE_WORDS, VERBS, states }) {
  const groups = (kind) => LANGUAGE_WORDS.filter((one) => kind.test(one.kind)).flatMap(({ words }) => Object.keys(words));
  const reserved = [...KEYWORDS].filter(([, type]) => type.CATEGORIES.every(({ name }) => name !== 'Word')).map(([word]) => word);
  const clauses = groups(/^clauses/);
  const heads = [...new Set([...groups(HEADS), ...KEYWORDS.keys()])];
  return {
    'siren.ebnf': ebnf(),
    'siren.html': railroad(grammarRules()),
    'siren.tmLanguage.json': textmate({
      heads: heads.filter((word) => /^\w+$/.test(word) && !reserved.includes(word)),
      clauses: clauses.filter((word) => /^\w+$/.test(word) && !reserved.includes(word)),
      reserved,
      verbs: [...VERBS.keys()],
      observers: groups(/^observers/).filter((word) => /^\w+$/.test(word)),
      states,
    }),
  };
}
