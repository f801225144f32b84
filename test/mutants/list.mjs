/** Every mutation, with the test or spec that must notice it: `npm run mutants` tries them one at a time. */
import { mutants as ambulance } from './ambulance.mjs';
import { mutants as claims } from './claims.mjs';
import { mutants as cores } from './cores.mjs';
import { mutants as five_levels } from './five-levels.mjs';
import { mutants as fields } from './fields.mjs';
import { mutants as formats } from './formats.mjs';
import { mutants as guest } from './guest.mjs';
import { mutants as language } from './language.mjs';
import { mutants as locators } from './locators.mjs';
import { mutants as machine } from './machine.mjs';
import { mutants as places_faults_judge } from './places-faults-judge.mjs';
import { mutants as real } from './real.mjs';
import { mutants as qemu } from './qemu.mjs';
import { mutants as runner_report } from './runner-report.mjs';
import { mutants as service } from './service.mjs';
import { mutants as snapshots } from './snapshots.mjs';
import { mutants as stock_kernels } from './stock-kernels.mjs';
import { mutants as stock_library } from './stock-library.mjs';
import { mutants as structures } from './structures.mjs';
import { mutants as structures_at_work } from './structures-at-work.mjs';
import { mutants as text } from './text.mjs';
import { mutants as twins } from './twins.mjs';
import { mutants as words } from './words.mjs';

export const mutants = [
  ...claims,
  ...twins,
  ...text,
  ...locators,
  ...machine,
  ...guest,
  ...ambulance,
  ...language,
  ...structures,
  ...snapshots,
  ...stock_kernels,
  ...stock_library,
  ...structures_at_work,
  ...five_levels,
  ...fields,
  ...formats,
  ...cores,
  ...places_faults_judge,
  ...real,
  ...qemu,
  ...runner_report,
  ...service,
  ...words,
];
