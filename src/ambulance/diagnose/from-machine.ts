import { addressHex } from '../../base/address.ts';
import { walk } from '../../formats/page-tables.ts';
import type { Case, Cause } from './case.ts';
import { oopsLine, panicLine } from './case.ts';
import { faultAddress } from './from-cpus.ts';

const NOWHERE = { place: '', address: '', physical: -1, explains: [] } as const;

/** What the hypervisor, the page tables, the log and the registration say. */
export function causesOfMachine(of: Case, known: readonly Cause[]): Cause[] {
  const causes: Cause[] = [...pageTables(of)];
  if (of.patient.reason === 'second_level' || of.patient.reason === 'triple_fault') {
    const at = faultAddress(of);
    const where = of.patient.cpus.map((cpu) => of.subject?.functionAt(Number(BigInt.asIntN(64, cpu.register('rip')))) ?? '').filter((name) => name !== ''); // prettier-ignore
    const evidence = [`the hypervisor stopped the guest: ${of.patient.reason}`, ...(where.length > 0 ? [`its CPUs stood in ${where.join(', ')}`] : []), ...(at === 0 ? [] : [`the last fault was at 0x${addressHex(at)}`])]; // prettier-ignore
    if (of.patient.reason === 'second_level')
      causes.push({ ...NOWHERE, cause: 'second_level_damage', weight: 100, evidence }); // prettier-ignore
    else if (causes.length === 0)
      causes.push({ ...NOWHERE, cause: 'page_table_damage', weight: 40, evidence });
  }
  const panic = panicLine(of.log);
  const oops = oopsLine(of.log);
  if (/sysrq|requested|by request/i.test(panic)) {
    causes.push({ ...NOWHERE, cause: 'requested_panic', weight: 20, evidence: [`the log: ${panic}`] });
  } else if (oops !== '' || panic !== '') {
    // Kept for when nothing else accounts for it.
    const explained = [...known, ...causes].some(({ weight, cause }) => weight > 40 && cause !== 'lock_leak');
    if (!explained)
      causes.push({ ...NOWHERE, cause: 'oops', weight: 25, evidence: [`the log: ${oops || panic}`] });
  }
  const { refusal } = of.patient;
  if (refusal !== undefined && refusal !== '') {
    causes.push({ ...NOWHERE, cause: 'metadata_lie', weight: 15, place: 'metadata', evidence: [`the registration was refused: ${refusal}`] }); // prettier-ignore
  }
  return causes;
}

/** Per-CPU objects that have a page of their own: what must always be mapped, and the entry that should map it. */
const MUST_BE_MAPPED = [
  ['runqueues', 'run_queues'],
  ['hrtimer_bases', 'hrtimer_bases'],
  ['timer_bases', 'timer_bases'],
] as const;
const MUST_SYMBOLS = ['init_task', 'tasklist_lock', 'prb', '__per_cpu_offset', 'jiffies_64'] as const;

function pageTables(of: Case): Cause[] {
  const { subject } = of;
  if (!subject) return [];
  const must: { name: string; address: number }[] = [];
  for (const name of MUST_SYMBOLS) {
    const address = subject.symbol(name);
    if (address !== undefined) must.push({ name: `symbols["${name}"]`, address });
  }
  for (let cpu = 0; cpu < subject.cpus; cpu++) {
    for (const [symbol, name] of MUST_BE_MAPPED) {
      const address = subject.perCpu(symbol, cpu);
      if (!Number.isNaN(address)) must.push({ name: `${name}[${cpu}]`, address });
    }
  }
  const entries = new Set<number>();
  const causes: Cause[] = [];
  for (const { name, address } of must) {
    if (subject.space.mapped(address)) continue;
    const way = walk(subject.memory.read, subject.space.root, subject.space.levels, address);
    if (way.ok || entries.has(way.entry)) continue;
    entries.add(way.entry);
    const fault = of.log.find((line) => line.startsWith('BUG: unable to handle page fault'));
    causes.push({
      cause: 'page_table_damage',
      weight: 95,
      place: `page_table[${of.patient.name}.${name}]`,
      address: '',
      physical: way.entry,
      evidence: [`the entry of level ${way.level} at guest-physical 0x${way.entry.toString(16)} that maps ${name} is not present`, ...(fault ? [`the log: ${fault}`] : [])], // prettier-ignore
      explains: [],
    });
  }
  return causes;
}
