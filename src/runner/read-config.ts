import { Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type YAMLError } from 'yaml';
import type { Checked, Diagnostic, Label } from '../text/diagnostic.ts';
import type { Span } from '../text/span.ts';
import { nearest } from '../language/suggest.ts';
import {
  CONFIG_FILE,
  type Config,
  DEFAULT_CONFIG,
  MAX_WORKERS,
  type PathArgument,
  type ProjectTag,
  type ReporterName,
  REPORTERS,
} from './config.ts';

const MAX_ENTRIES = 10_000;
const MAX_PROBLEMS = 50;
const MAX_DEPTH = 64;
const TAG_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

type Pair = { readonly key: Node; readonly value: Node };

/** Reads the text of siren.yaml. Wrong keys are reported and keep their default; nothing throws. */
export function readConfig(text: string): Checked<Config> {
  return new ConfigReader(text).read();
}

/** Every key, and how its value is read: undefined after a problem. */
const KEYS: {
  readonly [K in keyof Required<Config>]: (reader: ConfigReader, value: Node) => Config[K] | undefined;
} = {
  paths: (reader, value) => reader.paths(value),
  target: (reader, value) => reader.oneOf(value, 'target', ['sim', 'qemu', 'core']),
  workers: (reader, value) => reader.integer(value, 'workers', 0, MAX_WORKERS),
  reports: (reader, value) => reader.folderInside(value, 'reports'),
  reporters: (reader, value) => reader.reporters(value),
  timeout_s: (reader, value) => reader.integer(value, 'timeout_s', 1, 86_400),
  seed: (reader, value) => reader.integer(value, 'seed', 0, Number.MAX_SAFE_INTEGER),
  tags: (reader, value) => reader.tags(value),
};

class ConfigReader {
  readonly #text: string;
  readonly #diagnostics: Diagnostic[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): Checked<Config> {
    const root = this.#parse();
    const read = new Map<string, unknown>();
    for (const { key, value } of root === undefined ? [] : this.pairs(root, CONFIG_FILE)) {
      const name = this.word(key, 'a key');
      if (name === undefined) continue;
      if (Object.hasOwn(KEYS, name)) read.set(name, KEYS[name as keyof Config](this, value));
      else this.#unknownKey(key, name);
    }
    const given = Object.fromEntries([...read].filter(([, value]) => value !== undefined));
    return { value: { ...DEFAULT_CONFIG, ...given }, diagnostics: this.#diagnostics };
  }

