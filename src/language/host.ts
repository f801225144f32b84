/** Why a file could not be had. */
export type ReadFailure =
  'missing' | 'directory' | 'too_large' | 'outside_root' | 'link_outside' | 'unreadable';

export type ReadResult =
  { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly reason: ReadFailure };

/** Larger files are not specs: a person wrote those. */
export const MAX_SPEC_BYTES = 4_194_304;

/**
 * Where source texts come from. The language touches no file system itself: the runner gives it one, the tests another.
 * `file` is relative to the project's root, with `/` between folders and without `.` or `..` parts, unless it lies
 * outside.
 */
export interface SourceHost {
  read(file: string): ReadResult;
  /** Why a file could not be read, whatever its size, without reading it; absent where nobody can tell. */
  look?(file: string): ReadFailure | undefined;
}

/**
 * The file that `specifier` in `importer` names, relative to the root. `not_relative` when it does not start with `./`
 * or `../`; `outside_root` when it climbs out.
 */
export function resolveImport(
  importer: string,
  specifier: string,
): string | { readonly failure: 'not_relative' | 'outside_root' } {
  if (!/^\.\.?\//.test(specifier) || /[\\\0]/.test(specifier)) return { failure: 'not_relative' };
  const parts = importer.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length === 0 || parts.at(-1) === '..') return { failure: 'outside_root' };
    else parts.pop();
  }
  return parts.join('/');
}
