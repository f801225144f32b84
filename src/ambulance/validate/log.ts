import type { LogRing } from '../log.ts';
import { blockOf, DESC, idAt, openLog, stateAt, wrap } from '../log.ts';
import type { Inspection, Validator } from './validator.ts';

/** A word before each text: the id of its descriptor. */
const BLOCK_HEADER = 8;

/** The printk ring: every descriptor between tail and head has its id and a possible state, and its text block is its own. */
export const LOG: Validator = {
  structure: 'log',
  run(inspection) {
    const root = inspection.roots()[0];
    if (!root) return;
    const members = inspection.offsets('printk_ringbuffer', MEMBERS);
    const desc = inspection.offsets('prb_desc', { state: 'state_var', begin: 'text_blk_lpos.begin', next: 'text_blk_lpos.next' }); // prettier-ignore
    const info = inspection.offsets('printk_info', { text_len: 'text_len' });
    if (!members || !desc || !info) return;
    const log = openLog(inspection.subject, root.base);
    if (typeof log === 'string') return inspection.unreachable('UNMAPPED', log);
    if (!checkParts(inspection, log, root.base, members)) return;
    if (!log.sane)
      return inspection.unreachable('BUDGET', `a ring of ${log.count} records and ${log.bytes} bytes`);
    if (![log.descs, log.infos, log.data].every((at) => inspection.space.mapped(at))) {
      return inspection.unreachable('UNMAPPED', 'the rings of descriptors and texts are not mapped');
    }
    if (!checkEnds(inspection, log, root.base, members)) return;
    for (let id = log.tail; id <= log.head; id++) {
      inspection.elements++;
      if (!inspection.meter.step()) return inspection.unreachable('BUDGET', 'too many records');
      checkRecord(inspection, log, id);
    }
  },
};

const MEMBERS = {
  head: 'desc_ring.head_id',
  tail: 'desc_ring.tail_id',
  last: 'desc_ring.last_finalized_id',
  bits: 'desc_ring.count_bits',
  descs: 'desc_ring.descs',
  infos: 'desc_ring.infos',
  data: 'text_data_ring.data',
} as const;

/** Where a ring that is part of the kernel's image has its parts (kernel/printk/printk.c). */
const STATIC_PARTS = [
  ['descs', '_printk_rb_static_descs'],
  ['infos', '_printk_rb_static_infos'],
  ['data', '__log_buf'],
] as const;

type Members = Readonly<Record<keyof typeof MEMBERS, number>>;

function wrongMember(inspection: Inspection, ring: number, members: Members, member: keyof typeof MEMBERS, message: string, expected?: number): false {
  const bytes = member === 'bits' ? 4 : 8;
  inspection.report({ code: 'LOG_DESCRIPTOR', place: `log.${MEMBERS[member]}`, address: ring + members[member], bytes, object: { type: 'printk_ringbuffer', base: ring }, message, ...(expected === undefined ? {} : { expected }) }); // prettier-ignore
  return false;
} // prettier-ignore

/** Where the parts are and how large; false when records cannot be found by what the ring says. */
function checkParts(inspection: Inspection, log: LogRing, ring: number, members: Members): boolean {
  const { subject } = inspection;
  if (ring !== subject.symbol('printk_rb_static')) return true;
  for (const [member, symbol] of STATIC_PARTS) {
    const at = subject.symbol(symbol);
    if (at === undefined || at === log[member]) continue;
    return wrongMember(inspection, ring, members, member, `${MEMBERS[member]} is ${inspection.hexAt(ring + members[member])}, not ${symbol}`, at); // prettier-ignore
  }
  const room = subject.kallsyms.symbolAt(subject.symbol('_printk_rb_static_descs') ?? NaN)?.bytes ?? 0;
  const bits = Math.floor(Math.log2(room / log.at.desc_bytes));
  if (!(bits > 0) || 2 ** bits === log.count) return true;
  return wrongMember(inspection, ring, members, 'bits', `room for 2^${bits} records, and it says 2^${Math.log2(log.count)}`, bits); // prettier-ignore
}

/** The ids of the newest and the oldest record: each has its descriptor, and the last that was finished lies between. */
function checkEnds(inspection: Inspection, log: LogRing, ring: number, members: Members): boolean {
  const { subject } = inspection;
  const idOf = (id: number): number => idAt(subject, log.descs + wrap(id, log.count) * log.at.desc_bytes + log.at.state); // prettier-ignore
  const carries = (id: number): boolean => idOf(id) === id;
  const last = idAt(subject, ring + members.last);
  if (carries(last) ? log.head < last || (log.head !== last && !carries(log.head)) : !carries(log.head)) {
    return wrongMember(inspection, ring, members, 'head', `the newest record is said to be ${log.head}, ${last} was finished last`); // prettier-ignore
  }
  const span = log.head - log.tail;
  if (!(span >= 0 && span < log.count)) return wrongMember(inspection, ring, members, 'tail', `records ${log.tail} to ${log.head} in a ring of ${log.count}`); // prettier-ignore
  // With one bit of its descriptor's id wrong it is the descriptor.
  const near = Math.log2(Math.abs(idOf(log.tail) - log.tail)) % 1 === 0;
  if (carries(log.tail) || near) return true;
  return wrongMember(inspection, ring, members, 'tail', `the oldest record is said to be ${log.tail}, and in its place is another`); // prettier-ignore
}

function checkRecord(inspection: Inspection, log: LogRing, id: number): void {
  const { space, subject } = inspection;
  const slot = wrap(id, log.count);
  const at = log.descs + slot * log.at.desc_bytes;
  const object = { type: 'prb_desc', base: at };
  const state = stateAt(subject, at + log.at.state);
  const said = idAt(subject, at + log.at.state);
  // The newest may not have its id yet; the oldest may just have been given up.
  const taking = id === log.head && said === id - log.count && state === DESC.reusable;
  if (taking) return;
  if (said !== id || (state === DESC.reusable && id !== log.tail)) {
    const what = said === id ? 'is free for use' : `carries the id ${said}`;
    inspection.report({ code: 'LOG_DESCRIPTOR', place: `log.desc_ring.descs[${slot}].state_var`, address: at + log.at.state, bytes: 8, object, message: `the descriptor of record ${id} ${what}` }); // prettier-ignore
    return;
  }
  if (state !== DESC.finalized) return;
  const begin = space.u64(at + log.at.begin);
  const next = space.u64(at + log.at.next);
  // No text: both positions are odd.
  if (wrap(begin, 2) === 1 && wrap(next, 2) === 1) return;
  const block = blockOf(log, begin, next);
  const length = space.u16(log.infos + slot * log.at.info_bytes + log.at.text_len);
  const bad = (message: string, place: string, address: number, bytes: number): void =>
    inspection.report({ code: 'LOG_DATA', place, address, bytes, object, message });
  if (!block) {
    return bad(`record ${id} has its text at ${begin}..${next}`, `log.desc_ring.descs[${slot}].text_blk_lpos`, at + log.at.begin, 8); // prettier-ignore
  }
  if (idAt(subject, block.start) !== id || stateAt(subject, block.start) !== 0) {
    return bad(`the text block of record ${id} is another's`, `log.text_data_ring.data[${block.start - log.data}]`, block.start, BLOCK_HEADER); // prettier-ignore
  }
  if (length > block.room) {
    bad(`record ${id} has ${length} bytes of text in a block of ${block.room}`, `log.desc_ring.infos[${slot}].text_len`, log.infos + slot * log.at.info_bytes + log.at.text_len, 2); // prettier-ignore
  }
}
