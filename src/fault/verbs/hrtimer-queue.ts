import type { Address } from '../../base/address.ts';
import { trueBits } from '../../base/fold.ts';
import type { Kernel } from '../../place/kernel.ts';
import type { BytesPlace } from '../../place/place.ts';
import { locations } from '../../place/place.ts';
import { objectAt } from '../../place/typed.ts';
import { tree } from '../../place/walk.ts';
import type { Target } from '../../target/target.ts';
import type { Effect } from '../injection.ts';
import { NO_BYTES, refused } from '../injection.ts';
import { memberAddress, memberPlace, storeWord } from '../words.ts';
import { readPlace } from '../write.ts';

const RB_BLACK = 1n;

/** Where the members of an rb_node lie in it. */
interface NodeLayout {
  readonly parent: number;
  readonly left: number;
  readonly right: number;
}

/**
 * Takes an hrtimer out of its clock's tree; its own state stays, so hrtimer_is_queued() goes on saying yes. The tree
 * that is left is built anew from its nodes in order, perfectly balanced with its lowest level red: as valid as what
 * rb_erase leaves.
 */
export function dequeueHrtimer(live: Target, kernel: Kernel, timer: BytesPlace): Effect {
  const state = memberPlace(kernel, timer, 'state');
  const node = memberAddress(kernel, timer, 'node.node');
  const base_at = memberAddress(kernel, timer, 'base');
  const base_address = base_at === undefined ? undefined : kernel.u64(base_at);
  const layout = layoutOf(kernel, timer);
  if (!state || node === undefined || base_address === undefined || !layout)
    return refused(`${timer.text} cannot be read`);
  if (readPlace(live, state)?.[0] !== 1) return { kind: 'later', note: 'it was not queued' };
  const base = objectAt(kernel, base_address, 'hrtimer_clock_base', { text: timer.text });
  const root = base.ok ? memberPlace(kernel, base.value, 'active.rb_root') : undefined;
  const root_node = root && memberAddress(kernel, root, 'rb_root.rb_node');
  const leftmost = root && memberAddress(kernel, root, 'rb_leftmost');
  if (!base.ok || !root || root_node === undefined || leftmost === undefined) {
    return refused(`${timer.text}: its base cannot be read`);
  }
  const nodes = tree(kernel, root_node, layout.left, layout.right, timer.text);
  if (!nodes.ok) return refused(`${timer.text}: its tree cannot be walked`);
  const left = nodes.value.filter((known) => known !== node);
  if (left.length === nodes.value.length) return { kind: 'later', note: 'it was not in the tree' };
  const before = readPlace(live, root) ?? NO_BYTES;
  const top = build(live, kernel, layout, left);
  storeWord(live, kernel, root_node, top);
  storeWord(live, kernel, leftmost, left[0] ?? 0);
  if (left.length === 0) clearActive(live, kernel, base.value);
  const after = readPlace(live, root) ?? NO_BYTES;
  return { kind: 'done', place: timer, before, after, watch: locations(root), note: 'taken off its tree' };
}

function layoutOf(kernel: Kernel, timer: BytesPlace): NodeLayout | undefined {
  const start = memberAddress(kernel, timer, 'node.node');
  const [parent, left, right] = ['__rb_parent_color', 'rb_left', 'rb_right'].map((name) =>
    memberAddress(kernel, timer, `node.node.${name}`),
  );
  if (start === undefined || parent === undefined || left === undefined || right === undefined)
    return undefined;
  return { parent: parent - start, left: left - start, right: right - start };
}

/** Links nodes, in order, into a balanced tree; returns its top, 0 for none. */
function build(live: Target, kernel: Kernel, layout: NodeLayout, nodes: readonly Address[]): Address {
  const black_levels = Math.floor(Math.log2(nodes.length + 1));
  const link = (from: number, to: number, parent: Address, depth: number): Address => {
    if (from >= to) return 0;
    const middle = (from + to) >> 1;
    const node = nodes[middle] as Address;
    const colour = depth < black_levels ? RB_BLACK : 0n;
    storeWord(live, kernel, node + layout.parent, trueBits(kernel.fold, parent) | colour);
    storeWord(live, kernel, node + layout.left, link(from, middle, node, depth + 1));
    storeWord(live, kernel, node + layout.right, link(middle + 1, to, node, depth + 1));
    return node;
  };
  return link(0, nodes.length, 0, 0);
}

/** An empty clock is not active: hrtimer_get_next_event() relies on it. */
function clearActive(live: Target, kernel: Kernel, base: BytesPlace): void {
  const index_at = memberAddress(kernel, base, 'index');
  const cpu_base_at = memberAddress(kernel, base, 'cpu_base');
  const index = index_at === undefined ? undefined : kernel.u32(index_at);
  const cpu_base = cpu_base_at === undefined ? undefined : kernel.u64(cpu_base_at);
  if (index === undefined || index > 31 || cpu_base === undefined) return;
  const object = objectAt(kernel, cpu_base, 'hrtimer_cpu_base', { text: '' });
  const active = object.ok ? memberPlace(kernel, object.value, 'active_bases') : undefined;
  const bytes = active && readPlace(live, active);
  const run = active?.runs[0];
  if (!bytes || !run) return;
  const byte = index >> 3;
  const cleared = new Uint8Array([(bytes[byte] as number) & ~(1 << (index & 7))]);
  kernel.partition.memory.write(run.physical + byte, cleared);
}
