import type { Address } from '../../../../base/address.ts';
import { HYPERCALL } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import type { Part } from '../assembler.ts';
import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { LOG_COUNT_BITS, LOG_SIZE_BITS } from '../kernel-data.ts';
import { popRegisters, pushRegisters, storeHalves, storeText } from './inline.ts';
import { gs, r12, r13, r14, rax, rbp, rbx, rdi, rdx, rsi, rsp } from './registers.ts';

/** kernel/printk: one line at a level into the ring, then onto the console. */
export interface Printk {
  /** Two steps of the caller; clobbers what a call clobbers. The text is composed in a buffer on the stack. */
  print(level: number, text: (cpu: Cpu) => string): Part;
}

const COUNT = 2 ** LOG_COUNT_BITS;
const SIZE = 2 ** LOG_SIZE_BITS;
/** kernel/printk/printk_ringbuffer.h: states of a descriptor, in the top two bits of state_var. */
const STATE = { reserved: 0, committed: 1, finalized: 2, reusable: 3 } as const;
/** Writing a line to a serial console takes its time. */
const CONSOLE_LINE_NS = 20_000;
const LINE_LIMIT = 240;

/**
 * Ids and logical positions start below zero and are kept as signed numbers; in memory they are 62 and 64 bits wide.
 */
const DESC0_ID = -(COUNT + 1);
const BLOCK0 = -SIZE;
/** A descriptor without text says so with odd positions (FAILED_BLK_LPOS). */
const FAILED_BLOCK = 1;

/** Start values of the ring as DEFINE_PRINTKRB lays them out: everything else is zero. */
export function printkRingStart(
  o: Kernel['o'],
  write64: (symbol: string, offset: number, low: number, high: number) => void,
): void {
  const word = (symbol: string, offset: number, value: number): void =>
    write64(symbol, offset, value >>> 0, Math.floor(value / 0x1_0000_0000) >>> 0);
  const id_high = Math.floor(DESC0_ID / 0x1_0000_0000) & 0x3fff_ffff;
  const last = (COUNT - 1) * o.desc.bytes;
  write64(
    '_printk_rb_static_descs',
    last + o.desc.state_var,
    DESC0_ID >>> 0,
    (id_high | (STATE.reusable << 30)) >>> 0,
  );
  word('_printk_rb_static_descs', last + o.desc.text_blk_lpos_begin, FAILED_BLOCK);
  word('_printk_rb_static_descs', last + o.desc.text_blk_lpos_next, FAILED_BLOCK);
  word('_printk_rb_static_infos', o.info.seq, -COUNT);
  for (const field of ['desc_ring_head_id', 'desc_ring_tail_id', 'desc_ring_last_finalized_id'] as const) {
    write64('printk_rb_static', o.prb[field], DESC0_ID >>> 0, id_high >>> 0);
  }
  word('printk_rb_static', o.prb.desc_ring_count_bits, LOG_COUNT_BITS);
  word('printk_rb_static', o.prb.text_data_ring_size_bits, LOG_SIZE_BITS);
  word('printk_rb_static', o.prb.text_data_ring_head_lpos, BLOCK0);
  word('printk_rb_static', o.prb.text_data_ring_tail_lpos, BLOCK0);
}

