import { ACTION_CODES } from './codes/actions.ts';
import { CLAIM_CODES } from './codes/claims.ts';
import { CORE_CODES } from './codes/cores.ts';
import type { LanguageCode } from './codes/doc.ts';
import { APP_CODES } from './codes/apps.ts';
import { FILE_CODES } from './codes/files.ts';
import { FORMULA_CODES } from './codes/formulas.ts';
import { MACHINE_CODES } from './codes/machine.ts';
import { PLACE_CODES } from './codes/places.ts';
import { REPAIR_CODES } from './codes/repairs.ts';
import { SCENARIO_CODES } from './codes/scenario.ts';
import { STRUCTURE_CODES } from './codes/structures.ts';
import { SYNTAX_CODES } from './codes/syntax.ts';
import { VALIDATOR_CODES } from './codes/validators.ts';

/** Every diagnostic that the compiler gives, in order. Nothing here loads the parser. */
export const LANGUAGE_CODES: readonly LanguageCode[] = [
  ...FILE_CODES,
  ...SYNTAX_CODES,
  ...MACHINE_CODES,
  ...CORE_CODES,
  ...SCENARIO_CODES,
  ...ACTION_CODES,
  ...PLACE_CODES,
  ...CLAIM_CODES,
  ...STRUCTURE_CODES,
  ...FORMULA_CODES,
  ...VALIDATOR_CODES,
  ...APP_CODES,
  ...REPAIR_CODES,
];
