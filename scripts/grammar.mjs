// Writes the grammar folder from the language's own tables. Run after `npm run build`; test/language/grammar.test.ts
// notices when it is out of date.
import { writeFileSync } from 'node:fs';
import * as ebnf from '../dist/language/ebnf.js';
import * as tokens from '../dist/language/tokens.js';
import * as words from '../dist/model/language-words.js';
import * as verbs from '../dist/model/verbs.js';
import * as vocabulary from '../dist/model/vocabulary.js';
import { generate } from './grammar/generate.mjs';

const { GUEST_STATES, HYPERVISOR_STATES, BYSTANDER_STATES, VERDICTS } = vocabulary;
const states = [
  ...new Set([GUEST_STATES, HYPERVISOR_STATES, BYSTANDER_STATES].flatMap(Object.keys)),
  ...VERDICTS,
];
for (const [file, text] of Object.entries(generate({ ...ebnf, ...tokens, ...words, ...verbs, states }))) {
  writeFileSync(new URL(`../grammar/${file}`, import.meta.url), text);
}
