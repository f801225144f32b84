// The kernel's code, laid out by hand: what a running kernel writes into it, and what nobody does.
import { beforeEach, describe, expect, it } from 'vitest';
import { FlatSpace } from '../support/flat-space.ts';
import { SHIPPED } from '../support/library.ts';
import { KERNEL_STRUCTS, sessionOn, struct } from '../support/structures.ts';

const START = 0x10000;
const END = START + 0x1800;
const NOP = [0x0f, 0x1f, 0x44, 0x00, 0x00];
const CALL = [0xe8, 0x00, 0x01, 0x00, 0x00];
const PLAIN = [0x48, 0x89, 0xe5, 0x53, 0x90];

/** Where each begins. The last has endbr64 before what can be traced. */
const FUNCTIONS = {
  plain: START,
  traced: START + 0x100,
  jumps: START + 0x200,
  calls: START + 0x300,
  guarded: START + 0x400,
  probed: START + 0x500,
};
const TRAMPOLINE = START + 0x1000;
const SYMBOLS = {
  _stext: START,
  _etext: END,
  text_mutex: 0x3000,
  kprobe_table: 0x4000,
  __start___jump_table: 0x5000,
  __stop___jump_table: 0x5010,
  __start_static_call_sites: 0x6000,
  __stop_static_call_sites: 0x6008,
  __static_call_text_start: TRAMPOLINE,
  __static_call_text_end: TRAMPOLINE + 0x100,
  sys_call_table: 0x8000,
};
const STARTS = [...Object.values(FUNCTIONS), TRAMPOLINE];

const atomic = struct('atomic_t', { counter: 's32' });
const known = [...KERNEL_STRUCTS, atomic];
const OWN = [
  atomic,
  struct('jump_entry', { code: 's32', target: 's32', key: 's64' }),
  struct('static_key', { enabled: 'atomic_t' }, known),
  struct('static_call_site', { addr: 's32', key: 's32' }),
  struct('static_call_key', { func: '*void' }),
  struct('kprobe', { hlist: 'hlist_node', addr: '*u8' }, known),
  struct('mutex', { owner: 'u64' }),
];
const theirs = new Set(['text', 'probes', 'jump_sites', 'call_sites', 'system_calls']);
const LIBRARY = {
  structs: [
    ...KERNEL_STRUCTS,
    ...OWN,
    ...SHIPPED.structs.filter(({ name }) => name === 'code_page' || name === 'system_call'),
  ],
  locators: SHIPPED.locators.filter(({ name }) => theirs.has(name)),
  validators: SHIPPED.validators.filter(({ name }) => theirs.has(name)),
};

let memory: FlatSpace;
beforeEach(() => {
  memory = new FlatSpace();
  for (const start of STARTS) memory.putBytes(start, PLAIN);
  memory.putBytes(FUNCTIONS.traced, NOP);
  memory.putBytes(FUNCTIONS.guarded, [0xf3, 0x0f, 0x1e, 0xfa, ...NOP]);
  // A jump's and a call's site, each by its distance from where that is written; a probe in the one bucket that holds
  // any.
  memory.putBytes(0x5000, [...word(FUNCTIONS.jumps + 0x10 - 0x5000), ...word(0), ...word(0), ...word(0)]);
  memory.putBytes(0x6000, [...word(FUNCTIONS.calls + 0x10 - 0x6000), ...word(0)]);
  memory.put(0x4008, 0x7000);
  memory.put(0x7008, 0x4008);
  memory.put(0x7010, FUNCTIONS.probed + 0x10);
  memory.keep();
});

const word = (value: number): number[] => [...Buffer.from(Int32Array.of(value).buffer)];

function findings(validator = 'text'): string[] {
  const session = sessionOn(LIBRARY, memory, SYMBOLS, {
    inText: (address) => address >= START && address < END,
    isFunction: (address) => STARTS.includes(address),
    functionAt: (address) => Object.entries(FUNCTIONS).findLast(([, start]) => start <= address)?.[0] ?? '',
    symbolAround: (address) => [
      STARTS.toSorted((a, b) => a - b).findLast((start) => start <= address) ?? NaN,
      address >= 0x8000 && address < 0x8040 ? 0x8040 : NaN,
    ],
  });
  const result = session.validate(validator);
  if (result?.failure) throw new Error(`${result.failure.code} ${result.failure.message}`);
  return (result?.drafts ?? []).map(({ code, message, means }) => `${code} ${message} ${means}`);
}

describe('code that is written while the kernel runs', () => {
  it.each([
    ['a call of the tracer where a function begins', FUNCTIONS.traced, CALL],
    ['the same behind endbr64', FUNCTIONS.guarded + 4, CALL],
    ['a breakpoint while it is written', FUNCTIONS.traced, [0xcc]],
    ["a jump label's jump", FUNCTIONS.jumps + 0x10, CALL],
    ["a static call's call", FUNCTIONS.calls + 0x10, CALL],
    ['where a static call without a site goes', TRAMPOLINE, CALL],
    ['a probe', FUNCTIONS.probed + 0x10, [0xcc]],
  ])('is no damage: %s', (_what, address, bytes) => {
    memory.putBytes(address, bytes);
    expect(findings()).toEqual([]);
  });
});

describe('code that nobody writes', () => {
  it.each([
    ['where a function begins that cannot be traced', FUNCTIONS.plain, 1],
    ['behind what can be traced', FUNCTIONS.traced + 5, 1],
    ['before it', FUNCTIONS.guarded + 3, 1],
    ["behind a jump label's jump", FUNCTIONS.jumps + 0x15, 1],
    ["before a static call's call", FUNCTIONS.calls + 0x0f, 1],
    ['behind a trampoline', TRAMPOLINE + 5, 1],
    ['beside a probe', FUNCTIONS.probed + 0x15, 1],
    ['the last byte', END - 1, 1],
    ['a page that is not the first', START + 0x1234, 1],
  ])('is told for every byte that is another: %s', (_what, address, count) => {
    memory.putBytes(address, [(memory.get(address) % 256) ^ 0x04]);
    const said = findings();
    expect(said).toHaveLength(count);
    expect(said[0]).toMatch(/^TEXT_CHANGED .* bit_flip$/);
  });

  it('is another cause where more than a bit is another, and data behind the code is none', () => {
    memory.putBytes(FUNCTIONS.plain + 1, [0x11, 0x22]);
    memory.putBytes(END, [1]);
    expect(findings()).toEqual([
      'TEXT_CHANGED plain: 0x11 stands where 0x89 was wild_write',
      'TEXT_CHANGED plain: 0x22 stands where 0xe5 was wild_write',
    ]);
  });

  it('is not covered by an instruction of another kind where a function can be traced', () => {
    memory.putBytes(FUNCTIONS.traced, [0xc3]);
    expect(findings()).toEqual(['TEXT_CHANGED traced: 0xc3 stands where 0xf was wild_write']);
  });
});

describe('the table of system calls', () => {
  it('leads to beginnings of functions, but for what fills it up', () => {
    for (let index = 0; index < 6; index++) memory.put(0x8000 + 8 * index, FUNCTIONS.traced);
    expect(findings('system_calls')).toEqual([]);
    memory.put(0x8008, FUNCTIONS.traced + 1);
    memory.put(0x8010, 0);
    expect(findings('system_calls')).toHaveLength(2);
  });
});
