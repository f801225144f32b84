import type { ReadFailure, SourceHost } from '../../src/language/host.ts';

/** Files that exist only here: text, bytes, or why they cannot be read. */
export type MemoryFiles = Readonly<Record<string, string | Uint8Array | { readonly failure: ReadFailure }>>;

export function memoryHost(files: MemoryFiles): SourceHost {
  return {
    read: (file) => {
      const content = Object.hasOwn(files, file) ? files[file] : undefined;
      if (content === undefined) return { ok: false, reason: 'missing' };
      if (typeof content === 'string') return { ok: true, bytes: new TextEncoder().encode(content) };
      return content instanceof Uint8Array
        ? { ok: true, bytes: content }
        : { ok: false, reason: content.failure };
    },
    look: (file) => {
      const content = Object.hasOwn(files, file) ? files[file] : { failure: 'missing' as const };
      return typeof content === 'object' && 'failure' in content ? content.failure : undefined;
    },
  };
}
