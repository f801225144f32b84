/** Names as token numbers, and what each of the 256 tokens stands for (ASCII; '' for one that is not used). */
export interface CompressedNames {
  readonly encoded: readonly (readonly number[])[];
  readonly tokens: readonly string[];
}

/**
 * Pair compression as in scripts/kallsyms.c: characters that occur stand for themselves, and every free token takes the
 * most frequent pair of tokens, again and again. Characters are ASCII 1..127.
 */
export function compressNames(names: readonly string[]): CompressedNames {
  const encoded = names.map((name) => Array.from(name, (character) => character.charCodeAt(0) & 0x7f));
  const tokens = Array.from({ length: 256 }, () => '');
  for (const codes of encoded) for (const code of codes) tokens[code] = String.fromCharCode(code);
  const pairs = new PairCounts();
  for (const codes of encoded) pairs.count(codes, 1);
  for (let token = 255; token >= 0; token--) {
    if (tokens[token] !== '') continue;
    const pair = pairs.mostFrequent();
    if (pair < 0) break;
    tokens[token] = (tokens[pair >> 8] as string) + (tokens[pair & 0xff] as string);
    for (const codes of encoded) replacePair(pairs, codes, pair, token);
  }
  return { encoded, tokens };
}

/** How often each token follows each other one. */
class PairCounts {
  readonly #counts = new Int32Array(65_536);
  /** Pairs that have occurred, each once; those that no longer do are dropped on the next search. */
  #seen: number[] = [];
  readonly #listed = new Uint8Array(65_536);

  count(codes: readonly number[], by: number): void {
    for (let at = 1; at < codes.length; at++) {
      const pair = ((codes[at - 1] as number) << 8) | (codes[at] as number);
      this.#counts[pair] = (this.#counts[pair] as number) + by;
      if (this.#listed[pair] === 0) {
        this.#listed[pair] = 1;
        this.#seen.push(pair);
      }
    }
  }

  /** The pair that occurs most, the lowest of equals; -1 when none occurs twice. */
  mostFrequent(): number {
    let best = -1;
    let most = 1;
    const seen = this.#seen;
    let kept = 0;
    for (const pair of seen) {
      const count = this.#counts[pair] as number;
      if (count === 0) {
        this.#listed[pair] = 0;
        continue;
      }
      seen[kept++] = pair;
      if (count > most || (count === most && pair < best)) {
        most = count;
        best = pair;
      }
    }
    seen.length = kept;
    return best;
  }
}

function replacePair(pairs: PairCounts, codes: number[], pair: number, token: number): void {
  const [first, second] = [pair >> 8, pair & 0xff];
  let at = 0;
  while (at + 1 < codes.length && !(codes[at] === first && codes[at + 1] === second)) at++;
  if (at + 1 >= codes.length) return;
  pairs.count(codes, -1);
  let length = at;
  for (; at < codes.length; at++) {
    const match = codes[at] === first && codes[at + 1] === second;
    codes[length++] = match ? token : (codes[at] as number);
    if (match) at++;
  }
  codes.length = length;
  pairs.count(codes, 1);
}
