import { NO_LIBRARY } from '../model/structure.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { SpecModel } from '../model/scenario.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { withoutEchoes } from './echoes.ts';
import { elaborate } from './elaborate.ts';
import type { SourceHost } from './host.ts';
import { Loader } from './load.ts';
import { Problems } from './problems.ts';

export interface CompileOptions {
  /** Tags that siren.yaml declares. */
  readonly tags?: readonly string[];
  /** What ships: its names need no import. Default: nothing. */
  readonly library?: LibraryModel;
  /** These files are what ships: what they declare is marked so. */
  readonly ships?: boolean;
}

export interface Compiled {
  /** One for each entry file that could be read, in the order given. A scenario with an error is left out. */
  readonly value: readonly SpecModel[];
  /** By file, then by position. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every file that was read, imports included: what carets are drawn from. */
  readonly sources: ReadonlyMap<string, Source>;
}

/**
 * Texts to models. `files` are relative to the project's root. Whatever the bytes, this returns: what is wrong with
 * them is in `diagnostics`, and an exception is a fault of Siren's own.
 */
export function compile(files: readonly string[], host: SourceHost, options: CompileOptions = {}): Compiled {
  const problems = new Problems();
  const loader = new Loader(host, problems, options.library ?? NO_LIBRARY, options.ships === true);
  const tags = new Set(options.tags ?? []);
  const entries = [...new Set(files)];
  const value: SpecModel[] = [];
  for (const file of entries) {
    const unit = loader.load(file);
    if (unit !== undefined) value.push(elaborate(unit, tags, problems));
  }
  return {
    value,
    diagnostics: withoutEchoes(problems.sorted([...entries, ...loader.sources.keys()]), loader.sources),
    sources: loader.sources,
  };
}
