import type { Shape as ShapeName } from '../../model/structure.ts';
import { array } from './array.ts';
import { bitmap } from './bitmap.ts';
import { freelist, llist } from './chain.ts';
import { graph } from './graph.ts';
import { hash } from './hash.ts';
import { hlist } from './hlist.ts';
import { list } from './list.ts';
import { maple } from './maple.ts';
import { one } from './one.ts';
import { ringBuffer } from './ring-buffer.ts';
import type { Shape } from './shape.ts';
import { tree } from './tree.ts';
import { xarray } from './xarray.ts';

/** The bounded walkers. */
export const SHAPES: Readonly<Record<ShapeName, Shape>> = {
  one,
  list,
  hlist,
  llist,
  tree,
  hash,
  array,
  ring: ringBuffer,
  freelist,
  bitmap,
  xarray,
  maple,
  graph,
};
