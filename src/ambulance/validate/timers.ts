import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Root } from '../locate/roots.ts';
import { rootPlace } from '../locate/roots.ts';
import { embeddedTimers } from '../locate/embedded.ts';
import { checkGuard } from './guards.ts';
import { stackTimers } from './sleepers.ts';
import type { Inspection, Validator } from './validator.ts';
import { hex } from './validator.ts';

/** kernel/time/timer.c: nine levels of 64 buckets, each level eight times as coarse; bucket in bits 22..31 of flags, CPU in bits 0..17. */
const LEVELS = 9;
const SLOTS = 64;
const LEVEL_SHIFT = 3;
const BUCKET_SHIFT = 22;
const CPU_MASK = 0x3_ffff;
const DEFERRABLE = 0x8_0000;
const BUCKETS_LIMIT = 4096;
const CHAIN_LIMIT = 4096;
/** Ticks that a bucket may be behind the wheel's own clock: one is being expired. */
const LATE_TICKS = 2;

interface At {
  readonly next: number;
  readonly pprev: number;
  readonly expires: number;
  readonly function: number;
  readonly flags: number;
}

interface Base {
  readonly vectors: number;
  readonly pending: number;
  readonly clk: number;
  readonly buckets: number;
}

/** The timer wheels: links, buckets, callbacks, and what has been passed over or lost. */
export const TIMERS: Validator = {
  structure: 'timers',
  run(inspection) {
    const { locator, subject, space } = inspection;
    const type = locator.keys.get('TYPE') ?? 'timer_list';
    const link = locator.keys.get('LINK') ?? 'entry';
    const at = inspection.offsets(type, { next: `${link}.next`, pprev: `${link}.pprev`, expires: locator.keys.get('KEY') ?? 'expires', function: locator.keys.get('FUNCTION') ?? 'function', flags: 'flags' }); // prettier-ignore
    const base_type = locator.keys.get('ROOT_TYPE') ?? 'timer_base';
    const vectors_name = locator.keys.get('VECTORS') ?? 'vectors';
    const offsets = inspection.offsets(base_type, { vectors: vectors_name, pending: locator.keys.get('PENDING') ?? 'pending_map', clk: locator.keys.get('CLOCK') ?? 'clk' }); // prettier-ignore
    if (!at || !offsets) return;
    const buckets = Math.min((subject.member(base_type, vectors_name)?.bytes ?? 0) / 8, BUCKETS_LIMIT);
    const queued = new Map<Address, string>();
    const names = embeddedTimers(subject, type);
    for (const root of inspection.roots()) {
      if (!space.mapped(root.base) || !space.mapped(root.base + offsets.vectors + buckets * 8 - 8)) {
        return inspection.unreachable('UNMAPPED', `the wheel of CPU ${root.cpu} is not mapped`);
      }
      inspection.under(root);
      checkWheel(inspection, root, { ...offsets, buckets }, at, names, queued);
      checkGuard(inspection, root);
    }
    inspection.unguarded();
    for (const [timer, name] of names) {
      if (!queued.has(timer)) checkLost(inspection, timer, `timers["${name}"]`, at, type);
    }
    const roots = inspection.roots();
    for (const { timer, name } of stackTimers(inspection, type)) {
      if (queued.has(timer)) continue;
      const flags = space.u32(timer + at.flags);
      const root = roots.find(({ cpu, index }) => cpu === (flags & CPU_MASK) && index === ((flags & DEFERRABLE) === 0 ? 0 : 1)); // prettier-ignore
      if (root) inspection.under(root);
      checkLost(inspection, timer, name, at, type);
    }
  },
};

function checkWheel(
  inspection: Inspection,
  root: Root,
  base: Base,
  at: At,
  names: ReadonlyMap<Address, string>,
  queued: Map<Address, string>,
): void {
  const { space } = inspection;
  const pending_at = root.base + base.pending;
  const now = space.u64(root.base + base.clk);
  const wheel = rootPlace(inspection.locator, root);
  let pending = 0;
  for (let bucket = 0; bucket < base.buckets; bucket++) {
    if ((bucket & 31) === 0) pending = space.u32(pending_at + (bucket >> 5) * 4);
    const head = root.base + base.vectors + bucket * 8;
    const first = space.u64(head);
    const said = (pending >>> (bucket & 31)) & 1;
    if (first !== 0) walkBucket(inspection, root, head, bucket, at, names, queued, now, wheel);
    // The bit of a bucket that has just been emptied may stay until the wheel comes by.
    if (first !== 0 && said === 0) {
      inspection.report({ code: 'TIMER_BUCKET', place: `${wheel}.pending_map`, address: pending_at + (bucket >> 5) * 4, bytes: 4, object: { type: 'timer_base', base: root.base }, message: `bucket ${bucket} holds timers and is not marked pending` }); // prettier-ignore
    }
    if (!inspection.meter.step()) return inspection.unreachable('BUDGET', 'the wheel has no end');
  }
}

