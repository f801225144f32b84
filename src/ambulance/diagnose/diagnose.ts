import { DIAGNOSES } from '../../model/diagnoses.ts';
import type { Diagnosis } from '../../patient/report.ts';
import type { Case, Cause } from './case.ts';
import { oopsLine, panicLine } from './case.ts';
import { causesOfCpus } from './from-cpus.ts';
import { causesOfDevices } from './from-devices.ts';
import { causesOfFindings } from './from-findings.ts';
import { causesOfMachine } from './from-machine.ts';

const DIAGNOSIS_LIMIT = 16;

/** The root causes that the evidence leads to, the likeliest first. Only causes of model/diagnoses.ts. */
export function diagnose(of: Case): Diagnosis[] {
  const found = [...causesOfFindings(of), ...causesOfCpus(of), ...causesOfDevices(of)];
  const causes: Cause[] = [...found, ...causesOfMachine(of, found)].filter(({ cause }) =>
    DIAGNOSES.has(cause),
  );
  return causes
    .map((cause, index) => ({ cause, index }))
    .sort((a, b) => b.cause.weight - a.cause.weight || a.index - b.index)
    .slice(0, DIAGNOSIS_LIMIT)
    .map(({ cause: { weight: _weight, place, ...rest } }, index) => ({
      ...rest,
      place: place === '' ? '' : `${of.patient.name}.${place}`,
      rank: index + 1,
    }));
}

/** `failed`: it said so, or had to be stopped; `failing`: a watchdog barked, or damage that it has not tripped over yet. */
export function healthOf(of: Case, diagnosis: readonly Diagnosis[]): 'healthy' | 'failing' | 'failed' {
  if (['panic', 'triple_fault', 'second_level'].includes(of.patient.reason) || panicLine(of.log) !== '') return 'failed'; // prettier-ignore
  if (of.patient.reason !== 'inspection' || oopsLine(of.log) !== '') return 'failing';
  return diagnosis.some(({ cause }) => cause !== 'metadata_lie' && cause !== 'metadata_rot') ? 'failing' : 'healthy'; // prettier-ignore
}
