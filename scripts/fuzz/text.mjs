// Texts through lexer, parser, checker and formatter: specs that were mutated, and texts made by the grammar itself.
import { substream } from '../../dist/base/random.js';
import { compile } from '../../dist/language/compile.js';
import { grammarRules } from '../../dist/language/ebnf.js';
import { format } from '../../dist/language/format/format.js';
import { lex } from '../../dist/language/lex.js';
import { Problems } from '../../dist/language/problems.js';
import { KEYWORDS } from '../../dist/language/tokens.js';
import { corpus, hostWith, names } from './corpus.mjs';

/** Longer specs are cut to a stretch of lines: what is said of a short text is said ten times as fast. */
const STRETCH_LINES = 30;
const DEPTH = 14;
const GENERATED_BYTES = 2000;

/** One to eight edits: flip a bit, overwrite, delete, double or move a stretch, splice in another file's stretch. */
function mutate(bytes, random) {
  let result = Uint8Array.from(bytes);
  for (let edits = 1 + random.below(8); edits > 0; edits--) {
    const at = random.below(Math.max(1, result.length));
    const length = 1 + random.below(40);
    const kind = random.below(6);
    if (kind === 0) result[at] ^= 1 << random.below(8);
    else if (kind === 1) result[at] = random.below(256);
    else if (kind === 2) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    else if (kind === 3) {
      const again = result.subarray(at, at + length);
      result = Buffer.concat([result.subarray(0, at), again, result.subarray(at)]);
    } else if (kind === 4) {
      const to = random.below(Math.max(1, result.length));
      const piece = result.subarray(at, at + length);
      result = Buffer.concat([result.subarray(0, to), piece, result.subarray(to)]);
    } else {
      const other = corpus.get(random.pick(names));
      const from = random.below(other.length);
      result = Buffer.concat([
        result.subarray(0, at),
        other.subarray(from, from + length),
        result.subarray(at),
      ]);
    }
  }
  return result;
}

