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
    const members = inspection.offsets('printk_ringbuffer', { head: 'desc_ring.head_id', tail: 'desc_ring.tail_id', bits: 'desc_ring.count_bits', size_bits: 'text_data_ring.size_bits', data: 'text_data_ring.data' }); // prettier-ignore
    const desc = inspection.offsets('prb_desc', { state: 'state_var', begin: 'text_blk_lpos.begin', next: 'text_blk_lpos.next' }); // prettier-ignore
    const info = inspection.offsets('printk_info', { text_len: 'text_len' });
    if (!members || !desc || !info) return;
    const log = openLog(inspection.subject, root.base);
    if (typeof log === 'string') return inspection.unreachable('UNMAPPED', log);
    if (![log.descs, log.infos, log.data].every((at) => inspection.space.mapped(at))) {
      return inspection.unreachable('UNMAPPED', 'the rings of descriptors and texts are not mapped');
    }
    const span = log.head - log.tail;
    if (!(span >= 0 && span < log.count)) {
      inspection.report({ code: 'LOG_DESCRIPTOR', place: 'log.desc_ring.tail_id', address: root.base + members.tail, bytes: 8, object: { type: 'printk_ringbuffer', base: root.base }, message: `records ${log.tail} to ${log.head} in a ring of ${log.count}` }); // prettier-ignore
      return;
    }
    for (let id = log.tail; id <= log.head; id++) {
      inspection.elements++;
      if (!inspection.meter.step()) return inspection.unreachable('BUDGET', 'too many records');
      checkRecord(inspection, log, id);
    }
  },
};

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
