import { ACTION_CODES } from './codes/actions.ts';
import { CLAIM_CODES } from './codes/claims.ts';
import type { LanguageCode } from './codes/doc.ts';
import { FILE_CODES } from './codes/files.ts';
import { MACHINE_CODES } from './codes/machine.ts';
import { PLACE_CODES } from './codes/places.ts';
import { SCENARIO_CODES } from './codes/scenario.ts';
import { SYNTAX_CODES } from './codes/syntax.ts';

/** Every diagnostic that the compiler gives, in order. Nothing here loads the parser. */
export const LANGUAGE_CODES: readonly LanguageCode[] = [
  ...FILE_CODES,
  ...SYNTAX_CODES,
  ...MACHINE_CODES,
  ...SCENARIO_CODES,
  ...ACTION_CODES,
  ...PLACE_CODES,
  ...CLAIM_CODES,
];