  /** The root node, or undefined when there is nothing to read on. */
  #parse(): Node | undefined {
    if (bracketDepth(this.#text) > MAX_DEPTH) {
      this.#problem('E0802', `brackets are nested more than ${MAX_DEPTH} deep`, this.#span(0, 1));
      return undefined;
    }
    let document: Document.Parsed;
    try {
      document = parseDocument(this.#text, { prettyErrors: false, strict: true });
    } catch (error) {
      // The parser recurses over nested blocks; a file made to overflow its stack ends here.
      const why = error instanceof RangeError ? 'it is nested too deeply' : String(error);
      this.#problem('E0802', `siren.yaml cannot be parsed: ${why}`, this.#span(0, 1));
      return undefined;
    }
    for (const fault of [...document.errors, ...document.warnings]) {
      const [start, end] = fault.pos;
      // The parser marks the first letter of a key given twice; people see words.
      const word = /^[\w-]*/.exec(this.#text.slice(start, start + 100))?.[0].length ?? 0;
      this.#problem('E0802', said(fault), this.#span(start, Math.max(end, start + word)));
    }
    // What the parser could only guess at is not reported a second time.
    if (document.errors.length > 0) return undefined;
    const root = document.contents;
    return root === null || (isScalar(root) && root.value === null) ? undefined : root;
  }

  /** The pairs of a map; a problem and none for anything else. */
  pairs(node: Node, what: string): Pair[] {
    if (!isMap(node)) {
      this.#problem('E0803', `${what} must be a map, and this is ${kindOf(node)}`, this.#at(node));
      return [];
    }
    if (node.items.length > MAX_ENTRIES) {
      this.#problem('E0805', `${what} has more than ${MAX_ENTRIES} entries`, this.#at(node));
      return [];
    }
    const pairs: Pair[] = [];
    for (const item of node.items as { key: Node; value: Node | null }[]) {
      if (item.value !== null) pairs.push({ key: item.key, value: item.value });
      else this.#problem('E0803', 'a key without a value', this.#at(item.key));
    }
    return pairs;
  }

  word(node: Node, what: string): string | undefined {
    if (isScalar(node) && typeof node.value === 'string' && node.value !== '') return node.value;
    this.#problem('E0803', `${what} must be text, and this is ${kindOf(node)}`, this.#at(node));
    return undefined;
  }

  /** One word, or a list of them. */
  words(node: Node, name: string, takes: string): readonly { text: string; node: Node }[] | undefined {
    if (!isSeq(node)) {
      const text =
        isScalar(node) && typeof node.value === 'string' ? this.word(node, `\`${name}\``) : undefined;
      if (text !== undefined) return [{ text, node }];
      this.#problem('E0803', `\`${name}\` takes ${takes}, and this is ${kindOf(node)}`, this.#at(node));
      return undefined;
    }
    if (node.items.length > MAX_ENTRIES) {
      this.#problem('E0805', `\`${name}\` has more than ${MAX_ENTRIES} entries`, this.#at(node));
      return undefined;
    }
    const words: { text: string; node: Node }[] = [];
    for (const item of node.items as Node[]) {
      const text = this.word(item, `an entry of \`${name}\``);
      if (text !== undefined) words.push({ text, node: item });
    }
    return words;
  }

  /** A folder of the project. Who runs Siren may send the reports anywhere; who wrote siren.yaml may not. */
  folderInside(node: Node, name: string): string | undefined {
    const path = this.word(node, `\`${name}\``);
    if (path === undefined) return undefined;
    let depth = 0;
    for (const part of path.split(/[\\/]/)) {
      if (part === '..') depth--;
      else if (part !== '' && part !== '.') depth++;
      if (depth < 0) break;
    }
    if (depth >= 0 && !/^(?:[\\/]|[A-Za-z]:)/.test(path) && !path.includes('\0')) return path;
    const help = `name a folder in the project, or give \`--${name}\` on the command line`;
    this.#problem('E0813', `\`${name}\` leads out of the project`, this.#at(node), help);
    return undefined;
  }

  paths(node: Node): readonly PathArgument[] | undefined {
    const words = this.words(node, 'paths', 'a list of files and folders');
    if (isSeq(node) && node.items.length === 0)
      this.#problem('E0805', '`paths` needs at least one entry', this.#at(node));
    return words?.map((word) => ({ text: word.text, span: this.#at(word.node) }));
  }

  oneOf<T extends string>(node: Node, name: string, takes: readonly T[]): T | undefined {
    const word = this.word(node, `\`${name}\``);
    if (word === undefined) return undefined;
    if ((takes as readonly string[]).includes(word)) return word as T;
    const near = nearest(word, takes);
    const help = near === undefined ? undefined : `did you mean \`${near}\`?`;
    this.#problem(
      'E0805',
      `\`${name}\` is one of ${takes.join(', ')}, not \`${word}\``,
      this.#at(node),
      help,
    );
    return undefined;
  }

  integer(node: Node, name: string, low: number, high: number): number | undefined {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      this.#problem('E0803', `\`${name}\` takes a whole number, and this is ${kindOf(node)}`, this.#at(node));
      return undefined;
    }
    if (value >= low && value <= high) return value;
    this.#problem('E0805', `\`${name}\` is ${value}, and must be in ${low}..${high}`, this.#at(node));
    return undefined;
  }

  reporters(node: Node): readonly ReporterName[] | undefined {
    const words = this.words(node, 'reporters', `a list of ${REPORTERS.join(', ')}`);
    const named = words?.map((word) => this.oneOf(word.node, 'reporters', REPORTERS));
    return named && [...new Set(named.filter((name) => name !== undefined))];
  }

  tags(node: Node): readonly ProjectTag[] {
    const tags: ProjectTag[] = [];
    for (const pair of this.pairs(node, '`tags`')) {
      const name = this.word(pair.key, 'the name of a tag');
      if (name === undefined) continue;
      if (!TAG_NAME.test(name)) {
        const help = 'a tag is letters, digits, `_` and `-`, and starts with a letter';
        this.#problem('E0805', `\`${name}\` cannot be the name of a tag`, this.#at(pair.key), help);
        continue;
      }
      if (name === 'and' || name === 'or' || name === 'not') {
        this.#problem(
          'E0805',
          `\`${name}\` is a word of tag expressions, so no tag can have it`,
          this.#at(pair.key),
        );
        continue;
      }
      const doc = this.word(pair.value, `what \`${name}\` is for`);
      if (doc !== undefined) tags.push({ name, doc, span: this.#at(pair.key) });
    }
    return tags;
  }

  #unknownKey(key: Node, name: string): void {
    const keys = Object.keys(KEYS);
    const near = nearest(name, keys);
    const help = near === undefined ? `the keys are ${keys.join(', ')}` : `did you mean \`${near}\`?`;
    this.#problem('E0804', `siren.yaml has no key \`${name}\``, this.#at(key), help);
  }

  #at(node: Node): Span {
    const [start, end] = node.range ?? [0, 0];
    return this.#span(start, end);
  }

  #span(start: number, end: number): Span {
    const from = Math.min(start, this.#text.length);
    return { file: CONFIG_FILE, start: from, end: Math.max(from, Math.min(end, this.#text.length)) };
  }

  #problem(code: string, message: string, span: Span, help?: string): void {
    if (this.#diagnostics.length >= MAX_PROBLEMS) return;
    const labels: readonly Label[] = [{ span, text: '' }];
    this.#diagnostics.push({
      code,
      severity: 'error',
      message,
      labels,
      ...(help === undefined ? {} : { help }),
    });
  }
}

/** What a node is, in words that a user knows. */
function kindOf(node: Node): string {
  if (isAlias(node)) return 'an alias, which siren.yaml does not take';
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return 'a list';
  const value = isScalar(node) ? node.value : undefined;
  if (value === null || value === '') return 'empty';
  return typeof value === 'string'
    ? 'text'
    : typeof value === 'number'
      ? `the number ${value}`
      : `\`${String(value)}\``;
}

/** What the parser says, in a line; of a second document it says what a program should call. */
function said({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'siren.yaml is one document, and here another begins';
  const line = message.split('\n', 1)[0] as string;
  return line.length > 300 ? `${line.slice(0, 300)} …` : line;
}

/** How deep flow brackets nest at most, strings not considered: enough to refuse what would exhaust the parser. */
function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}
