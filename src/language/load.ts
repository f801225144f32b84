import type { Label } from '../text/diagnostic.ts';
import { Source } from '../text/source.ts';
import { MAX_SPEC_BYTES, resolveImport } from './host.ts';
import type { ReadFailure, SourceHost } from './host.ts';
import { plainText } from './literal.ts';
import { bindNames } from './names.ts';
import { parse } from './parse.ts';
import type { Problems } from './problems.ts';
import { label } from './scope.ts';
import type { Unit } from './scope.ts';
import type { Import } from './tree.ts';

const FAILURES: Readonly<Record<ReadFailure, readonly [code: string, what: string, help: string]>> = {
  missing: ['E0101', 'does not exist', 'is the name spelled as the file is?'],
  directory: ['E0102', 'is a folder', 'name a file in it'],
  too_large: [
    'E0103',
    `is larger than ${MAX_SPEC_BYTES / 1_048_576} MiB`,
    'a spec is written by people: take it apart',
  ],
  outside_root: [
    'E0104',
    "lies outside the project's root",
    'a spec reads nothing but files of its own project',
  ],
  link_outside: ['E0105', "is a link that leads out of the project's root", 'copy the file into the project'],
  unreadable: ['E0106', 'cannot be read', 'look at its permissions'],
};

/** Imports may be chained this deep. */
const IMPORT_DEPTH = 64;

/** Reads files once each, follows their imports, binds their names. */
export class Loader {
  readonly units: Map<string, Unit | undefined> = new Map();
  readonly sources: Map<string, Source> = new Map();
  /** Files being read: an import of one of them closes a cycle. */
  readonly #open: string[] = [];
  readonly #host: SourceHost;
  readonly #problems: Problems;

  constructor(host: SourceHost, problems: Problems) {
    this.#host = host;
    this.#problems = problems;
  }

  /** The file's unit; undefined when it is no text (and that was reported, at `from` if it was imported). */
  load(file: string, from?: Label): Unit | undefined {
    if (this.units.has(file)) return this.units.get(file);
    const unit = this.#read(file, from);
    this.units.set(file, unit);
    if (unit === undefined) return undefined;
    this.#open.push(file);
    const imports = new Map<Import, Unit | undefined>();
    for (const node of unit.tree.declarations) {
      if (node.kind === 'import') imports.set(node, this.#import(unit, node));
    }
    this.#open.pop();
    bindNames(unit, (node) => imports.get(node), this.#problems);
    return unit;
  }

  #import(unit: Unit, node: Import): Unit | undefined {
    const specifier = plainText(node.from.text);
    const file = resolveImport(unit.file, specifier);
    const here = label(unit, node.from, '');
    if (typeof file !== 'string') {
      if (file.failure === 'outside_root') return this.#failed(specifier, 'outside_root', here);
      const help = 'write it as seen from this file, with `/`, as in "./lib/machines.spec"';
      this.#problems.error(
        'E0112',
        `\`${specifier}\` is no relative path`,
        [{ ...here, text: 'starts with neither `./` nor `../`' }],
        help,
      );
      return undefined;
    }
    const opened = this.#open.indexOf(file);
    if (opened >= 0) {
      const ring = [...this.#open.slice(opened), file].map((one) => `\`${one}\``).join(' imports ');
      const help = 'move what both need into a third file';
      this.#problems.error(
        'E0110',
        `imports form a ring: ${ring}`,
        [{ ...here, text: 'closes the ring' }],
        help,
      );
      return undefined;
    }
    if (this.#open.length >= IMPORT_DEPTH) {
      const message = `imports are chained more than ${IMPORT_DEPTH} deep`;
      this.#problems.error(
        'E0113',
        message,
        [{ ...here, text: 'one too many' }],
        'import what is needed directly',
      );
      return undefined;
    }
    return this.load(file, here);
  }

  #read(file: string, from: Label | undefined): Unit | undefined {
    const result = this.#host.read(file);
    const here = from ?? { span: { file, start: 0, end: 0 }, text: '' };
    if (!result.ok) return this.#failed(file, result.reason, here);
    const { bytes } = result;
    if (bytes.length > MAX_SPEC_BYTES) return this.#failed(file, 'too_large', here);
    if (bytes.includes(0))
      return this.#noText('E0108', file, 'is binary, not text', 'a spec is a text file', here);
    const text = decode(bytes);
    if (text === undefined) return this.#noText('E0107', file, 'is not UTF-8', 'save it as UTF-8', here);
    const source = new Source(file, text);
    this.sources.set(file, source);
    const parsed = parse(file, text, this.#problems);
    if (parsed.whole && parsed.tree.declarations.length === 0) {
      const at = [{ span: { file, start: 0, end: 0 }, text: 'nothing is declared' }];
      this.#problems.error('E0109', `\`${file}\` is empty`, at, 'write a `scenario`, or remove the file');
    }
    return { file, source, names: new Map(), ...parsed };
  }

  #failed(file: string, reason: ReadFailure, here: Label): undefined {
    const [code, what, help] = FAILURES[reason];
    return this.#noText(code, file, what, help, here);
  }

  #noText(code: string, file: string, what: string, help: string, here: Label): undefined {
    this.#problems.error(code, `\`${file}\` ${what}`, [{ ...here, text: here.text || 'this file' }], help);
  }
}

/**
 * UTF-8 to text; undefined when it is none. The strict decoder makes strings of two bytes a character, which every later step pays
 * for, so it is asked only when the lenient one had to replace something, or a file says U+FFFD.
 */
function decode(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  if (!text.includes('\ufffd')) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
