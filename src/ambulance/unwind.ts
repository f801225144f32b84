import type { Address } from '../base/address.ts';
import type { OrcEntry, OrcTable } from '../formats/orc.ts';
import { ORC_REG, ORC_TYPE } from '../formats/orc.ts';

/** Registers that a frame may be told by. */
export interface FrameRegisters {
  readonly ip: Address;
  readonly sp: Address;
  readonly bp: Address;
  readonly r10: Address;
  readonly r13: Address;
  readonly di: Address;
  readonly dx: Address;
}

/** Where the members of `struct pt_regs` lie, in the guest's own types: `cs` and the registers above. */
export type RegsLayout = Readonly<Record<keyof FrameRegisters | 'cs', number>>;

interface Memory {
  /** NaN where it cannot be read. */
  u64(address: Address): number;
}

/** A stack as its frames tell it. */
export interface Unwound {
  /** An address in each function, innermost first: where it is, or its call. */
  readonly frames: readonly Address[];
  /** False where the frames lead no further although nobody says that the stack ends. */
  readonly complete: boolean;
  /** The stack pointer of the last of them: what lies below is no frame. */
  readonly sp: Address;
}

interface Frame {
  readonly ip: Address;
  readonly sp: Address;
  readonly bp: Address;
  /** It was interrupted there, and did not call. */
  readonly stopped: boolean;
  /** Its other registers, as far as they are known. */
  readonly of: Partial<FrameRegisters>;
}

/**
 * Unwinds a kernel stack as the kernel's own unwinder does (unwind_next_frame of arch/x86/kernel/unwind_orc.c): words
 * that a call has left behind are none of the frames. Bounded by `limit` frames; damaged stacks and tables end it.
 */
export function unwind(
  memory: Memory,
  orc: OrcTable,
  layout: RegsLayout,
  registers: FrameRegisters,
  limit: number,
): Unwound {
  let frame: Frame = { ip: registers.ip, sp: registers.sp, bp: registers.bp, stopped: true, of: registers };
  const frames: Address[] = [];
  while (frames.length < limit) {
    const at = frame.stopped ? frame.ip : frame.ip - 1;
    frames.push(at);
    const entry = orc.find(at);
    const next =
      entry === undefined
        ? undefined
        : entry.sp_reg === ORC_REG.undefined
          ? entry.end
            ? 'end'
            : undefined
          : callerOf(memory, layout, entry, frame);
    if (next === undefined || next === 'end') return { frames, complete: next === 'end', sp: frame.sp };
    frame = next;
  }
  return { frames, complete: false, sp: frame.sp };
}

/**
 * The frame that the stack goes on with; 'end' where a process was in its own code; undefined where memory does not
 * say.
 */
function callerOf(
  memory: Memory,
  layout: RegsLayout,
  entry: OrcEntry,
  frame: Frame,
): Frame | 'end' | undefined {
  const sp = stackOf(memory, entry, frame);
  if (!(sp % 8 === 0)) return undefined;
  const at = entry.type === ORC_TYPE.regs ? sp : entry.type === ORC_TYPE.regs_partial ? sp - layout.ip : NaN;
  const bp = baseOf(memory, layout, entry, frame, sp, at);
  if (entry.type === ORC_TYPE.call) return known({ ip: memory.u64(sp - 8), sp, bp, stopped: false, of: {} });
  if (Number.isNaN(at)) return undefined;
  const saved = (register: keyof RegsLayout): number => memory.u64(at + layout[register]);
  if ((saved('cs') & 3) === 3) return 'end';
  const all =
    entry.type === ORC_TYPE.regs
      ? { r10: saved('r10'), r13: saved('r13'), di: saved('di'), dx: saved('dx') }
      : {};
  return known({ ip: saved('ip'), sp: saved('sp'), bp, stopped: true, of: all });
}

function known(frame: Frame): Frame | undefined {
  return Number.isNaN(frame.ip) || Number.isNaN(frame.sp) || frame.ip >= 0 ? undefined : frame;
}

/** The caller's stack pointer, or where the registers were saved; NaN where it cannot be had. */
function stackOf(memory: Memory, { sp_reg, sp_offset }: OrcEntry, { sp, bp, of }: Frame): Address {
  switch (sp_reg) {
    case ORC_REG.sp:
      return sp + sp_offset;
    case ORC_REG.bp:
      return bp + sp_offset;
    case ORC_REG.sp_indirect:
      return memory.u64(sp) + sp_offset;
    case ORC_REG.bp_indirect:
      return memory.u64(bp + sp_offset);
    case ORC_REG.r10:
      return of.r10 ?? NaN;
    case ORC_REG.r13:
      return of.r13 ?? NaN;
    case ORC_REG.di:
      return of.di ?? NaN;
    case ORC_REG.dx:
      return of.dx ?? NaN;
    default:
      return NaN;
  }
}

/** The caller's rbp: saved on the stack, among the registers at `at`, or never touched. */
function baseOf(
  memory: Memory,
  layout: RegsLayout,
  { bp_reg, bp_offset, type }: OrcEntry,
  frame: Frame,
  sp: Address,
  at: Address,
): Address {
  if (bp_reg === ORC_REG.prev_sp) return memory.u64(sp + bp_offset);
  if (bp_reg === ORC_REG.bp) return memory.u64(frame.bp + bp_offset);
  return type === ORC_TYPE.regs ? memory.u64(at + layout.bp) : frame.bp;
}
