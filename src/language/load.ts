import type { LibraryModel } from '../model/structure.ts';
import type { Label } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { resolveImport } from './host.ts';
import type { SourceHost } from './host.ts';
import { shippedOf } from './library/shipped.ts';
import type { Shipped } from './library/shipped.ts';
import { ShippedDefs } from './library/shipped-defs.ts';
import { plainText } from './literal.ts';
import { bindNames } from './names.ts';
import { parse } from './parse.ts';
import type { Problems } from './problems.ts';
import { cannotRead, readSource } from './read.ts';
import { label } from './scope.ts';
import type { Unit } from './scope.ts';
import type { Import } from './tree.ts';

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
  readonly #shipped: Shipped;
  readonly #defs: ShippedDefs;

  constructor(host: SourceHost, problems: Problems, library: LibraryModel, ships: boolean) {
    this.#shipped = shippedOf(library, ships);
    this.#defs = new ShippedDefs(library, this.#shipped, problems, this.sources);
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
      if (file.failure === 'outside_root') return cannotRead(specifier, 'outside_root', here, this.#problems);
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
    const source = readSource(file, this.#host, this.#problems, from);
    if (source === undefined) return undefined;
    this.sources.set(file, source);
    const parsed = parse(file, source.text, this.#problems);
    if (parsed.whole && parsed.tree.declarations.length === 0) {
      const at = [{ span: { file, start: 0, end: 0 }, text: 'nothing is declared' }];
      this.#problems.error('E0109', `\`${file}\` is empty`, at, 'write a `scenario`, or remove the file');
    }
    return {
      file,
      source,
      names: new Map(),
      structs: new Map(),
      locators: new Map(),
      validators: new Map(),
      shipped: this.#shipped,
      shipped_defs: this.#defs,
      look: (path) => this.#host.look?.(path),
      ...parsed,
    };
  }
}
