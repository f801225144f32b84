import { DIAGNOSES } from '../../model/diagnoses.ts';
import type { Diagnosis } from '../../patient/report.ts';
import type { Case, Cause } from './case.ts';
import { oopsLine, panicLine } from './case.ts';
import { causesOfCpus } from './from-cpus.ts';
import { causesOfDevices } from './from-devices.ts';
import { causesOfFindings } from './from-findings.ts';
import { causesOfMachine } from './from-machine.ts';
import { causesOfRegisters } from './from-registers.ts';

const DIAGNOSIS_LIMIT = 16;

/** The root causes that the evidence leads to, the likeliest first. Only causes of model/diagnoses.ts. */
export function diagnose(of: Case): Diagnosis[] {
  const registers = causesOfRegisters(of);
  const found = [...registers, ...causesOfFindings(of), ...causesOfCpus(of), ...causesOfDevices(of)];
  const causes = withoutFollowers([...found, ...causesOfMachine(of, found)], registers).filter(({ cause }) =>
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

/**
 * A CPU that goes by a wrong register stands for that; one that faults wherever it goes runs over the end of its stack.
 */
function withoutFollowers(causes: readonly Cause[], registers: readonly Cause[]): Cause[] {
  const smashed = causes.filter(({ cause }) => cause === 'stack_smash');
  const faulting = causes.find(({ cause, physical }) => cause === 'page_table_damage' && physical >= 0);
  return causes.flatMap((one) => {
    if (one.cause === 'cpu_stopped' && registers.some(({ place }) => place.startsWith(`${one.place}.`)))
      return [];
    if (!faulting || smashed.length === 0) return [one];
    if (one === faulting)
      return [{ ...one, explains: [...one.explains, ...smashed.flatMap(({ explains }) => explains)] }];
    return smashed.includes(one) ? [] : [one];
  });
}

/**
 * `failed`: it said so, or had to be stopped; `failing`: a watchdog barked, or damage that it has not tripped over yet.
 */
export function healthOf(of: Case, diagnosis: readonly Diagnosis[]): 'healthy' | 'failing' | 'failed' {
  if (['panic', 'triple_fault', 'second_level'].includes(of.patient.reason) || panicLine(of.log) !== '')
    return 'failed';
  if (of.patient.reason !== 'inspection' || oopsLine(of.log) !== '') return 'failing';
  return diagnosis.some(({ cause }) => cause !== 'metadata_lie' && cause !== 'metadata_rot')
    ? 'failing'
    : 'healthy';
}