/** Declarations of specs, each from its line at the margin to the next one's. */
const PIECES = names.flatMap((name) => {
  const pieces = corpus
    .get(name)
    .toString('latin1')
    .split(/^(?=\w[^\n]*\{\n)/m);
  return pieces
    .filter((piece) => piece.split('\n').length <= STRETCH_LINES * 2)
    .map((piece) => Buffer.from(piece, 'latin1'));
});

/** Words, strings and numbers as specs have them: what the grammar leaves open. */
const TOKENS = { Word: [], String: [], Number: [], Quantity: [], Date: ['2027-03-01'] };
for (const name of names) {
  const text = corpus.get(name).toString('utf8').slice(0, 100_000);
  for (const { image, tokenType } of lex(name, text, new Problems()).tokens)
    TOKENS[tokenType.name]?.push(image);
}
for (const kind of Object.keys(TOKENS)) TOKENS[kind] = [...new Set(TOKENS[kind])].slice(0, 2000);
TOKENS.Word.push(...KEYWORDS.keys(), '__proto__', 'constructor', 'toString', 'any', 'others');

const RULES = new Map(grammarRules().map((rule) => [rule.name, rule.definition]));
const BINARY = [
  'or',
  'and',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'contains',
  '..',
  '|',
  '^',
  '&',
  '<<',
  '>>',
  '+',
  '-',
  '*',
  '/',
  'mod',
];
const PREFIX = ['not', '-', '~', '&'];

/** A text that the grammar allows, or all but: deep rules are left out where the text has grown enough. */
function generate(random) {
  const out = [];
  let bytes = 0;
  const put = (text) => {
    out.push(text);
    bytes += text.length + 1;
  };
  const terminal = ({ name, label, terminalLabel }) => {
    const quoted = /^`(.*)`$/.exec(label ?? terminalLabel ?? '');
    if (name === 'Terminator') put(random.below(8) === 0 ? ';' : '\n');
    else if (name === 'BinaryOperator') put(random.pick(BINARY));
    else if (name === 'PrefixOperator') put(random.pick(PREFIX));
    else if (quoted !== null) put(quoted[1]);
    else put(random.pick(TOKENS[name] ?? TOKENS.Word));
    if (random.below(60) === 0) put(random.pick(['# a comment\n', '\n', '## why\n', '\n\n\n', '\t']));
  };
  const many = (part, least, depth) => {
    const count = least + (depth > DEPTH || bytes > GENERATED_BYTES ? 0 : random.below(4));
    for (let index = 0; index < count; index++) {
      if (index > 0 && part.separator) terminal(part.separator);
      all(part.definition, depth);
    }
  };
  const all = (parts, depth) => {
    for (const part of parts ?? []) one(part, depth);
  };
  const one = (part, depth) => {
    switch (part.type) {
      case 'Terminal':
        return terminal(part);
      case 'NonTerminal':
        return depth > 4 * DEPTH ? put('x') : all(RULES.get(part.nonTerminalName ?? part.name), depth + 1);
      case 'Option':
        return random.below(depth > DEPTH ? 6 : 2) === 0 ? all(part.definition, depth) : undefined;
      case 'Alternation': {
        // Deep down the first ways out are the short ones.
        const ways = part.definition;
        return all(
          (depth > DEPTH ? ways[random.below(Math.min(2, ways.length))] : random.pick(ways)).definition,
          depth,
        );
      }
      case 'Repetition':
      case 'RepetitionWithSeparator':
        return many(part, 0, depth);
      default:
        return many(part, 1, depth);
    }
  };
  all(RULES.get('file'), 0);
  return Buffer.from(out.join(' '));
}

/** Every tag is declared, so that a piece is not wrong for want of its own. */
const TAGS = [
  ...new Set(
    names.flatMap((name) =>
      [
        ...corpus
          .get(name)
          .toString('latin1')
          .matchAll(/^\s*tags? (.*)$/gm),
      ].flatMap(([, list]) => list.match(/\w+/g) ?? []),
    ),
  ),
];
const IMPORT = Buffer.from('import { two_partitions } from "./lib/machines.spec"\n');

const SKIPPED = new Set(['span', 'file_span', 'line', 'text']);
const asText = (model) =>
  JSON.stringify(model, (key, part) =>
    SKIPPED.has(key) ? undefined : typeof part === 'bigint' ? part.toString() : part,
  );
const sentences = (text) =>
  lex('', text, new Problems())
    .tokens.map(({ image }) => (image === '\n' ? ';' : image))
    .join('\u0001');

/** What is wrong with `once`, which the formatter made of a text; '' when nothing is. */
function judgeFormat(name, text, once, before) {
  if (format(name, once).value !== once) return 'format(format(x)) is not format(x)';
  if (sentences(once) !== sentences(text.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n')))
    return 'format changes the tokens';
  if (before.diagnostics.some(({ severity }) => severity === 'error')) return '';
  const after = compile([name], hostWith(name, Buffer.from(once)), { tags: TAGS });
  return asText(after.value) === asText(before.value) ? '' : 'format changes the model';
}

function check(name, bytes, tally) {
  const before = compile([name], hostWith(name, bytes), { tags: TAGS });
  tally.done++;
  if (before.diagnostics.length > 0) tally.diagnosed++;
  const text = before.sources.get(name)?.text;
  const once = text === undefined ? undefined : format(name, text).value;
  if (once === undefined) return;
  tally.formatted++;
  const wrong = judgeFormat(name, text, once, before);
  if (wrong !== '') throw new Error(`${wrong}:\n${text}`);
}

const say = (what) => (tally) =>
  `${tally.done} ${what}: ${tally.diagnosed} with diagnostics, ${tally.formatted} formatted twice with the same tokens and model; no exception, no hang`;

/** Whole specs, one byte here and there. */
export const compiling = {
  name: 'compile',
  share: 0.1,
  say: say('mutated specs compiled'),
  tally: () => ({ done: 0, diagnosed: 0, formatted: 0 }),
  start: () => (index, seed, tally) => {
    const random = substream(seed, `compile ${index}`);
    const name = random.pick(names);
    check(name, mutate(corpus.get(name), random), tally);
  },
};

/** Pieces of specs, put together and mutated. */
export const splicing = {
  name: 'splice',
  share: 0.45,
  say: say('texts of mutated pieces compiled'),
  tally: compiling.tally,
  start: () => (index, seed, tally) => {
    const random = substream(seed, `splice ${index}`);
    const pieces = [IMPORT, ...Array.from({ length: 1 + random.below(3) }, () => random.pick(PIECES))];
    check(
      'specs/fuzzed.spec',
      random.below(4) === 0 ? Buffer.concat(pieces) : mutate(Buffer.concat(pieces), random),
      tally,
    );
  },
};

/** Texts made by the grammar. */
export const generating = {
  name: 'generate',
  share: 0.45,
  say: say('texts made by the grammar compiled'),
  tally: compiling.tally,
  start: () => (index, seed, tally) => {
    check('specs/generated.spec', generate(substream(seed, `generate ${index}`)), tally);
  },
};
