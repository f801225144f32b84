import { foldBits, trueHex } from '../../base/fold.ts';
import type { Case, Cause } from './case.ts';
import { oopsLine, panicLine } from './case.ts';
import { faultAddress, foldIn } from './from-cpus.ts';
import { kernelMap } from './kernel-map.ts';
import { accountsFor, pageTables, rootsOutside, userTables } from './page-tables.ts';

const NOWHERE = { place: '', address: '', physical: -1, explains: [] } as const;

/** What the hypervisor, the page tables, the log and the registration say. */
export function causesOfMachine(of: Case, known: readonly Cause[]): Cause[] {
  const causes: Cause[] = [...pageTables(of), ...kernelMap(of)];
  if (of.patient.reason === 'second_level' || of.patient.reason === 'triple_fault') {
    const at = faultAddress(of);
    const where = of.patient.cpus
      .map((cpu) => of.subject?.functionAt(foldBits(foldIn(of), cpu.register('rip'))) ?? '')
      .filter((name) => name !== '');
    const evidence = [
      `the hypervisor stopped the guest: ${of.patient.reason}`,
      ...(where.length > 0 ? [`its CPUs stood in ${where.join(', ')}`] : []),
      ...(at === 0 ? [] : [`the last fault was at 0x${trueHex(foldIn(of), at)}`]),
    ];
    if (of.patient.reason === 'second_level') {
      // An address outside of its memory is the guest's own doing: its tables, or what they were taken from, sent it
      // there.
      const own = [...causes, ...rootsOutside(of, known), ...(causes.length > 0 ? [] : userTables(of))];
      causes.splice(0, causes.length, ...own);
      const explained = own.length > 0 || known.some((one) => accountsFor(of, one));
      if (!explained) causes.push({ ...NOWHERE, cause: 'second_level_damage', weight: 100, evidence });
    } else if (causes.length === 0 && !known.some(({ weight }) => weight > 90))
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
    causes.push({
      ...NOWHERE,
      cause: 'metadata_lie',
      weight: 15,
      place: 'metadata',
      evidence: [`the registration was refused: ${refusal}`],
    });
  }
  return causes;
}
