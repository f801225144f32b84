// Per-CPU variables by the kernel's own BTF, structures inside of elements, and address spaces of processes.
import { describe, expect, it } from 'vitest';
import { openBtf } from '../../src/formats/btf.ts';
import type { LibraryModel, LocatorModel, Statement } from '../../src/model/structure.ts';
import { link } from '../../src/structure/link.ts';
import { Session } from '../../src/structure/session.ts';
import { btfOf } from '../../src/targets/sim/guest/layout-btf.ts';
import { layoutOf } from '../../src/targets/sim/guest/layout.ts';
import {
  binary,
  cast,
  collection,
  element,
  every,
  index,
  int,
  member,
  name,
  symbol,
  call,
} from '../support/formulas.ts';
import { FlatSpace } from '../support/flat-space.ts';
import {
  each,
  KERNEL_STRUCTS,
  library,
  locator,
  require_,
  sessionOn,
  struct,
  typeOf,
  validator,
} from '../support/structures.ts';

const layout = layoutOf(0);
const opened = openBtf(btfOf(layout, new Map(), 0x8000));
if (!opened.ok) throw new Error(opened.message);
const btf = opened.value;
const [CPU_AREA, RUNQUEUES, BASES] = [0x8_0000, 0x100, 0x2000];
const SYMBOLS: Readonly<Record<string, number>> = { runqueues: RUNQUEUES, timer_bases: BASES, book: 0x4000 };
const queue = (cpu: number, path: string): number =>
  CPU_AREA + cpu * 0x8000 + RUNQUEUES + layout.offset('rq', path);

function kernelSession(
  memory: FlatSpace,
  locators: readonly LocatorModel[],
  body: readonly Statement[],
  validates = 'v',
) {
  const of: LibraryModel = { structs: [], locators, validators: [validator(validates, body)] };
  return new Session(link(of, btf), {
    kernel: memory.space,
    process: () => ({ code: 'UNMAPPED', message: 'there is no process' }),
    symbol: (wanted) => SYMBOLS[wanted],
    perCpuBase: (cpu) => CPU_AREA + cpu * 0x8000,
    cpu_count: 2,
    cpus: [],
    isFunction: () => false,
    inText: () => false,
    functionAt: () => '',
    symbolAround: () => [NaN, NaN],
    budget: { step: () => true },
    finding_limit: 16,
  }).validate(validates);
}

