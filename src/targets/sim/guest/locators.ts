import type { Address } from '../../../base/address.ts';
import { addressHex } from '../../../base/address.ts';
import { compileLocator } from '../../../formats/locator-code/compile.ts';
import type { LocatorTypes } from '../../../formats/locator-code/types.ts';
import type { NoteContent } from '../../../formats/notes.ts';
import { locatorCodeNote } from '../../../formats/region-notes.ts';
import { REGION_NOTE, SIREN_NOTE } from '../../../formats/region.ts';
import { KERNEL_LOCKS } from '../../../model/collections.ts';
import type { Formula, LocatorModel } from '../../../model/structure.ts';

/** The locators of what this kernel and its shop have, by collection: formats/region.md explains the keys. */
export function locatorNotes(
  order_book: Address,
  stack_bytes: number,
): readonly (readonly [string, NoteContent])[] {
  const locks = Object.entries(KERNEL_LOCKS).map(([name, type]) => `${name}:${type}`);
  const kernel: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    tasks: {
      SHAPE: 'list', ROOT: 'init_task.tasks', SPACE: 'kernel', TYPE: 'task_struct', LINK: 'tasks', HEAD: 'element', NESTED: 'thread_group',
      LABEL: 'comm', ID: 'pid', COUNT: 'nr_threads', GUARD: 'tasklist_lock', LIMIT: '32768',
    },
    run_queues: {
      SHAPE: 'percpu', ROOT: 'runqueues', SPACE: 'kernel', PERCPU: 'yes', TYPE: 'rq', COUNT: '.nr_running', GUARD: '.__lock',
      TREE: 'cfs.tasks_timeline', TREE_TYPE: 'task_struct', TREE_LINK: 'se.run_node', TREE_KEY: 'se.vruntime', CURRENT: 'curr', IDLE: 'idle',
    },
    locks: { SHAPE: 'locks', SPACE: 'kernel', LOCKS: locks.join(',') },
    stacks: {
      SHAPE: 'stacks', SPACE: 'kernel', OF: 'tasks', TYPE: 'task_struct', STACK: 'stack', BYTES: String(stack_bytes), SP: 'thread.sp',
      MAGIC: '0x57ac6e9d',
    },
    timers: {
      SHAPE: 'hlist_wheel', ROOT: 'timer_bases', SPACE: 'kernel', PERCPU: 'yes', ROOT_TYPE: 'timer_base', ARRAY: '2', TYPE: 'timer_list',
      LINK: 'entry', KEY: 'expires', FUNCTION: 'function', VECTORS: 'vectors', PENDING: 'pending_map', CLOCK: 'clk', NOW: 'jiffies',
      GUARD: '.lock',
    },
    hrtimers: {
      SHAPE: 'rbtree', ROOT: 'hrtimer_bases.clock_base[0].active.rb_root', SPACE: 'kernel', PERCPU: 'yes', ROOT_TYPE: 'hrtimer_cpu_base',
      TYPE: 'hrtimer', LINK: 'node.node', KEY: 'node.expires', FUNCTION: 'function', GUARD: '.lock',
    },
    log: { SHAPE: 'log', ROOT: 'prb', SPACE: 'kernel', DEREF: 'yes', TYPE: 'printk_ringbuffer' },
    orders: {
      SHAPE: 'list', ROOT: `0x${addressHex(order_book)}.orders`, SPACE: 'task:shop', ROOT_TYPE: 'order_book', TYPE: 'order', LINK: 'link',
      ID: 'id', COUNT: '.count', GUARD: '.lock', LIMIT: '4096',
    },
  }; // prettier-ignore
  return Object.entries(kernel).map(([name, keys]) => {
    const lines = Object.entries({ NAME: name, ...keys }).map(([key, value]) => `${key}=${value}\n`);
    const type = keys['SPACE'] === 'kernel' ? REGION_NOTE.LOCATOR : REGION_NOTE.APPLICATION;
    return [name, { name: SIREN_NOTE, type, desc: Buffer.from(lines.join(''), 'latin1') }] as const;
  });
}

/** A locator can be corrected without moving what follows it. */
const SPARE_BYTES = 64;

/** What is described, as code with this kernel's own offsets. A locator that no code can express is left out, as any kernel would. */
export function locatorCodeNotes(
  locators: readonly LocatorModel[],
  types: LocatorTypes,
  symbols: ReadonlySet<string>,
): readonly NoteContent[] {
  const named = new Map(locators.map((one) => [one.name, one]));
  return locators.flatMap((written) => {
    // A kernel describes what it has: variables that another version has are none of its own.
    const from = written.from.filter((place) => symbolsOf(place).every((name) => symbols.has(name)));
    if (from.length === 0) return [];
    const model = { ...written, from };
    const parent = named.get(model.parent ?? '')?.of;
    const compiled = compileLocator(model, types, { offsets: 'constants', ...(parent ? { parent } : {}) });
    return compiled.ok ? [locatorCodeNote(compiled.entry, SPARE_BYTES)] : [];
  });
}

function symbolsOf(formula: Formula): readonly string[] {
  if (formula.kind === 'symbol') return [formula.name];
  return 'of' in formula && formula.of ? symbolsOf(formula.of) : [];
}
