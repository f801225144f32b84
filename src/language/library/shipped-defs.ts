import type { Expression } from '../../model/expression.ts';
import type { LibraryModel } from '../../model/structure.ts';
import { Source } from '../../text/source.ts';
import { fileScope } from '../file-scope.ts';
import { resolveImport } from '../host.ts';
import { plainText } from '../literal.ts';
import { parse } from '../parse.ts';
import type { Problems } from '../problems.ts';
import type { Declared, Unit } from '../scope.ts';
import type { Def, Let } from '../tree.ts';
import type { Shipped } from './shipped.ts';

/**
 * The `def`s and `let`s of what ships, which a project names without importing them. A file is read when the first of
 * them is asked for: what else they name is in the library that was compiled.
 */
export class ShippedDefs {
  readonly #library: LibraryModel;
  readonly #shipped: Shipped;
  readonly #problems: Problems;
  readonly #sources: Map<string, Source>;
  readonly #units = new Map<string, Unit>();

  /** Texts that were read are put into `sources`, for what is said of them. */
  constructor(library: LibraryModel, shipped: Shipped, problems: Problems, sources: Map<string, Source>) {
    this.#library = library;
    this.#shipped = shipped;
    this.#problems = problems;
    this.#sources = sources;
  }

  names(): readonly string[] {
    return Object.keys(this.#library.defs ?? {});
  }

  /** The files that declare it; more than one where its name alone does not tell which is meant. */
  filesOf(name: string): readonly string[] {
    const { defs = {} } = this.#library;
    return Object.hasOwn(defs, name) ? (defs[name] as readonly string[]) : [];
  }

  find(name: string): Declared<Def> | undefined {
    const files = this.filesOf(name);
    if (files.length !== 1) return undefined;
    return this.#unitOf(files[0] as string)?.names.get(name) as Declared<Def> | undefined;
  }

  /** What a `let` stands for, where its name alone tells which is meant. */
  valueOf(name: string): Expression | undefined {
    const files = this.#filesOfLet(name);
    const unit = files.length === 1 ? this.#unitOf(files[0] as string) : undefined;
    return unit && fileScope(unit, this.#problems).values.get(name);
  }

  #filesOfLet(name: string): readonly string[] {
    const { lets = {} } = this.#library;
    return Object.hasOwn(lets, name) ? (lets[name] as readonly string[]) : [];
  }

  /** Of a `let` that several files have: which one is meant has to be said. */
  whichLet(name: string): string | undefined {
    const files = this.#filesOfLet(name);
    return files.length > 1
      ? `${files.join(', ')} have one each: import the one that is meant, or write a \`let\``
      : undefined;
  }

  #unitOf(file: string): Unit | undefined {
    const known = this.#units.get(file);
    const text = this.#library.texts?.[file];
    if (known !== undefined || text === undefined) return known;
    const source = this.#sources.get(file) ?? new Source(file, text);
    this.#sources.set(file, source);
    const unit: Unit = {
      file,
      source,
      names: new Map(),
      structs: new Map(),
      locators: new Map(),
      validators: new Map(),
      shipped: this.#shipped,
      shipped_defs: this,
      look: () => undefined,
      ...parse(file, text, this.#problems),
    };
    this.#units.set(file, unit);
    for (const node of unit.tree.declarations) {
      if (isNamed(node)) unit.names.set(node.name.text, { unit, node });
      if (node.kind !== 'import') continue;
      const from = resolveImport(file, plainText(node.from.text));
      const other = typeof from === 'string' ? this.#unitOf(from) : undefined;
      for (const { text: name } of node.names) {
        const declared = other?.names.get(name);
        if (declared !== undefined) unit.names.set(name, declared);
      }
    }
    return unit;
  }
}

function isNamed(node: { readonly kind: string }): node is Def | Let {
  return node.kind === 'def' || node.kind === 'let';
}
