import type { StructModel, TypeModel } from '../../model/structure.ts';
import type { Scope } from '../scope.ts';
import type { Name, TypeExpr } from '../tree.ts';
import { extentOf } from './layout.ts';
import type { Extent } from './layout.ts';
import type { Names } from './names.ts';

/** A struct has at most this many bytes. */
export const STRUCT_LIMIT: number = 1 << 26;

/** Where types are read: the names of the file, and the structs that a name may stand for. */
export interface TypeContext {
  readonly scope: Scope;
  readonly names: Names;
  /** Reads a type; undefined when there is no such thing, which is reported. */
  readonly type: (expr: TypeExpr, context: TypeContext) => TypeModel | undefined;
  /** A struct of the file by name, elaborated first where it has not been; undefined: none. */
  readonly struct: (name: string, at: Name, by_value: boolean) => StructModel | undefined;
}

/** Extent of a type whose structs have been elaborated. */
export function typeExtent(type: TypeModel, { names, scope }: TypeContext): Extent | undefined {
  return extentOf(type, (name) => names.structs.get(name) ?? scope.unit.shipped.structs.get(name));
}

/**
 * True for a struct of the file, or an array of them, that was not understood, which was told; one that holds itself,
 * too.
 */
export function isWrongStruct(type: TypeModel, { names, scope }: TypeContext): boolean {
  let of = type;
  while (of.kind === 'array') ({ of } = of);
  return of.kind === 'named' && scope.unit.structs.has(of.name) && !names.structs.has(of.name);
}
