import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LibraryModel } from '../model/structure.ts';
import { NO_LIBRARY } from '../model/structure.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { fileHost } from './files.ts';
import { joined } from './library-merge.ts';

/** Where the library's text is, in a checkout and in the package. */
const FOLDER = 'specs/lib';
const ROOT = new URL('../../', import.meta.url);
/** What scripts/build.mjs made of it: beside the built modules, not beside their sources. */
const BUILT = new URL('../library.json', import.meta.url);

let known: Promise<LibraryModel> | undefined;

/** The library that ships: as it was compiled when Siren was built; from sources, compiled once in each thread. */
export function shippedLibrary(): Promise<LibraryModel> {
  known ??= existsSync(BUILT)
    ? Promise.resolve(decodeLibrary(readFileSync(BUILT, 'utf8')))
    : compileLibrary(fileURLToPath(ROOT)).then(({ library }) => library);
  return known;
}

/** Compiles the specs in `specs/lib` of a root. What has errors is left out. @public scripts/build.mjs */
export async function compileLibrary(
  root: string,
): Promise<{ readonly library: LibraryModel; readonly diagnostics: readonly Diagnostic[] }> {
  const { compile } = await import('../language/compile.ts');
  const files = readdirSync(join(root, FOLDER))
    .filter((name) => name.endsWith('.spec'))
    .sort()
    .map((name) => `${FOLDER}/${name}`);
  const { value, diagnostics } = compile(files, fileHost(root), { ships: true });
  const library = value.map((model) => model.library).reduce(joined, NO_LIBRARY);
  return { library, diagnostics };
}

const STATEMENTS: ReadonlySet<unknown> = new Set(['let', 'require', 'each', 'if', 'walk']);

/**
 * The library as JSON, which has no numbers of 64 bits: they are `{ "bigint": "…" }` in it. A formula stands where its
 * sentence stands; what of that sentence it is nobody asks of a library that has been compiled. @public
 * scripts/build.mjs
 */
export function encodeLibrary(library: LibraryModel): string {
  return JSON.stringify(library, (_key, value: unknown) => {
    if (typeof value === 'bigint') return { bigint: value.toString() };
    if (typeof value !== 'object' || value === null || !('kind' in value) || STATEMENTS.has(value.kind))
      return value;
    return { ...value, span: undefined };
  });
}

function decodeLibrary(text: string): LibraryModel {
  const library = JSON.parse(text) as LibraryModel;
  revive(library as unknown as Record<string, unknown>, { file: '', start: 0, end: 0 });
  return library;
}

/** Makes numbers of what stands for them, and puts formulas where their sentence is. */
function revive(value: Record<string, unknown>, around: unknown): void {
  if ('kind' in value) value['span'] ??= around;
  const span = value['span'] ?? around;
  for (const key in value) {
    const inner = value[key];
    if (typeof inner !== 'object' || inner === null || key === 'span') continue;
    if ('bigint' in inner) value[key] = BigInt(inner.bigint as string);
    else revive(inner as Record<string, unknown>, span);
  }
}