describe('a per-CPU variable', () => {
  const q = name('q');
  const said = require_(binary('==', member(q, 'nr_running'), int(0)), 'NR', [
    'cpu ',
    { value: member(q, 'index'), format: 'plain' },
  ]);

  it('is reached on every CPU, and named by it', () => {
    const memory = new FlatSpace();
    memory.put(queue(1, 'nr_running') & ~7, 0x7_0000_0007n);
    const result = kernelSession(memory, [], [each('q', every(symbol('runqueues')), said)]);
    expect(result?.failure).toBeUndefined();
    expect(result?.drafts).toMatchObject([
      {
        code: 'NR',
        place: 'symbols["runqueues"][1].nr_running',
        address: queue(1, 'nr_running'),
        message: 'cpu 1',
        object: { type: 'rq' },
      },
    ]);
  });

  it('of a CPU that is not there is an index outside', () => {
    const body = [
      require_(binary('==', member(index(symbol('runqueues'), int(5)), 'nr_running'), int(0)), 'NR'),
    ];
    expect(kernelSession(new FlatSpace(), [], body)?.failure).toMatchObject({ code: 'INDEX' });
  });

  it('as a locator has one element a CPU, each with its lock', () => {
    const memory = new FlatSpace();
    memory.put(queue(1, 'nr_running') & ~7, 0x7_0000_0007n);
    const queues = locator('queues', 'one', 'rq', every(symbol('runqueues')), {
      guard: member(element, '__lock'),
    });
    const result = kernelSession(memory, [queues], [each('q', collection('queues'), said)], 'queues');
    expect(result).toMatchObject({ elements: 2, drafts: [{ place: 'queues[1].nr_running' }] });
    expect(result?.drafts[0]?.guard).toMatchObject({
      address: queue(1, '__lock'),
      type: 'raw_spinlock_t',
      place: 'symbols["runqueues"][1].__lock',
    });
  });

  it('that is an array has buckets; only those with something in them are walked', () => {
    const memory = new FlatSpace();
    const base = CPU_AREA + 0x8000 + BASES + layout.sizeOf('timer_base');
    const head = base + layout.offset('timer_base', 'vectors') + 7 * 8;
    const timer = 0x2_0000;
    memory.put(head, timer + layout.offset('timer_list', 'entry'));
    memory.put(timer + layout.offset('timer_list', 'entry.pprev'), head);
    const timers = locator(
      'timers',
      'hlist',
      'timer_list',
      every(member(every(every(symbol('timer_bases'))), 'vectors')),
      { via: ['entry'], guard: member(element, 'lock') },
    );
    const t = name('t');
    const result = kernelSession(
      memory,
      [timers],
      [
        each(
          't',
          collection('timers'),
          require_(binary('==', call('head', t), int(0)), 'HEAD', [
            { value: call('head', t), format: 'hex' },
          ]),
        ),
      ],
      'timers',
    );
    expect(result?.failure).toBeUndefined();
    expect(result).toMatchObject({ elements: 1, drafts: [{ message: `0x${head.toString(16)}` }] });
    expect(result?.drafts[0]?.guard).toMatchObject({
      address: base + layout.offset('timer_base', 'lock'),
      place: 'symbols["timer_bases"][1][1].lock',
    });
  });

  it('of a type that is not in BTF costs that validator, and says so', () => {
    const body = [require_(binary('==', member(cast(symbol('book'), typeOf('nothing')), 'x'), int(0)), 'X')];
    expect(kernelSession(new FlatSpace(), [], body)?.failure).toMatchObject({
      code: 'NO_TYPE',
      message: 'BTF has no nothing',
    });
  });
});

