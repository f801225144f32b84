import type { IToken } from 'chevrotain';
import type { Problems } from './problems.ts';
import { didYouMean, nearest } from './suggest.ts';
import * as token from './tokens.ts';

const DECLARATIONS = [
  'import',
  'tag',
  'let',
  'topology',
  'fault',
  'scenario',
  'struct',
  'locator',
  'validator',
  'def',
];
/** What may head a sentence of a scenario; only those with a form of their own are mended here. */
const IN_SCENARIO = [
  'uses',
  'change',
  'tags',
  'targets',
  'run',
  'seeds',
  'skip',
  'xfail',
  'machine',
  'lpar',
  'ambulance',
  'expect',
  'let',
  'at',
  'every',
  'on',
  'core',
  'budget',
  'app',
  'service',
  'owns',
  'shares',
  'borrows',
];
const TRIGGERS = ['at', 'every', 'on'];
const FORMED = ['expect', 'let', ...TRIGGERS];
const IN_PARTITION = ['owns', 'shares', 'kernel', 'metadata', 'attends', 'app'];
const PARTITIONS = ['lpar', 'ambulance', 'change'];
/** How other languages begin what is a trigger here. */
const TRIGGER_WORDS: ReadonlyMap<string, string> = new Map([
  ['after', 'at'],
  ['when', 'on'],
  ['whenever', 'on'],
  ['upon', 'on'],
  ['once', 'on'],
]);

/** How other languages declare. */
const OF_OTHERS: ReadonlyMap<string, string> = new Map([
  ['const', 'let'],
  ['var', 'let'],
  ['function', 'def'],
  ['func', 'def'],
  ['fn', 'def'],
  ['test', 'scenario'],
]);

const SETTINGS = new Set([
  'cpus',
  'memory',
  'iommu',
  'slice',
  'block',
  'network',
  'console',
  'owns',
  'shares',
  'attends',
  'kernel',
  'metadata',
  'size',
  'seal',
  'describes',
  'workload',
  'heartbeat',
  'watchdog_thresh',
  'panic_on_oops',
  'softlockup_panic',
  'layout_seed',
  'uses',
  'tags',
  'targets',
  'run',
  'seeds',
  'skip',
  'xfail',
  'device',
]);
const VALUES = new Set([token.Word, token.NumberLiteral, token.Quantity, token.StringLiteral]);
const GRANTS = new Set([token.Owns, token.Shares]);
/** No more commas are made ends of sentences. */
const COMMAS = 100;

/** No more heads of a file are compared with what they may have meant. */
const LOOKED_AT = 2000;

/**
 * Reports the heads that a slip kept from being keywords, and makes them what was meant, so that what follows is read
 * in its own form and not complained of. True when the tokens are worth a second look.
 */
export function mendHeads(file: string, tokens: IToken[], problems: Problems): boolean {
  const blocks: string[] = [];
  let head: IToken | undefined;
  let mended = false;
  let looked = 0;
  let commas = 0;
  for (const [at, current] of tokens.entries()) {
    const type = current.tokenType;
    if (type === token.Terminator) head = undefined;
    else if (type === token.LBrace) {
      blocks.push(head?.image ?? '');
      head = undefined;
    } else if (type === token.RBrace) {
      blocks.pop();
      head = undefined;
    } else if (type === token.Comma) {
      if (blocks.length === 0 || head === undefined || commas >= COMMAS || !isSetting(tokens, at + 1))
        continue;
      separate(file, tokens, at, head, problems);
      head = undefined;
      commas++;
      mended = true;
    } else if (head === undefined) {
      head = current;
      if (inStruct(blocks) && turnMember(file, tokens, at, problems)) mended = true;
      if (type !== token.Word) continue;
      if (++looked > LOOKED_AT) break;
      const meant = meantBy(current.image, blocks.at(-1), tokens, at);
      if (meant === undefined) continue;
      report(file, current, blocks.at(-1), meant, problems);
      const keyword = token.KEYWORDS.get(meant) as IToken['tokenType'];
      current.image = meant;
      current.tokenType = keyword;
      current.tokenTypeIdx = keyword.tokenTypeIdx as number;
      mended = true;
    }
  }
  return mended;
}

const inStruct = (blocks: readonly string[]): boolean => ['struct', 'union'].includes(blocks.at(-1) ?? '');

