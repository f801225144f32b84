import type { Address } from '../../../../../base/address.ts';
import { resolved, sizeOf } from '../../../../../formats/locator-code/types.ts';
import type { Cpu } from '../../../step.ts';
import type { Part } from '../../assembler.ts';
import { Label } from '../../assembler.ts';
import { r12, rsi } from '../../kernel/registers.ts';
import { USER_DATA } from '../../memory-map.ts';
import { bTreeOf, pointerTo } from './graph.ts';
import type { AppLayout, FillLayout } from './layout.ts';
import { memberAt, NotBuilt, spotsOf } from './spots.ts';
import { eraseAndStore } from './store.ts';

/** A node of a B-tree whose last key was taken out and not put back yet; one for each structure of the app. */
const WITHDRAWN: Address = USER_DATA + 0x40;
/** Programs have room for the work on so many structures. */
const FILLS_LIMIT = 32;
/** How long one that waits for a lock spins before it looks again. */
const SPIN_NS = 5_000;

type Random = (cpu: Cpu, bound: number) => number;

/**
 * What an app does all day: each of its structures in turn, under the lock that guards it. It looks something up, an
 * element moves, a number changes; each store that a compiler could not merge with the one before is a step of its own,
 * so an interrupt can come in the middle. A pointer that leads out of its data is not followed: the app leaves such a
 * structure alone.
 */
export function workOf(layout: AppLayout, random: Random): Part {
  return layout.fills
    .slice(0, FILLS_LIMIT)
    .filter(({ total }) => total > 0)
    .map((fill, number): Part => {
      const lock = lockOf(fill, layout);
      const changes = [
        lookAt(fill, layout, random),
        moveOf(fill, layout, random, number),
        refillOf(fill, layout, random),
      ];
      return lock === undefined ? changes : guarded(lock, changes);
    });
}

/** The lock word is a byte that is not zero while somebody holds it. */
function guarded(lock: Address, work: Part): Part {
  const take = new Label();
  return [
    take,
    (cpu) => {
      if (cpu.load32(lock) !== 0) {
        cpu.spend(SPIN_NS);
        return cpu.jump(take.at);
      }
      cpu.store32(lock, 1);
    },
    work,
    (cpu) => cpu.store8(lock, 0),
  ];
}

function lockOf({ locator, heads }: FillLayout, layout: AppLayout): Address | undefined {
  const [head] = heads;
  const own = layout.model.locks.map((name) => layout.symbols.get(name)).find((at) => at !== undefined);
  if (!locator.guard || !head) return own;
  const object = {
    address: head.object,
    type: head.object_type,
    object: head.object,
    object_type: head.object_type,
  };
  return quietly(() => spotsOf(locator.guard ?? head_missing, layout, object)[0]?.address) ?? own;
}

const head_missing = { kind: 'element', span: { file: '', start: 0, end: 0 } } as const;

/** What cannot be said before the process runs is left alone. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (caught) {
    if (caught instanceof NotBuilt) return undefined;
    throw caught;
  }
}

/** Words that say how many elements there are, or the sum of one member. */
function wordsOf(
  fill: FillLayout,
  layout: AppLayout,
  sum?: string,
): readonly { readonly at: Address; readonly bytes: number }[] {
  return layout.model.words.flatMap(({ symbol, bytes, value }) => {
    const at = layout.symbols.get(symbol);
    if (at === undefined || value.kind === 'constant' || value.locator !== fill.locator.name) return [];
    const wanted =
      sum === undefined ? value.kind === 'count' : value.kind === 'sum' && value.member.join('.') === sum;
    return wanted ? [{ at, bytes }] : [];
  });
}

/** Adds to words of memory, one step each. */
function addTo(words: readonly { readonly at: Address; readonly bytes: number }[], change: number): Part {
  return words.map(
    ({ at, bytes }): Part =>
      (cpu: Cpu) =>
        add(cpu, at, bytes, change),
  );
}

function add(cpu: Cpu, at: Address, bytes: number, change: number): void {
  if (bytes === 1) cpu.store8(at, (cpu.load8(at) + change) & 0xff);
  else if (bytes === 2) cpu.store16(at, (cpu.load16(at) + change) & 0xffff);
  else if (bytes === 4) cpu.store32(at, (cpu.load32(at) + change) >>> 0);
  else cpu.store64(at, cpu.load64(at) + change);
}

