// A validator of three requirements over a list whose nodes are scattered, beside the same checks written out by hand
// over the same memory class; and runs of one byte.
import { FORMULAS } from './validator-model.mjs';

const NODE_BYTES = 64;
const PAGE = 4096;
const TOP = 0x1000;
const SECOND = 0x2000;
const FIRST = 0x10_0000;
const ROUNDS = 7;
const RUN_BYTES = 32 * 1_048_576;

/** A guest's memory, virtual addresses being physical ones below a gigabyte. */
function patientOf(bytes) {
  const view = new DataView(bytes.buffer);
  view.setBigUint64(TOP, BigInt(SECOND + 1), true);
  // 2 MiB pages: the tables are walked to the third level, as for a kernel's direct map.
  const third = 0x3000;
  view.setBigUint64(SECOND, BigInt(third + 1), true);
  for (let index = 0; index < 512; index++)
    view.setBigUint64(third + index * 8, BigInt(index * 0x20_0000 + 0x81), true);
  return {
    name: 'bench',
    memory_bytes: bytes.length,
    cpus: [],
    devices: [],
    reason: 'inspection',
    now: () => 0,
    letRun: () => false,
    read(physical, into) {
      if (!(physical >= 0) || physical + into.length > bytes.length) return false;
      into.set(bytes.subarray(physical, physical + into.length));
      return true;
    },
  };
}

/** A ring of `count` nodes in random order over `spread` bytes; its head is at FIRST - 64. */
function scattered(count, spread) {
  const bytes = new Uint8Array(FIRST + spread + PAGE);
  const view = new DataView(bytes.buffer);
  const slots = Math.floor(spread / NODE_BYTES);
  const order = new Uint32Array(slots);
  for (let index = 0; index < slots; index++) order[index] = index;
  let state = 0x9e37_79b9;
  for (let index = 0; index < count; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = index + Math.floor((state / 2 ** 32) * (slots - index));
    [order[index], order[other]] = [order[other], order[index]];
  }
  const head = FIRST - NODE_BYTES;
  const at = (index) => (index < 0 || index >= count ? head : FIRST + order[index] * NODE_BYTES);
  for (let index = -1; index < count; index++) {
    const node = at(index);
    view.setBigUint64(node, BigInt(at(index === -1 ? 0 : index + 1)), true);
    view.setBigUint64(node + 8, BigInt(index === -1 ? at(count - 1) : at(index - 1)), true);
    if (index < 0) continue;
    view.setBigUint64(node + 16, BigInt(index), true);
    view.setUint32(node + 24, 1 + (index % 1000), true);
    view.setUint8(node + 28, index % 3);
  }
  return { bytes, head };
}

/**
 * The peer: what a programmer would write for this one list. It holds the ring together as the walker does (each node
 * points back, none is NULL or wild, not more than a limit), and checks the three requirements.
 */
function byHand(space, head, limit) {
  let [count, wrong] = [0, 0];
  let at = head;
  let to = space.u64(head);
  while (to !== head) {
    if (!(to >= -(2 ** 47) && to < 2 ** 47) || (to & 7) !== 0 || to === 0) return -1;
    const next = space.u64(to);
    const prev = space.u64(to + 8);
    if (next !== next || prev !== at || ++count > limit) return -1;
    const beyond = space.u64(next + 8);
    if (beyond !== to) wrong++;
    const qty = space.u32(to + 24);
    if (!(qty >= 1 && qty <= 1000)) wrong++;
    const state = space.u8(to + 28);
    if (!(state === 0 || state === 1 || state === 2)) wrong++;
    at = to;
    to = next;
  }
  return wrong === 0 ? count : -1;
}

export async function validatorRates() {
  const { PhysicalCache } = await import('../../dist/ambulance/physical-cache.js');
  const { Space } = await import('../../dist/ambulance/space.js');
  const { DEFAULT_LIMITS, Meter } = await import('../../dist/ambulance/limits.js');
  const { link } = await import('../../dist/structure/link.js');
  const { Session } = await import('../../dist/structure/session.js');
  const seconds = (work) => {
    const began = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - began) / 1e9;
  };
  const fresh = (patient) => {
    const meter = new Meter({ ...DEFAULT_LIMITS, steps: 1e9, bytes: 2 ** 40 });
    const memory = new PhysicalCache(patient, meter);
    return { meter, memory, space: new Space(memory, TOP, 4) };
  };
  const linked = link(FORMULAS, undefined);
  const validate = ({ meter, space }, head, expected) => {
    const session = new Session(linked, {
      kernel: space,
      process: () => space,
      symbol: () => head,
      perCpuBase: () => NaN,
      cpu_count: 1,
      cpus: [],
      isFunction: () => false,
      inText: () => false,
      functionAt: () => '',
      budget: meter,
      finding_limit: 16,
    });
    const result = session.validate('orders');
    if (result.elements !== expected || result.drafts.length > 0 || result.failure)
      throw new Error(`the validator found ${result.elements} elements`);
  };
  const both = (count, spread, rounds) => {
    const { bytes, head } = scattered(count, spread);
    const patient = patientOf(bytes);
    const [generated, hand] = [[], []];
    for (let round = 0; round < rounds; round++) {
      // A space that has read nothing yet for each: who goes first must not warm the other's.
      const one = fresh(patient);
      generated.push(seconds(() => validate(one, head, count)));
      one.memory.forget();
      const other = fresh(patient);
      hand.push(
        seconds(() => {
          if (byHand(other.space, head, 1_048_576) !== count) throw new Error('the peer found damage');
        }),
      );
      other.memory.forget();
    }
    const least = (list) => Math.min(...list.slice(1));
    return { generated: (least(generated) / count) * 1e6, hand: (least(hand) / count) * 1e6 };
  };
  const small = both(100_000, 64 * 1_048_576, ROUNDS);
  const large = both(1_000_000, 128 * 1_048_576, 3);
  const zone = new Uint8Array(FIRST + RUN_BYTES).fill(0xbb, FIRST);
  const { space } = fresh(patientOf(zone));
  const run = () => {
    if (space.firstOther(FIRST, RUN_BYTES, 0xbb) !== FIRST + RUN_BYTES) throw new Error('a byte differs');
  };
  run();
  const filled = Math.min(...Array.from({ length: ROUNDS }, () => seconds(run)));
  return {
    us_a_node: small.generated,
    by_hand_us: small.hand,
    ratio: small.generated / small.hand,
    us_a_node_of_a_million: large.generated,
    // By node: a walk that is linear takes as long for each.
    million_to_hundred_thousand: large.generated / small.generated,
    filled_gb_s: RUN_BYTES / filled / 1e9,
  };
}
