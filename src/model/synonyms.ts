/** What people write for a word of the language, where it knows theirs not: plain English, C, and the kernel's own. */
const SYNONYMS: ReadonlyMap<string, readonly string[]> = new Map([
  // Verbs and steps.
  ['write', ['set']],
  ['poke', ['set']],
  ['assign', ['set']],
  ['store', ['set']],
  ['overwrite', ['set', 'fill']],
  ['corrupt', ['set', 'flip', 'fill']],
  ['damage', ['set', 'flip', 'fill']],
  ['invert', ['flip']],
  ['toggle', ['flip']],
  ['clear', ['zero']],
  ['wipe', ['zero']],
  ['erase', ['zero']],
  ['memset', ['fill']],
  ['memcpy', ['copy']],
  ['move', ['copy']],
  ['crash', ['panic']],
  ['halt', ['stop']],
  ['offline', ['stop']],
  ['pause', ['stall']],
  ['freeze', ['stall', 'park']],
  ['delay', ['stall']],
  ['hang', ['loop', 'stop']],
  ['spin', ['loop']],
  ['drop', ['lose']],
  ['lock', ['acquire', 'leak']],
  ['unlock', ['release']],
  ['kfree', ['free']],
  ['forge', ['replace']],
  ['terminate', ['exit', 'kill']],
  ['send', ['summon']],
  ['repair', ['service']],
  ['rescue', ['service']],
  // Structures.
  ['caches', ['slabs']],
  ['slab_caches', ['slabs']],
  ['kmem_caches', ['slabs']],
  ['processes', ['tasks']],
  ['spinlocks', ['locks']],
  ['filesystems', ['super_blocks']],
  ['dmesg', ['log']],
  // States and causes.
  ['crashed', ['panicked', 'oopsed', 'failed']],
  ['hung', ['stalled', 'silent']],
  ['dead', ['failed']],
  ['alive', ['healthy']],
  ['ok', ['healthy', 'intact']],
  ['valid', ['intact']],
  ['clean', ['intact', 'contained']],
  ['damaged', ['corrupt']],
  ['broken', ['corrupt']],
  ['repaired', ['done']],
  ['unaffected', ['contained', 'undisturbed']],
]);

/** Words of the language that may be meant, the likeliest first. */
export function meantBy(word: string): readonly string[] {
  return SYNONYMS.get(word.toLowerCase()) ?? [];
}

/** All that are known to be written for others. */
export const OTHER_WORDS: readonly string[] = [...SYNONYMS.keys()];
