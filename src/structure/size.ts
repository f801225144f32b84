import type { TypeModel } from '../model/structure.ts';
import type { TypeSource } from '../model/type-source.ts';
import { resolveType } from '../model/type-source.ts';

const DEPTH_LIMIT = 32;

/** Bytes of a value of a type; 0 of `void`, undefined where a type is not known here or has no end. */
export function bytesOf(type: TypeModel, source: TypeSource, depth = 0): number | undefined {
  const seen = resolveType(type, source);
  if (seen === undefined || seen === 'opaque' || depth > DEPTH_LIMIT) return undefined;
  switch (seen.kind) {
    case 'int':
    case 'enum':
    case 'aggregate':
      return seen.bytes;
    case 'pointer':
      return 8;
    case 'array': {
      const of = bytesOf(seen.of, source, depth + 1);
      return of === undefined ? undefined : seen.count * of;
    }
    default:
      return seen.kind === 'void' ? 0 : 1;
  }
}
