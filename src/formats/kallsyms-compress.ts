/** Names as token numbers, and what each of the 256 tokens stands for (ASCII; '' for one that is not used). */
export interface CompressedNames {
  readonly encoded: readonly (readonly number[])[];
  readonly tokens: readonly string[];
}

/**
 * Pair compression as in scripts/kallsyms.c: characters that occur stand for themselves, and every free token takes the most frequent
 * pair of tokens, again and again. Characters are ASCII 1..127.
 */
export function compressNames(names: readonly string[]): CompressedNames {
  const encoded = names.map((name) => Array.from(name, (character) => character.charCodeAt(0) & 0x7f));
  const tokens = Array.from({ length: 256 }, () => '');
  for (const codes of encoded) for (const code of codes) tokens[code] = String.fromCharCode(code);
  const counts = new Int32Array(65_536);
  for (const codes of encoded) countPairs(counts, codes, 1);
  const used = tokens.flatMap((token, index) => (token === '' ? [] : [index]));
  for (let token = 255; token >= 0; token--) {
    if (tokens[token] !== '') continue;
    const pair = mostFrequent(counts, used);
    if (pair < 0) break;
    tokens[token] = (tokens[pair >> 8] as string) + (tokens[pair & 0xff] as string);
    used.push(token);
    for (const codes of encoded) replacePair(counts, codes, pair, token);
  }
  return { encoded, tokens };
}

function countPairs(counts: Int32Array, codes: readonly number[], by: number): void {
  for (let at = 1; at < codes.length; at++) {
    const pair = ((codes[at - 1] as number) << 8) | (codes[at] as number);
    counts[pair] = (counts[pair] as number) + by;
  }
}

/** The pair that occurs most, the lowest of equals; -1 when none occurs twice. */
function mostFrequent(counts: Int32Array, used: readonly number[]): number {
  let best = -1;
  let most = 1;
  for (const first of used) {
    for (const second of used) {
      const pair = (first << 8) | second;
      const count = counts[pair] as number;
      if (count > most || (count === most && best >= 0 && pair < best)) {
        most = count;
        best = pair;
      }
    }
  }
  return best;
}

function replacePair(counts: Int32Array, codes: number[], pair: number, token: number): void {
  const [first, second] = [pair >> 8, pair & 0xff];
  let at = 0;
  while (at + 1 < codes.length && !(codes[at] === first && codes[at + 1] === second)) at++;
  if (at + 1 >= codes.length) return;
  countPairs(counts, codes, -1);
  let length = at;
  for (; at < codes.length; at++) {
    const match = codes[at] === first && codes[at + 1] === second;
    codes[length++] = match ? token : (codes[at] as number);
    if (match) at++;
  }
  codes.length = length;
  countPairs(counts, codes, 1);
}
