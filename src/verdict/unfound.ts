import { formatTime } from '../base/units.ts';
import type { ValidatorModel } from '../model/structure.ts';
import type { Claim } from '../model/scenario.ts';
import { printExpression } from '../model/print.ts';
import type { Receipt } from '../record/record.ts';
import { changedNothing } from '../record/receipt.ts';
import type { Case } from './facts.ts';
import { readersOf } from './readers.ts';
import type { Judged } from './reports.ts';
import { bare } from './reports.ts';

/** Of so many damaged places it is told who reads them. */
const PLACES_TOLD = 2;
const CODES_TOLD = 4;

/**
 * Why what a claim expects may not have been found: which requirements of the structure's validator read the damaged
 * fields, or that none does. '' where nothing can be said: no fault struck that patient, or none at a field.
 */
export function whyUnfound(claim: Claim, { report, verdict }: Judged, run: Case): string {
  const { library } = run.scenario;
  const structure = bare(verdict.structure, report.patient);
  if (library === undefined || structure === 'metadata') return '';
  const validator = library.validators.find((one) => one.name === structure);
  if (!validator) return '';
  const told: string[] = [];
  for (const receipt of damage(claim, report.patient, run)) {
    const { place, fired_ns = 0 } = receipt;
    const one =
      fired_ns > report.diagnosed_ns
        ? `${place} was damaged at ${formatTime(fired_ns)}, later than the rescue concluded`
        : read(place, validator, run);
    if (one !== '' && !told.includes(one)) told.push(one);
  }
  return told.slice(0, PLACES_TOLD).join('; ');
}

/** What struck the patient: at the places that the claim names, if it is damaged there. */
function damage(claim: Claim, patient: string, { scenario, record }: Case): readonly Receipt[] {
  const all = record.receipts.filter(
    (one) =>
      one.kind === 'fault' && one.partition === patient && one.fired_ns !== undefined && !changedNothing(one),
  );
  const named = new Set(claim.places.map(printExpression));
  const there = all.filter(({ trigger, action, place }) => {
    const subject = scenario.triggers[trigger]?.actions[action]?.subject;
    return named.has(place) || (subject !== undefined && named.has(printExpression(subject)));
  });
  return there.length > 0 ? there : all;
}

function read(place: string, validator: ValidatorModel, { scenario: { library } }: Case): string {
  const readers = library && readersOf(place, validator, library);
  if (!readers) return '';
  const { codes, walks } = readers;
  if (codes.length > 0) {
    const more = codes.length > CODES_TOLD ? ` and ${codes.length - CODES_TOLD} more` : '';
    return `\`validator ${validator.name}\` reads ${place} for ${codes.slice(0, CODES_TOLD).join(', ')}${more}, and it held`;
  }
  if (walks.length > 0) return `going through \`${walks.join('`, `')}\` reads ${place}, and it held`;
  const others = library.validators.filter(
    (one) => one !== validator && (readersOf(place, one, library)?.codes.length ?? 0) > 0,
  );
  const elsewhere = others.slice(0, CODES_TOLD).map(({ name }) => `\`${name}\``);
  const instead = elsewhere.length === 0 ? '' : `; ${elsewhere.join(', ')} does`;
  return `no requirement of \`validator ${validator.name}\` reads ${place}${instead}`;
}