/** `enum state { open } state` in a struct: as C does, with the name of the member last. */
function turnMember(file: string, tokens: IToken[], at: number, problems: Problems): boolean {
  const head = tokens[at] as IToken;
  if (![token.Enum, token.Struct, token.Union].includes(head.tokenType)) return false;
  const tag = tokens[at + 1]?.tokenType === token.LBrace ? 0 : 1;
  if (tokens[at + 1 + tag]?.tokenType !== token.LBrace) return false;
  let close = at + 1 + tag;
  for (let depth = 0; close < tokens.length; close++) {
    if (tokens[close]?.tokenType === token.LBrace) depth++;
    else if (tokens[close]?.tokenType === token.RBrace && --depth === 0) break;
  }
  const name = tokens[close + 1];
  if (name?.tokenType !== token.Word) return false;
  const start = head.startOffset;
  const end = start + head.image.length;
  const help = `write \`${name.image}: ${head.image} { … }\``;
  problems.error(
    'E0213',
    'a member is written with its name first',
    [{ span: { file, start, end }, text: 'as C does' }],
    help,
  );
  tokens.splice(close + 1, 1);
  tokens.splice(at + 1, tag);
  const colon = {
    ...head,
    image: ':',
    tokenType: token.Colon,
    tokenTypeIdx: token.Colon.tokenTypeIdx as number,
  };
  tokens.splice(at, 0, { ...name, startOffset: start }, colon);
  return true;
}

/** `describes tasks` after a comma: a setting's name, and a value behind it. */
function isSetting(tokens: readonly IToken[], at: number): boolean {
  const [word, value] = [tokens[at], tokens[at + 1]];
  if (word === undefined || value === undefined || !SETTINGS.has(word.image)) return false;
  return VALUES.has(value.tokenType) && value.image !== 'weight';
}

/**
 * Makes a comma between two settings the `;` that it should be. A resource after it is granted as the one before it.
 */
function separate(file: string, tokens: IToken[], at: number, head: IToken, problems: Problems): void {
  const [comma, word] = [tokens[at] as IToken, tokens[at + 1] as IToken];
  const start = comma.startOffset;
  const labels = [{ span: { file, start, end: start + 1 }, text: 'a comma goes on with the list before it' }];
  const granted =
    GRANTS.has(head.tokenType) && !['owns', 'shares', 'attends', 'kernel', 'metadata'].includes(word.image);
  const help = granted ? `write \`; ${head.image} ${word.image}\`` : 'separate settings with `;`';
  problems.error('E0203', `\`${word.image}\` is a setting of its own`, labels, help);
  comma.image = ';';
  comma.tokenType = token.Terminator;
  comma.tokenTypeIdx = token.Terminator.tokenTypeIdx as number;
  if (granted) tokens.splice(at + 1, 0, { ...head, startOffset: start });
}

function meantBy(
  word: string,
  block: string | undefined,
  tokens: readonly IToken[],
  at: number,
): string | undefined {
  if (block === undefined) return OF_OTHERS.get(word) ?? nearest(word, DECLARATIONS);
  if (PARTITIONS.includes(block)) {
    if (IN_PARTITION.includes(word)) return undefined;
    const meant = nearest(word, IN_PARTITION);
    return meant === 'owns' || meant === 'shares' ? meant : undefined;
  }
  if ((word === 'const' || word === 'var') && tokens[at + 2]?.tokenType === token.Equal) return 'let';
  if (block !== 'scenario' || IN_SCENARIO.includes(word)) return undefined;
  const meant = TRIGGER_WORDS.get(word) ?? nearest(word, IN_SCENARIO) ?? '';
  if (!FORMED.includes(meant)) return undefined;
  return !TRIGGERS.includes(meant) || acts(tokens, at) ? meant : undefined;
}

/** True when a sentence has what follows a trigger: `:`, or braces. */
function acts(tokens: readonly IToken[], from: number): boolean {
  for (let at = from; at < tokens.length; at++) {
    const type = tokens[at]?.tokenType;
    if (type === token.Colon || type === token.LBrace) return true;
    if (type === token.Terminator || type === token.RBrace) return false;
  }
  return false;
}

function report(
  file: string,
  head: IToken,
  block: string | undefined,
  meant: string,
  problems: Problems,
): void {
  const word = head.image;
  const start = head.startOffset;
  const labels = [{ span: { file, start, end: start + word.length }, text: 'unknown' }];
  const help = didYouMean(word, [meant]);
  if (block === undefined) problems.error('E0211', `\`${word}\` is no declaration`, labels, help);
  else if (TRIGGER_WORDS.has(word))
    problems.error('E0306', `\`${word}\` is no trigger`, labels, 'triggers are `at`, `every`, `on`');
  else if (block === 'scenario')
    problems.error('E0306', `a scenario has no setting \`${word}\``, labels, help);
  else if (meant === 'let') problems.error('E0306', `\`${word}\` is no sentence`, labels, 'write `let`');
  else problems.error('E0306', `\`${block}\` has no setting \`${word}\``, labels, help);
}
