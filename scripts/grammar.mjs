// Writes grammar/siren.ebnf from the parser. Run after `npm run build`; test/language/grammar.test.ts notices when it is out of date.
import { writeFileSync } from 'node:fs';
import { ebnf } from '../dist/language/ebnf.js';

writeFileSync(new URL('../grammar/siren.ebnf', import.meta.url), ebnf());
