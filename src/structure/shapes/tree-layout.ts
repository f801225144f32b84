import type { Address } from '../../base/address.ts';
import { findMember, resolveType } from '../../model/type-source.ts';
import type { Root } from '../elements.ts';
import type { LinkedLocator } from '../locators.ts';

/** Where the parts of a tree lie. */
export interface TreeLayout {
  readonly parent: number;
  readonly left: number;
  readonly right: number;
  /** rb_root.rb_node, and rb_leftmost where the root caches it. */
  readonly root: Address;
  readonly root_member: string;
  readonly leftmost: Address | undefined;
  readonly leftmost_member: string;
}

/** rb_root_cached has an rb_root and rb_leftmost; a timerqueue_head has an rb_root_cached. */
export function layoutOf(locator: LinkedLocator, root: Root): TreeLayout {
  const { source, at } = locator;
  let type = locator.program.root_types[root.from];
  let [offset, path] = [0, ''];
  let cached: { offset: number; path: string } | undefined;
  for (let depth = 0; depth < 4 && type?.kind === 'aggregate'; depth++) {
    const leftmost = findMember(type, 'rb_leftmost', source);
    if (leftmost && leftmost !== 'opaque')
      cached = { offset: offset + leftmost.offset, path: `${path}.rb_leftmost` };
    const node = findMember(type, 'rb_node', source);
    const inner = node && node !== 'opaque' ? node : findMember(type, 'rb_root', source);
    if (!inner || inner === 'opaque') break;
    offset += inner.offset;
    path += `.${inner.name}`;
    if (inner === node) break;
    const seen = resolveType(inner.type, source);
    type = seen === 'opaque' ? undefined : seen;
  }
  return {
    parent: at('rb_node', '__rb_parent_color'),
    left: at('rb_node', 'rb_left'),
    right: at('rb_node', 'rb_right'),
    root: root.head + offset,
    root_member: path,
    leftmost: cached && root.head + cached.offset,
    leftmost_member: cached?.path ?? '',
  };
}
