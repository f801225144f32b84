import type { Shape as ShapeName } from '../../model/structure.ts';
import { array } from './array.ts';
import { graph } from './graph.ts';
import { list } from './list.ts';
import { one } from './one.ts';
import type { Shape } from './shape.ts';
import { tree } from './tree.ts';

/** The bounded walkers. */
export const SHAPES: Readonly<Record<ShapeName, Shape>> = {
  one, list, tree, array, graph, hlist: one, llist: one, hash: one, ring: one, freelist: graph, bitmap: one, xarray: one, maple: one,
}; // prettier-ignore
