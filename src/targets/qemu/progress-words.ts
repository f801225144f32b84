import { foldHalves } from '../../base/fold.ts';
import { openKernel } from '../../formats/kernel.ts';
import type { ReadMemory } from '../../formats/result.ts';
import { parseVmcoreInfo } from '../../formats/vmcoreinfo.ts';

/**
 * Where a processor's progress shows in the guest's memory: guest-physical addresses. They stay for as long as that
 * kernel runs.
 */
export interface ProgressWords {
  /** irq_cpustat_t of the processor: a count of each kind of interrupt. */
  readonly interrupts: number;
  readonly interrupts_bytes: number;
  /** irq_cpustat_t.apic_timer_irqs, u32. */
  readonly ticks: number;
  /** rq.nr_switches, u64. */
  readonly switches: number;
  /** rq.curr and rq.idle, pointers: the same while it idles. */
  readonly current: number;
  readonly idle: number;
}

/**
 * Finds the words through kallsyms and BTF of a whole, healthy kernel: asked once, when a snapshot is made, because
 * what a watchdog watches must not hang on what may be damaged later. Undefined when the kernel does not tell; then its
 * progress cannot be seen.
 */
export function findProgressWords(
  physical: ReadMemory,
  vmcoreinfo: string,
  cpus: number,
): readonly ProgressWords[] | undefined {
  const opened = openKernel(physical, parseVmcoreInfo(vmcoreinfo));
  if (!opened.ok || !opened.value.btf.ok) return undefined;
  const { space, kallsyms } = opened.value;
  const btf = opened.value.btf.value;
  const word = new Uint8Array(8);
  const view = new DataView(word.buffer);
  const offsets = kallsyms.lookup('__per_cpu_offset');
  const [irq_stat, runqueues] = [kallsyms.lookup('irq_stat'), kallsyms.lookup('runqueues')];
  const [stat_type, rq_type] = [btf.findType('irq_cpustat_t'), btf.find('struct', 'rq')];
  if (offsets === undefined || irq_stat === undefined || runqueues === undefined) return undefined;
  if (stat_type === undefined || rq_type === undefined) return undefined;
  const found: ProgressWords[] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    if (!space.read(offsets + cpu * 8, word)) return undefined;
    const area = foldHalves(space.fold, view.getUint32(0, true), view.getUint32(4, true));
    const at = (address: number, type: number, member: string): number => {
      const offset = btf.member(type, member)?.offset;
      return offset === undefined ? -1 : space.translate(address + area + offset);
    };
    const words = {
      interrupts: space.translate(irq_stat + area),
      interrupts_bytes: Math.min(64, btf.sizeOf(stat_type)),
      ticks: at(irq_stat, stat_type, 'apic_timer_irqs'),
      switches: at(runqueues, rq_type, 'nr_switches'),
      current: at(runqueues, rq_type, 'curr'),
      idle: at(runqueues, rq_type, 'idle'),
    };
    if (Object.values(words).some((address) => address < 0)) return undefined;
    found.push(words);
  }
  return found;
}