describe('a structure inside of elements', () => {
  const CHILD = struct('child', { link: 'list_head', value: 'u32' }, KERNEL_STRUCTS);
  const p = name('p');
  const c = name('c');
  const parents = locator('parents', 'list', 'parent', symbol('book'), { via: ['link'] });
  const children = locator('children', 'list', 'child', member(element, 'children'), {
    via: ['link'],
    parent: 'parents',
  });
  const body = [
    each(
      'p',
      collection('parents'),
      require_(binary('==', call('count', member(p, 'children')), member(p, 'many')), 'MANY'),
      each('c', member(p, 'children'), require_(binary('==', member(c, 'value'), int(1)), 'VALUE')),
    ),
  ];
  const ring = (memory: FlatSpace, ...nodes: number[]): void =>
    nodes.forEach((node, at) => {
      memory.put(node, nodes[(at + 1) % nodes.length] as number);
      memory.put(node + 8, nodes[(at + nodes.length - 1) % nodes.length] as number);
    });
  const family = (): FlatSpace => {
    const memory = new FlatSpace();
    ring(memory, 0x4000, 0x1_0000, 0x1_0100);
    ring(memory, 0x1_0010, 0x2_0000, 0x2_0040);
    ring(memory, 0x1_0110, 0x2_0080);
    memory.put(0x1_0020, 2);
    memory.put(0x1_0120, 1);
    for (const child of [0x2_0000, 0x2_0040, 0x2_0080]) memory.put(child + 16, 1);
    return memory;
  };
  // The member of a parent that has the locator's name is not the list_head but what hangs off it.
  const nested = struct('parent', { link: 'list_head', kids: 'list_head', many: 'u32' }, KERNEL_STRUCTS);
  const of = library(
    [nested, CHILD],
    [parents, { ...children, from: [member(element, 'kids')] }],
    [validator('parents', body)],
  );
  const check = (memory: FlatSpace) => sessionOn(of, memory, { book: 0x4000 }).validate('parents');

  it('is gone through for each of them', () => {
    expect(check(family())).toMatchObject({ drafts: [], failure: undefined });
    const memory = family();
    memory.put(0x2_0080 + 16, 9);
    expect(check(memory)?.drafts).toMatchObject([
      { code: 'VALUE', address: 0x2_0080 + 16, place: 'children[0].value' },
    ]);
  });

  it('that is damaged is found by the validator that walks it', () => {
    const memory = family();
    memory.put(0x2_0000, 0);
    expect(check(memory)?.drafts).toMatchObject([
      { code: 'LIST_NULL', address: 0x2_0000, expected: 0x2_0040 },
    ]);
  });

  it('that is damaged is told once by who goes through all of them, and through those of each as well', () => {
    const kids = { ...children, from: [member(element, 'kids')] };
    const right = require_(binary('==', member(c, 'value'), int(1)), 'VALUE');
    const flat = each('c', collection('children'), right);
    const nestwise = each('p', collection('parents'), each('c', member(p, 'children'), right));
    const memory = family();
    memory.put(0x2_0080, 0);
    for (const over of [[flat], [nestwise], [flat, nestwise]]) {
      const session = sessionOn(
        library([nested, CHILD], [parents, kids], [validator('children', over)]),
        memory,
        { book: 0x4000 },
      );
      const drafts = session.validate('children')?.drafts;
      expect(drafts).toMatchObject([{ code: 'LIST_NULL', address: 0x2_0080, expected: 0x1_0110 }]);
      expect(drafts).toHaveLength(1);
    }
  });

  it('is not sound where not one of them could be reached, however deep it hangs', () => {
    const kids = { ...children, from: [member(element, 'kids')] };
    const grand = locator('grand', 'one', 'child', element, { parent: 'children' });
    const all = (over: string) =>
      library(
        [nested, CHILD],
        [parents, kids, grand],
        [
          validator(over, [
            each('c', collection(over), require_(binary('==', member(c, 'value'), int(1)), 'VALUE')),
          ]),
        ],
      );
    const result = (over: string, memory: FlatSpace, symbols: Record<string, number> = { book: 0x4000 }) =>
      sessionOn(all(over), memory, symbols).validate(over);
    for (const over of ['children', 'grand']) {
      expect(result(over, family())).toMatchObject({ elements: 3, drafts: [], failure: undefined });
      const away = result(over, family(), { book: 0x7_0000_0000 })?.failure;
      expect(away).toMatchObject({ code: 'PARENT_UNREACHABLE' });
      expect(away?.message).toMatch(/^it hangs in parents, of which nothing can be reached: /);
      // What the kernel lacks is lacked by all that hangs in it.
      expect(result(over, family(), {})?.failure).toMatchObject({ code: 'NO_SYMBOL' });
    }
    // An empty parent that was gone through is no reason to doubt.
    const empty = new FlatSpace();
    ring(empty, 0x4000);
    expect(result('children', empty)).toMatchObject({ elements: 0, failure: undefined });
  });

  it('in a process that is not there is not to be had', () => {
    const orders = locator('orders', 'list', 'child', symbol('book'), {
      via: ['link'],
      space: { comm: 'shop' },
    });
    const away = library(
      [CHILD],
      [orders],
      [validator('orders', [require_(binary('==', call('count', collection('orders')), int(1)), 'X')])],
    );
    const session = sessionOn(
      away,
      new FlatSpace(),
      { book: 0x4000 },
      { process: (comm) => ({ code: 'UNMAPPED', message: `there is no process ${comm}` }) },
    );
    expect(session.validate('orders')?.failure).toMatchObject({
      code: 'UNMAPPED',
      message: 'there is no process shop',
    });
  });
});