/** A structural change that the shape allows. */
function moveOf(fill: FillLayout, layout: AppLayout, random: Random, number: number): Part {
  const { locator, heads } = fill;
  const [head] = heads;
  if (!head) return [];
  const counted = wordsOf(fill, layout);
  switch (locator.shape) {
    case 'list':
      return rotate(head.address, within(layout), counted);
    case 'hlist':
    case 'hash':
      return relink(
        heads.map(({ address }) => address),
        random,
        within(layout),
        counted,
      );
    case 'llist':
      return popAndPush(head.address, 0, within(layout), counted);
    case 'freelist': {
      const offset = quietly(() => pointerTo(fill, layout));
      return offset === undefined ? [] : popAndPush(head.address, offset, within(layout), counted);
    }
    case 'xarray':
    case 'maple':
      return eraseAndStore(fill, layout, within(layout), random, (change) => addTo(counted, change));
    case 'graph':
      return withdraw(fill, layout, random, WITHDRAWN + number * 8);
    default:
      return [];
  }
}

/** Whether an address lies in an app's own data, as its pointers do. */
type Sound = (address: Address) => boolean;

function within({ base, bytes }: AppLayout): Sound {
  return (address) => address >= base && address < base + bytes && (address & 7) === 0;
}

/** Words of an element that a look at it reads, at most. */
const LOOK_BYTES = 256;
/** Levels of a tree that a search goes down, at most. */
const LEVELS = 16;

/** Something is looked up: a B-tree from its root to a leaf, elsewhere one element. */
function lookAt(fill: FillLayout, layout: AppLayout, random: Random): Part {
  const [step] = fill.locator.step;
  const shape = step && quietly(() => bTreeOf(step, fill, layout));
  const read = (cpu: Cpu, at: Address): void => {
    for (let word = 0; word + 8 <= Math.min(fill.stride, LOOK_BYTES); word += 8) cpu.load64(at + word);
  };
  const [head] = fill.heads;
  if (!shape || !head) return (cpu: Cpu) => read(cpu, fill.element(random(cpu, fill.total)));
  const sound = within(layout);
  const [down, found] = [new Label(), new Label()];
  return [
    (cpu) => {
      cpu.set(rsi, cpu.load64(head.address));
      cpu.set(r12, LEVELS);
    },
    down,
    (cpu) => {
      const [node, left] = [cpu.get(rsi), cpu.get(r12)];
      if (!sound(node) || left === 0) return cpu.jump(found.at);
      read(cpu, node);
      const children = Math.min(cpu.load8(node + shape.count) + shape.extra, shape.children);
      cpu.set(rsi, cpu.load64(node + shape.child + random(cpu, Math.max(1, children)) * 8));
      cpu.set(r12, left - 1);
      cpu.jump(down.at);
    },
    found,
    (cpu) => cpu.set(rsi, 0),
  ];
}

/** The oldest of a list leaves and comes back as the youngest. */
function rotate(
  head: Address,
  sound: Sound,
  counted: readonly { readonly at: Address; readonly bytes: number }[],
): Part {
  const alone = new Label();
  return [
    (cpu) => {
      const first = cpu.load64(head);
      if (first === head || !sound(first) || !sound(cpu.load64(first)) || !sound(cpu.load64(head + 8)))
        return cpu.jump(alone.at);
      cpu.set(rsi, first);
      cpu.store64(cpu.load64(first) + 8, head);
    },
    (cpu) => cpu.store64(head, cpu.load64(cpu.get(rsi))),
    addTo(counted, -1),
    (cpu) => {
      const [link, last] = [cpu.get(rsi), cpu.load64(head + 8)];
      cpu.store64(head + 8, link);
      cpu.store64(link, head);
      cpu.store64(link + 8, last);
    },
    (cpu) => cpu.store64(cpu.load64(cpu.get(rsi) + 8), cpu.get(rsi)),
    addTo(counted, 1),
    alone,
    (cpu) => cpu.set(rsi, 0),
  ];
}

/** The first of a bucket is taken out and put in again behind the one that followed it. */
function relink(
  heads: readonly Address[],
  random: Random,
  sound: Sound,
  counted: readonly { readonly at: Address; readonly bytes: number }[],
): Part {
  const alone = new Label();
  return [
    (cpu) => {
      const bucket = heads[random(cpu, heads.length)] as Address;
      const first = cpu.load64(bucket);
      const second = sound(first) ? cpu.load64(first) : 0;
      if (!sound(second)) return cpu.jump(alone.at);
      cpu.set(rsi, first);
      cpu.set(r12, second);
      cpu.store64(bucket, second);
    },
    (cpu) => cpu.store64(cpu.get(r12) + 8, cpu.load64(cpu.get(rsi) + 8)),
    addTo(counted, -1),
    (cpu) => {
      const [node, before] = [cpu.get(rsi), cpu.get(r12)];
      const next = cpu.load64(before);
      cpu.store64(node, next);
      cpu.store64(node + 8, before);
      if (sound(next)) cpu.store64(next + 8, node);
    },
    (cpu) => cpu.store64(cpu.get(r12), cpu.get(rsi)),
    addTo(counted, 1),
    alone,
    (cpu) => cpu.set(rsi, 0),
  ];
}

