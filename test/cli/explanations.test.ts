import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SHIPPED } from '../support/library.ts';
import { explanations } from '../../src/cli/explanations.ts';
import { OBSERVERS } from '../../src/language/check/observers.ts';
import { KNOWN_WORDS } from '../../src/language/check/words.ts';
import { KEYWORDS } from '../../src/language/tokens.ts';
import {
  COLLECTIONS,
  KERNEL_LOCKS,
  SPECIAL_PLACES,
  SYSTEM_TASKS,
  WORKLOAD_TASKS,
} from '../../src/model/collections.ts';
import { FUNCTIONS } from '../../src/model/functions.ts';
import { LATER } from '../../src/model/later.ts';
import { VERBS } from '../../src/model/verbs.ts';
import { EVENTS, VERDICTS, VIA } from '../../src/model/vocabulary.ts';
import { REPOSITORY } from '../support/built.ts';

const entries = explanations(SHIPPED);
const sources = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const text = readFileSync(join(REPOSITORY, 'src', name), 'utf8');
    // The tables themselves say no code, they document them.
    return name.endsWith('codes.ts') || /\bcodes\b.[a-z]+\.ts/.test(name)
      ? text.replaceAll(/\bcode: 'E\d{4}'/g, '')
      : text;
  });
const used = new Set(sources.flatMap((text) => text.match(/(?<=['"`])E[01]\d{3}(?=['"`])/g) ?? []));

/** Words in quotes of every list in `src/language` that says which settings, clauses and words there are. */
function listed(): readonly string[] {
  const named =
    /\b(?:\w*HEADS|OF_\w+|RESOURCES|ALWAYS|LATER_\w+|DEVICE_KINDS|\w+_PARTS|TARGETS)\b[^=\n]*= (?:new Set\()?\[([^\]]*)\]/g;
  const inline = /\b(?:clauses|later): \[([^\]]*)\]/g;
  const folder = join(REPOSITORY, 'src/language');
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('codes'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const lists = texts.flatMap((text) => [...text.matchAll(named), ...text.matchAll(inline)]);
  return lists.flatMap(([, list]) =>
    [...(list ?? '').matchAll(/'(\w+)'/g)].map(([, word]) => word as string),
  );
}

describe('every word of the language', () => {
  const known = new Set(entries.map(({ word }) => word));

  it.each([
    ['settings, clauses and heads', listed()],
    ['bare words', [...KNOWN_WORDS]],
    ['clauses of verbs', [...VERBS.values()].flatMap(({ clauses }) => Object.keys(clauses))],
    ['keywords', [...KEYWORDS.keys()]],
    ['verbs', [...VERBS.keys()]],
    ['what comes later', [...LATER.keys()]],
    ['events', Object.keys(EVENTS)],
    ['verdicts and sources', [...VERDICTS, ...VIA]],
    ['structures and places', [...COLLECTIONS, ...SPECIAL_PLACES].map(({ name }) => name)],
    ['locks', Object.keys(KERNEL_LOCKS)],
    [
      'workloads and tasks',
      [...Object.keys(WORKLOAD_TASKS), ...Object.values(WORKLOAD_TASKS).flat(), ...SYSTEM_TASKS],
    ],
    ['functions', [...FUNCTIONS.keys()]],
    ['observers', [...OBSERVERS.keys(), 'check']],
  ])('has a document: %s', (_kind, all) => {
    expect(all.length).toBeGreaterThan(2);
    expect([...new Set(all)].filter((word) => !known.has(word))).toEqual([]);
  });

  it('is looked for where it is written', () => {
    expect(listed()).toEqual(expect.arrayContaining(['uses', 'describes', 'slice', 'nth', 'rank']));
  });
});

describe('what can be explained', () => {
  it('every code that a diagnostic can have has a document', () => {
    const known = new Set(entries.map(({ word }) => word));
    expect(used.size).toBeGreaterThan(40);
    expect([...used].filter((code) => !known.has(code)).sort()).toEqual([]);
  });

  it('no document is of a code that nothing says', () => {
    const codes = entries.map(({ word }) => word).filter((word) => /^E[01]\d{3}$/.test(word));
    expect(codes.filter((code) => !used.has(code))).toEqual([]);
  });

  it('a code has one document; a word may have several, in different groups', () => {
    const seen = entries.map(({ word, group }) => (/^E[01]\d{3}$/.test(word) ? word : `${word} (${group})`));
    expect(seen.filter((one, place) => seen.indexOf(one) !== place)).toEqual([]);
  });

  it('every document says something', () => {
    for (const { word, doc } of entries) expect(`${word}: ${doc}`).toMatch(/^[\w -]+: \S.{9,}/s);
  });
});

it('every code of the shipped library is explained in its own words', () => {
  const slabs = entries.find(({ word }) => word === 'SLAB_COUNTERS');
  expect(slabs?.doc).toBe(
    "A slab's counters cannot be, or do not add up with its freelist.\nLeads to the verdict corrupt on slabs, cpu_freelists.",
  );
  const known = new Set(entries.map(({ word }) => word));
  const codes = SHIPPED.validators.flatMap((one) => one.codes.map(({ code }) => code));
  expect(codes.filter((code) => !known.has(code))).toEqual([]);
});

it('says of every code of the library what stands above it there', () => {
  const codes = new Set(SHIPPED.validators.flatMap((one) => one.codes.map(({ code }) => code)));
  const unsaid = [...codes].filter((code) => {
    const { doc } = entries.find(({ word }) => word === code) ?? { doc: '{' };
    return doc.includes('{') || !/^.*\.$/m.test(doc);
  });
  expect(unsaid).toEqual([]);
  const { doc, group } = entries.find(({ word }) => word === 'LOCK_NO_HOLDER') ?? {};
  expect(group).toBe('findings of the shipped library');
  expect(doc).toMatch(
    /^A held lock that no CPU.*\nLeads to the verdict corrupt on run_queues, hrtimers, locks/,
  );
});

it.each([
  ['A count is off.', '{n} are counted'],
  ['{n} are counted', 'A count is off.'],
])('of several requirements of one code tells the words above one, not a message: %s, %s', (...docs) => {
  const validators = docs.map((doc, at) => ({ name: `v${at}`, codes: [{ code: 'COUNT_OFF', doc }] }));
  const library = { ...SHIPPED, validators: validators as unknown as typeof SHIPPED.validators };
  const told = explanations(library).find(({ word }) => word === 'COUNT_OFF');
  expect(told?.doc).toBe('A count is off.\nLeads to the verdict corrupt on v0, v1.');
});
