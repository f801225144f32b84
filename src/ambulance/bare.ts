import { fromBigint } from '../base/address.ts';
import { imageToPhysical, kernelSpace } from '../formats/kernel.ts';
import type { PrintkSource } from '../formats/printk-ring.ts';
import { readPrintkLines } from '../formats/printk-ring.ts';
import type { VmcoreInfo } from '../formats/vmcoreinfo.ts';
import type { Patient } from '../patient/patient.ts';
import type { CpuView } from '../structure/session.ts';
import type { PhysicalCache } from './physical-cache.ts';

/**
 * What can still be said where the kernel's symbols or types cannot be read: registers, and the log, whose layout
 * VMCOREINFO states.
 */
export function bareCpus(patient: Patient): readonly CpuView[] {
  return patient.cpus.map((cpu) => {
    const user = (Number(cpu.register('cs') & 3n) & 3) === 3;
    return {
      index: cpu.index,
      rip: fromBigint(cpu.register('rip')),
      rsp: fromBigint(cpu.register('rsp')),
      at: '',
      mode: user ? 'user' : 'kernel',
      runs_in: '',
      live: cpu.running,
      stuck: false,
      running: cpu.running,
      interrupts_off: false,
      waits_for: 0,
      waits_to: '',
      waits_on: '',
      caller: '',
      frames: [],
      depth: 0,
      current: 0,
    };
  });
}

/** Members that lie in a struct of their own: VMCOREINFO states both ways by themselves. */
const INNER: Readonly<Record<string, string>> = {
  desc_ring: 'prb_desc_ring',
  text_data_ring: 'prb_data_ring',
  text_blk_lpos: 'prb_data_blk_lpos',
};

/** The newest lines of the log by VMCOREINFO alone, oldest first; none where it cannot be read. */
export function bareLog(memory: PhysicalCache, info: VmcoreInfo | undefined, limit: number): string[] {
  if (!info) return [];
  const tables = kernelSpace(memory.read, info);
  const read = (address: number, into: Uint8Array): boolean => {
    if (!Number.isFinite(address)) return false;
    const image = imageToPhysical(info, address);
    return image === undefined ? tables?.read(address, into) === true : memory.read(image, into);
  };
  const word = new DataView(new ArrayBuffer(8));
  const number = (address: number, bytes: number): boolean =>
    read(address, new Uint8Array(word.buffer, 0, bytes));
  const source: PrintkSource = {
    space: {
      u16: (address) => (number(address, 2) ? word.getUint16(0, true) : NaN),
      u32: (address) => (number(address, 4) ? word.getUint32(0, true) : NaN),
      u64: (address) =>
        number(address, 8) ? word.getInt32(4, true) * 0x1_0000_0000 + word.getUint32(0, true) : NaN,
      bytes: (address, length) => {
        const into = new Uint8Array(length);
        return read(address, into) ? into : undefined;
      },
    },
    symbol: (name) => info.symbols.get(name),
    offset: (type, path) => {
      const [first = '', second] = path.split('.');
      const outer = info.offsets.get(`${type}.${first}`) ?? NaN;
      return second === undefined
        ? outer
        : outer + (info.offsets.get(`${INNER[first] ?? ''}.${second}`) ?? NaN);
    },
    sizeOf: (type) => info.sizes.get(type) ?? NaN,
  };
  return readPrintkLines(source, limit);
}