export function assemblePrintk(k: Kernel): Printk {
  const { prb, desc, info, task } = k.o;
  const ring = k.symbol('prb');
  const current_task = k.symbol('current_task');

  const loadId = (cpu: Cpu, at: Address): number =>
    ((cpu.load32(at + 4) << 2) >> 2) * 0x1_0000_0000 + cpu.load32(at);
  const stateOf = (cpu: Cpu, at: Address): number => cpu.load32(at + 4) >>> 30;
  const storeState = (cpu: Cpu, at: Address, id: number, state: number): void =>
    storeHalves(cpu, at, id >>> 0, (Math.floor(id / 0x1_0000_0000) & 0x3fff_ffff) | (state << 30));
  const storeId = (cpu: Cpu, at: Address, id: number): void => storeState(cpu, at, id, 0);
  const slotOf = (id: number): number => ((id % COUNT) + COUNT) % COUNT;
  const dataOffset = (position: number): number => ((position % SIZE) + SIZE) % SIZE;
  /** Positions run on for ever; what wraps is the index. */
  const blockSize = (text_bytes: number): number => 8 + Math.ceil(text_bytes / 8) * 8;

  /**
   * desc_push_tail: the oldest record is given up. False when it is not there to be given up, or still being written.
   */
  const pushTail = (cpu: Cpu, rb: Address, tail: number): boolean => {
    const oldest = cpu.load64(rb + prb.desc_ring_descs) + slotOf(tail) * desc.bytes;
    if (loadId(cpu, oldest + desc.state_var) !== tail) return false;
    const state = stateOf(cpu, oldest + desc.state_var);
    if (state === STATE.finalized) {
      storeState(cpu, oldest + desc.state_var, tail, STATE.reusable);
      const next = cpu.load64(oldest + desc.text_blk_lpos_next);
      if (next % 2 === 0) cpu.store64(rb + prb.text_data_ring_tail_lpos, next);
    } else if (state !== STATE.reusable) return false;
    storeId(cpu, rb + prb.desc_ring_tail_id, tail + 1);
    return true;
  };

  /**
   * vprintk_store and console output. rdi: text, rsi: bytes, rdx: level. rbx: ring, r12: id, r13: descriptor, rbp:
   * text, r14: bytes and level, from then on.
   */
  const [make_room, have_room, data_room, commit, no_data, lost] = [1, 2, 3, 4, 5, 6].map(
    () => new Label(),
  ) as [Label, Label, Label, Label, Label, Label];
  const emit = k.text.fn(
    'vprintk_emit',
    (cpu) => {
      pushRegisters(cpu, rbx, rbp, r12, r13, r14);
      cpu.set(rbp, cpu.get(rdi));
      cpu.set(r14, cpu.get(rsi) + cpu.get(rdx) * 0x1_0000);
      cpu.set(rbx, cpu.load64(ring));
    },
    make_room,
    (cpu) => {
      // desc_reserve: the next id; the descriptor it takes must be reusable, else the oldest record is given up.
      const rb = cpu.get(rbx);
      const id = loadId(cpu, rb + prb.desc_ring_head_id) + 1;
      const descs = cpu.load64(rb + prb.desc_ring_descs);
      const slot = descs + slotOf(id) * desc.bytes;
      cpu.set(r12, id);
      cpu.set(r13, slot);
      const tail = loadId(cpu, rb + prb.desc_ring_tail_id);
      if (id - tail < COUNT) {
        storeId(cpu, rb + prb.desc_ring_head_id, id);
        storeState(cpu, slot + desc.state_var, id, STATE.reserved);
        return cpu.jump(have_room.at);
      }
      if (!pushTail(cpu, rb, tail)) cpu.jump(lost.at);
      else cpu.jump(make_room.at);
    },
    have_room,
    (cpu) => {
      const infos = cpu.load64(cpu.get(rbx) + prb.desc_ring_infos);
      const at = infos + slotOf(cpu.get(r12)) * info.bytes;
      const text = cpu.get(r14);
      // prb_reserve: a descriptor's records are COUNT apart; the first use of slot 0 starts from -COUNT.
      const seq = cpu.load64(at + info.seq);
      cpu.store64(
        at + info.seq,
        seq === 0 && slotOf(cpu.get(r12)) !== 0 ? slotOf(cpu.get(r12)) : seq + COUNT,
      );
      cpu.store64(at + info.ts_nsec, cpu.now);
      cpu.store16(at + info.text_len, text % 0x1_0000);
      cpu.store8(at + info.facility, 0);
      cpu.store8(at + info.flags, 0x2 | (Math.floor(text / 0x1_0000) << 5));
      cpu.store32(at + info.caller_id, cpu.load32(cpu.load64(cpu.get(gs) + current_task) + task.pid));
    },
    data_room,
    (cpu) => {
      // data_alloc: a block never wraps; one that would starts anew at the ring's beginning.
      const rb = cpu.get(rbx);
      const begin = cpu.load64(rb + prb.text_data_ring_head_lpos);
      const size = blockSize(cpu.get(r14) % 0x1_0000);
      let next = begin + size;
      const wraps = Math.floor(begin / SIZE) !== Math.floor((next - 1) / SIZE);
      if (wraps) next = Math.floor((next - 1) / SIZE) * SIZE + size;
      if (next - cpu.load64(rb + prb.text_data_ring_tail_lpos) > SIZE) {
        // data_push_tail: the oldest records go.
        const pushed = pushTail(cpu, rb, loadId(cpu, rb + prb.desc_ring_tail_id));
        return cpu.jump(pushed ? data_room.at : no_data.at);
      }
      cpu.store64(rb + prb.text_data_ring_head_lpos, next);
      const data = cpu.load64(rb + prb.text_data_ring_data);
      const block = data + (wraps ? 0 : dataOffset(begin));
      storeId(cpu, data + dataOffset(begin), cpu.get(r12));
      if (wraps) storeId(cpu, block, cpu.get(r12));
      cpu.store64(cpu.get(r13) + desc.text_blk_lpos_begin, begin);
      cpu.store64(cpu.get(r13) + desc.text_blk_lpos_next, next);
      cpu.set(rax, block + 8);
    },
    (cpu) => {
      cpu.copy(cpu.get(rax), cpu.get(rbp), cpu.get(r14) % 0x1_0000);
      cpu.set(rdi, cpu.get(rax));
      cpu.set(rsi, cpu.get(r14) % 0x1_0000);
    },
    commit,
    (cpu) => {
      const id = cpu.get(r12);
      storeState(cpu, cpu.get(r13) + desc.state_var, id, STATE.finalized);
      storeId(cpu, cpu.get(rbx) + prb.desc_ring_last_finalized_id, id);
    },
    timed(CONSOLE_LINE_NS, (cpu) => {
      cpu.set(rax, HYPERCALL.console);
      cpu.hypercall();
      popRegisters(cpu, rbx, rbp, r12, r13, r14);
      cpu.ret();
    }),
    no_data,
    (cpu) => {
      // The record goes without its text (BLK_LPOS_NO_SPACE).
      const id = cpu.get(r12);
      cpu.store64(cpu.get(r13) + desc.text_blk_lpos_begin, FAILED_BLOCK);
      cpu.store64(cpu.get(r13) + desc.text_blk_lpos_next, FAILED_BLOCK);
      storeState(cpu, cpu.get(r13) + desc.state_var, id, STATE.finalized);
    },
    lost,
    (cpu) => {
      const fail = cpu.get(rbx) + prb.fail;
      cpu.store64(fail, cpu.load64(fail) + 1);
      popRegisters(cpu, rbx, rbp, r12, r13, r14);
      cpu.ret();
    },
  );

  return {
    print: (level, text) => [
      (cpu) => {
        const line = text(cpu).slice(0, LINE_LIMIT);
        const stack = cpu.get(rsp);
        const buffer = stack - Math.ceil((line.length + 8) / 16) * 16 - 8;
        cpu.store64(buffer, stack);
        storeText(cpu, buffer + 8, line);
        if (cpu.traces('log')) cpu.trace('log', { text: line });
        cpu.set(rsp, buffer);
        cpu.set(rdi, buffer + 8);
        cpu.set(rsi, line.length);
        cpu.set(rdx, level);
        cpu.call(emit.at);
      },
      (cpu) => cpu.set(rsp, cpu.load64(cpu.get(rsp))),
    ],
  };
}