function walkBucket(
  inspection: Inspection,
  root: Root,
  head: Address,
  bucket: number,
  at: At,
  names: ReadonlyMap<Address, string>,
  queued: Map<Address, string>,
  now: number,
  wheel: string,
): void {
  const { space } = inspection;
  let field = head;
  let before = '';
  for (let count = 0; ; count++) {
    const node = space.u64(field);
    if (node === 0) return;
    const timer = node - at.next;
    const link = before === '' ? `${wheel}.vectors[${bucket}].first` : `${before}.entry.next`;
    const object = before === '' ? { type: 'timer_base', base: root.base } : { type: 'timer_list', base: field - at.next }; // prettier-ignore
    const wild = (why: string): void =>
      inspection.report({ code: 'HLIST_WILD', place: link, address: field, bytes: 8, object, message: `${link} is ${inspection.hexAt(field)}: ${why}` }); // prettier-ignore
    const pprev = space.u64(timer + at.pprev);
    if (!isCanonical(node) || (node & 7) !== 0 || Number.isNaN(pprev))
      return wild('it leads to no mapped memory');
    if (queued.has(timer) || count > CHAIN_LIMIT || !inspection.meter.step())
      return wild('the bucket never ends');
    const callback = space.u64(timer + at.function);
    if (pprev !== field) {
      const elsewhere = isCanonical(pprev) && pprev !== 0 && space.u64(pprev) === node;
      if (elsewhere) return wild('it leads into another bucket');
      if (!inspection.subject.inText(callback)) return wild('no timer stands there');
    }
    const name = timerName(names, timer, queued.size);
    queued.set(timer, name);
    inspection.elements++;
    if (pprev !== field) {
      inspection.report({ code: 'HLIST_PPREV', place: `${name}.entry.pprev`, address: timer + at.pprev, bytes: 8, object: { type: 'timer_list', base: timer }, message: `entry.pprev is ${inspection.hexAt(timer + at.pprev)}, not the link that leads here`, expected: field }); // prettier-ignore
    }
    checkTimer(inspection, timer, name, bucket, root.cpu, at, now, callback);
    before = name;
    field = timer + at.next;
  }
}

/** As places name them: by the variable it is part of, else by its position among those that are queued. */
function timerName(names: ReadonlyMap<Address, string>, timer: Address, position: number): string {
  const name = names.get(timer);
  return name === undefined ? `timers[${position}]` : `timers["${name}"]`;
}

function checkTimer(
  inspection: Inspection,
  timer: Address,
  name: string,
  bucket: number,
  cpu: number,
  at: At,
  now: number,
  callback: Address,
): void {
  const { space } = inspection;
  const object = { type: 'timer_list', base: timer };
  if (!inspection.subject.isFunction(callback)) {
    inspection.report({ code: 'TIMER_FUNCTION', place: `${name}.function`, address: timer + at.function, bytes: 8, object, message: `function is ${inspection.hexAt(timer + at.function)}, no function of the kernel` }); // prettier-ignore
  }
  const flags = space.u32(timer + at.flags);
  const expires = space.u64(timer + at.expires);
  const level = Math.floor(bucket / SLOTS);
  const unit = 2 ** (level * LEVEL_SHIFT);
  const due = (Math.floor(expires / unit) + 1) * unit;
  const hashes = (Math.floor(expires / unit) + 1 - bucket) % SLOTS === 0;
  if (flags >>> BUCKET_SHIFT !== bucket || (flags & CPU_MASK) !== cpu) {
    inspection.report({ code: 'TIMER_BUCKET', place: `${name}.flags`, address: timer + at.flags, bytes: 4, object, message: `flags 0x${flags.toString(16)} say bucket ${flags >>> BUCKET_SHIFT} of CPU ${flags & CPU_MASK}, it hangs in ${bucket} of CPU ${cpu}` }); // prettier-ignore
    return;
  }
  // One that was past when it was queued hangs in the bucket of that moment.
  const was_past = level === 0 && expires < now;
  // Farther ahead a timer hangs on a coarser level; the last takes whatever is beyond it.
  const too_far = level < LEVELS - 1 && expires - now >= (SLOTS - 1) * unit;
  if ((!hashes && !was_past) || too_far) {
    inspection.report({ code: 'TIMER_BUCKET', place: `${name}.expires`, address: timer + at.expires, bytes: 8, object, message: `expires ${expires} does not belong into bucket ${bucket}` }); // prettier-ignore
    return;
  }
  if (hashes && due + LATE_TICKS < now) {
    inspection.report({ code: 'TIMER_LATE', place: `${name}.expires`, address: timer + at.expires, bytes: 8, object, message: `due at ${due}, and the wheel is at ${now}` }); // prettier-ignore
  }
}

/** timer_pending() is a pprev; what it points at points back, be it a bucket or the list of what is being expired. */
function checkLost(inspection: Inspection, timer: Address, name: string, at: At, type: string): void {
  const { space } = inspection;
  const pprev = space.u64(timer + at.pprev);
  if (pprev === 0 || Number.isNaN(pprev)) return;
  inspection.elements++;
  if (space.u64(pprev) === timer + at.next) return;
  inspection.report({
    code: 'TIMER_LOST',
    place: name,
    address: timer,
    bytes: 8,
    object: { type, base: timer },
    message: `${name} says that it is pending, and ${hex(pprev)} does not lead to it`,
  });
}
