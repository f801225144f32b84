// Locator code: random bytes and mutated code of the kind that guests publish, read, disassembled, assembled again and
// run.
import { substream } from '../../dist/base/random.js';
import { assemble, disassemble } from '../../dist/formats/locator-code/assemble.js';
import { decodeLocator, encodeLocator } from '../../dist/formats/locator-code/entry.js';
import { LocatorInterpreter } from '../../dist/formats/locator-code/interpreter.js';

const BUDGET = { steps: 4096, loads: 512, roots: 256 };
const NAMES = {
  name: 'tasks',
  parent: '',
  type: 'task_struct',
  via: 'tasks',
  label: 'comm',
  id: 'pid',
  key: '',
  space: '',
  guard_type: 'rwlock_t',
  object_type: '',
  head_type: '',
};
const TEXTS = [
  'init_task',
  'timer_bases',
  'task_struct.tasks',
  'rq',
  'tasks',
  'task_struct',
  'comm',
  'pid',
  'rwlock_t',
];
const SOURCES = [
  'symbol init_task; dup; const 192; add; root',
  'symbol timer_bases; cpus; const 0; again: ; pick 0; pick 2; lt; branch done; pick 2; pick 1; percpu; add; dup; const 48; add; const 576; const 8; roots; const 1; add; loop again; done: ; drop; drop; drop',
  'element; dup; const 128; add; element; load16; const 0; again: ; pick 1; pick 1; lt; const 0; eq; branch done; below 16; pick 2; pick 1; const 8; mul; add; load64; element; swap; root; const 1; add; loop again; done: ; drop; drop; drop; drop',
  'const 0; member task_struct.tasks; size rq; mul; const 0xffffffffffffffff; xor; const 3; shr; dup; root',
];

/** A guest of which every other page can be read. */
function hostOf(random) {
  const seed = random.u32();
  const at = (address, bits) =>
    (address / 4096) & 1 ? NaN : ((Math.imul(address | 0, 0x9e3779b1) ^ seed) >>> 0) % 2 ** bits;
  return {
    cpus: 1 + random.below(4),
    symbol: (name) => (name === 'rq' ? undefined : -0x7f00_0000 + name.length * 64),
    fold: [],
    perCpuBase: (cpu) => -0x7780_0000_0000 + cpu * 0x8000,
    u8: (address) => at(address, 8),
    u16: (address) => at(address, 16),
    u32: (address) => at(address, 32),
    member: (path) => (path.includes('.') ? 192 : undefined),
    size: (type) => (type === 'rq' ? 3456 : undefined),
  };
}

function mutated(bytes, random) {
  let result = Uint8Array.from(bytes);
  for (let edits = random.below(6); edits > 0; edits--) {
    const at = random.below(Math.max(1, result.length));
    const kind = random.below(4);
    if (kind === 0) result[at] ^= 1 << random.below(8);
    else if (kind === 1) result[at] = random.below(256);
    else if (kind === 2)
      result = Uint8Array.from([...result.slice(0, at), ...result.slice(at + 1 + random.below(4))]);
    else
      result = Uint8Array.from([
        ...result.slice(0, at),
        ...result.slice(random.below(at + 1), at + 8),
        ...result.slice(at),
      ]);
  }
  return result;
}

function codeOf(random) {
  if (random.below(4) === 0) return Uint8Array.from({ length: random.below(96) }, () => random.below(256));
  const assembled = assemble(random.pick(SOURCES), TEXTS);
  return mutated(assembled.blocks.get('roots'), random);
}

function check(holds, what) {
  if (!holds) throw new Error(what);
}

function one(index, seed, tally) {
  const random = substream(seed, `locator ${index}`);
  const code = codeOf(random);
  const text = disassemble(code, TEXTS);
  const again = code.length === 0 ? undefined : assemble(text, TEXTS);
  const same = again === undefined || (again.ok && Buffer.compare(again.blocks.get('roots'), code) === 0);
  check(same, `disassembled and assembled it is another code: ${Buffer.from(code).toString('hex')}`);
  const machine = new LocatorInterpreter(hostOf(random), BUDGET);
  const failure = machine.run(code, TEXTS, random.below(2) === 0 ? NaN : -0x7f00_0000 + random.below(65_536));
  const bounded =
    machine.steps <= BUDGET.steps + 1 &&
    machine.loads <= BUDGET.loads + 1 &&
    machine.heads.length <= BUDGET.roots;
  check(bounded, `it took ${machine.steps} steps, ${machine.loads} loads, ${machine.heads.length} roots`);
  check(
    failure === undefined || (failure.offset >= 0 && failure.offset < code.length),
    'a failure lies outside of the code',
  );
  if (failure === undefined) tally.whole++;
  const entry = {
    shape: 'list',
    including_head: true,
    limit: 1 + random.below(70_000),
    names: NAMES,
    texts: TEXTS,
    blocks: new Map([['roots', code]]),
  };
  const bytes = mutated(encodeLocator(entry), random);
  const decoded = decodeLocator(bytes);
  if (decoded.ok) {
    const written = decodeLocator(encodeLocator(decoded.value));
    check(
      written.ok && JSON.stringify(written.value.names) === JSON.stringify(decoded.value.names),
      'an entry that is read cannot be written',
    );
    tally.read++;
  }
  tally.done++;
}

export const locating = {
  name: 'locator',
  share: 1,
  tally: () => ({ done: 0, whole: 0, read: 0 }),
  start: () => one,
  say: ({ done, whole, read }) =>
    `${done} pieces of locator code: ${whole} ran to their end; of as many mutated entries ${read} could be read; no exception, no hang, no budget overrun`,
};