/** One is taken off the top and put back. */
function popAndPush(
  head: Address,
  offset: number,
  sound: Sound,
  counted: readonly { readonly at: Address; readonly bytes: number }[],
): Part {
  const empty = new Label();
  return [
    (cpu) => {
      const first = cpu.load64(head);
      if (!sound(first)) return cpu.jump(empty.at);
      cpu.set(rsi, first);
      cpu.store64(head, cpu.load64(first + offset));
    },
    addTo(counted, -1),
    (cpu) => cpu.store64(cpu.get(rsi) + offset, cpu.load64(head)),
    (cpu) => cpu.store64(head, cpu.get(rsi)),
    addTo(counted, 1),
    empty,
    (cpu) => cpu.set(rsi, 0),
  ];
}

/** The last key of a leaf goes, or the one that went comes back: its slot still holds it. */
function withdraw(fill: FillLayout, layout: AppLayout, random: Random, withdrawn: Address): Part {
  const [step] = fill.locator.step;
  const shape = step && quietly(() => bTreeOf(step, fill, layout));
  if (!shape) return [];
  const words = wordsOf(fill, layout, shape.count_path);
  const [give, done] = [new Label(), new Label()];
  const countOf = (cpu: Cpu, node: Address): number =>
    shape.count_bytes === 1
      ? cpu.load8(node + shape.count)
      : shape.count_bytes === 2
        ? cpu.load16(node + shape.count)
        : cpu.load32(node + shape.count);
  return [
    (cpu) => {
      const gone = cpu.load64(withdrawn);
      if (gone !== 0) {
        cpu.set(rsi, gone);
        return cpu.jump(give.at);
      }
      const node = fill.element(random(cpu, fill.total));
      if (cpu.load64(node + shape.child) !== 0 || countOf(cpu, node) <= shape.low) return cpu.jump(done.at);
      cpu.store64(withdrawn, node);
      add(cpu, node + shape.count, shape.count_bytes, -1);
    },
    addTo(words, -1),
    (cpu) => cpu.jump(done.at),
    give,
    (cpu) => {
      cpu.store64(withdrawn, 0);
      add(cpu, cpu.get(rsi) + shape.count, shape.count_bytes, 1);
    },
    addTo(words, 1),
    done,
    (cpu) => cpu.set(rsi, 0),
  ];
}

/** A number that was drawn is drawn again. */
function refillOf(fill: FillLayout, layout: AppLayout, random: Random): Part {
  const { locator } = fill;
  // What is linked a second time changes where it is filled.
  if (fill.fill.same !== undefined) return [];
  const kept = new Set([locator.key, locator.label, locator.id].map((path) => path.join('.')));
  for (const { value } of layout.model.words)
    if (value.kind === 'sum' && value.locator === locator.name) kept.add(value.member.join('.'));
  const [step] = locator.step;
  const shape = step && quietly(() => bTreeOf(step, fill, layout));
  if (shape) kept.add(shape.count_path);
  const numbers = fill.fill.fields.flatMap(({ member, value }) => {
    const path = member.join('.');
    if (value.kind !== 'range' || kept.has(path) || value.low < 0n || value.high > 0x7fff_ffffn) return [];
    const at = quietly(() => memberAt(layout.types, locator.of, member));
    const type = at && resolved(layout.types, at.type);
    const bytes = type && sizeOf(layout.types, type);
    if (!at || at.bits || type?.kind !== 'int' || type.big_endian || bytes === undefined) return [];
    return [{ offset: at.offset, bytes, low: Number(value.low), span: Number(value.high - value.low) + 1 }];
  });
  if (numbers.length === 0) return [];
  return (cpu: Cpu) => {
    const { offset, bytes, low, span } = numbers[random(cpu, numbers.length)] as (typeof numbers)[number];
    const at = fill.element(random(cpu, fill.total)) + offset;
    const value = low + random(cpu, span);
    if (bytes === 1) cpu.store8(at, value);
    else if (bytes === 2) cpu.store16(at, value);
    else if (bytes === 4) cpu.store32(at, value);
    else cpu.store64(at, value);
  };
}
