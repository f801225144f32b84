import { LANGUAGE_CODES } from '../language/codes.ts';
import { REPAIR_VERBS } from '../language/library/repair-verbs.ts';
import { SHAPES } from '../language/library/shapes.ts';
import { TYPE_WORDS } from '../language/library/basic-types.ts';
import { COLLECTIONS, SPECIAL_PLACES, COURIER, SYSTEM_TASKS, WORKLOAD_TASKS } from '../model/collections.ts';
import { DIAGNOSES, NO_DIAGNOSIS } from '../model/diagnoses.ts';
import { FINDINGS } from '../model/findings.ts';
import { CPU_MEMBERS, FORMULA_FUNCTIONS } from '../model/formula-functions.ts';
import { FUNCTIONS } from '../model/functions.ts';
import { LANGUAGE_WORDS } from '../model/language-words.ts';
import { LATER } from '../model/later.ts';
import type { LibraryModel } from '../model/structure.ts';
import { NO_LIBRARY } from '../model/structure.ts';
import { SERVICE_STEPS, VERBS } from '../model/verbs.ts';
import {
  BYSTANDER_STATES,
  EVENTS,
  GUEST_SIGNS,
  GUEST_STATES,
  HYPERVISOR_SIGNS,
  HYPERVISOR_STATES,
  REFUSALS,
  SERVICE_CODES,
  SERVICE_SIGNS,
  SERVICE_STATES,
} from '../model/vocabulary.ts';
import { type CodeDoc, CONFIG_CODES } from '../runner/config-codes.ts';
import { KERNEL_TYPES, kernelTypeWords } from './kernel-types.ts';
import { JUDGE_CODES } from '../verdict/codes.ts';

/** One thing that can be explained. */
export interface Entry {
  readonly word: string;
  /** The heading under which the overview lists it. */
  readonly group: string;
  /** One line; '' where the document is one itself. */
  readonly title: string;
  readonly doc: string;
  /** A text that earns the code, and the same mended. */
  readonly example?: { readonly bad: string; readonly mended: string };
}

/** Everything that has a code or is a word of a closed vocabulary, group by group. */
export function explanations(library: LibraryModel = NO_LIBRARY): readonly Entry[] {
  return [
    ...LANGUAGE_WORDS.flatMap(({ kind, words: table }) => words(kind, workloadTasks(kind, table))),
    ...[...VERBS.values()].map((verb) => ({
      word: verb.name,
      title: '',
      doc: verbDoc(verb),
      group: 'verbs',
    })),
    ...[...VERBS.values()].flatMap((verb) => clauseEntries(verb)),
    ...Object.entries(EVENTS).map(([word, { of, doc }]) => ({
      word,
      title: '',
      doc: `${doc}\nAn event of ${of.map((subject) => SUBJECTS[subject]).join(' or ')}: \`on ${EXAMPLES[of[0] ?? 'lpar']}.${word}: …\`.`,
      group: 'events',
    })),
    ...[...SERVICE_STEPS.values()].map((step) => ({
      word: step.name,
      title: '',
      doc: verbDoc(step),
      group: 'steps of a service',
    })),
    ...[...SERVICE_STEPS.values()].flatMap((step) => clauseEntries(step, 'step')),
    ...words('states of a guest', GUEST_STATES),
    ...words('signs in a guest', GUEST_SIGNS),
    ...words('states that the hypervisor sees', HYPERVISOR_STATES),
    ...words('signs that the hypervisor sees', HYPERVISOR_SIGNS),
    ...words('how a service ends', SERVICE_STATES),
    ...words('what ends a service', SERVICE_SIGNS),
    ...words('why a service ended so', SERVICE_CODES),
    ...words('bystanders', BYSTANDER_STATES),
    ...words('why a registration is refused', REFUSALS),
    ...COLLECTIONS.map(({ name, doc }) => ({ word: name, title: '', doc, group: 'structures' })),
    ...SPECIAL_PLACES.map(({ name, doc }) => ({ word: name, title: '', doc, group: 'places' })),
    ...taskEntries(),
    ...[...FUNCTIONS.values()].map(({ name, parameters, doc }) => ({
      word: name,
      title: '',
      doc: `${doc}\nIs called as \`${name}(${parameters.join(', ')})\`.`,
      group: 'functions',
    })),
    ...Object.entries(SHAPES).map(([word, { needs, doc }]) => ({
      word,
      title: '',
      doc: needs.length === 0 ? doc : `${doc} Needs ${needs.map((one) => `\`${one}\``).join(', ')}.`,
      group: 'shapes',
    })),
    ...[...FORMULA_FUNCTIONS.values()].map(({ name, parameters, optional, doc }) => ({
      word: name,
      title: '',
      doc: `${doc}\nIs called as \`${name}(${parameters.map((one, at) => (at < parameters.length - optional ? one : `[${one}]`)).join(', ')})\`.`,
      group: 'functions of formulas',
    })),
    ...[...CPU_MEMBERS.values()].map(({ name, gives, doc }) => ({
      word: name,
      title: '',
      doc: `${doc} (${gives})`,
      group: 'what a formula may ask of a CPU',
    })),
    ...Object.entries(REPAIR_VERBS).map(([word, { doc }]) => ({ word, title: '', doc, group: 'repairs' })),
    ...words('types', TYPE_WORDS),
    ...words(KERNEL_TYPES, kernelTypeWords()),
    ...[...FINDINGS.values()].map(({ code, doc, leads_to, collections, shapes }) => ({
      word: code,
      title: '',
      doc: `${doc}\nLeads to the verdict ${leads_to}${collections.length === 0 ? '' : ` on ${collections.join(', ')}`}${shapes === undefined ? '' : ` on whatever is a ${shapes.join(' or a ')}`}.`,
      group: 'findings of an ambulance',
    })),
    ...libraryCodes(library),
    ...[...DIAGNOSES.values(), { cause: NO_DIAGNOSIS.word, doc: NO_DIAGNOSIS.doc }].map(({ cause, doc }) => ({
      word: cause,
      title: '',
      doc,
      group: 'diagnoses',
    })),
    ...[...LATER].map(([word, { of, today }]) => ({
      word,
      title: '',
      doc: `As a ${of} it is part of the language, and not of this version: a spec that uses it is told so.${today === undefined ? '' : ` Today: ${today}.`}`,
      group: 'of a later version',
    })),
    ...LANGUAGE_CODES.map(({ code, title, doc, bad, mended }) => ({
      word: code,
      title,
      doc,
      group: 'what a spec can get wrong',
      example: { bad, mended },
    })),
    ...codes('siren.yaml and the command line', CONFIG_CODES),
    ...codes('the judge', JUDGE_CODES),
  ];
}

const SUBJECTS = {
  lpar: 'a partition',
  task: 'a task',
  device: 'a device',
  ambulance: 'an ambulance',
} as const;
const EXAMPLES = {
  lpar: 'web',
  task: 'web.tasks["nginx"]',
  device: 'web.disk0',
  ambulance: 'rescue',
} as const;

/** A workload's document names its tasks. */
function workloadTasks(
  kind: string,
  table: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (kind !== 'workloads') return table;
  return Object.fromEntries(
    Object.entries(table).map(([word, doc]) => [
      word,
      `${doc} Its tasks: ${(WORKLOAD_TASKS[word] ?? []).join(', ')}.`,
    ]),
  );
}

/** Tasks by comm, each with the workloads that have it. */
function taskEntries(): Entry[] {
  const homes = new Map<string, string[]>(SYSTEM_TASKS.map((name) => [name, []]));
  homes.set(COURIER, ['any, where the partition shares memory']);
  for (const [workload, names] of Object.entries(WORKLOAD_TASKS))
    for (const name of names) homes.set(name, [...(homes.get(name) ?? []), workload]);
  return [...homes].map(([word, workloads]) => ({
    word,
    title: '',
    doc: `A task: \`web.tasks["${word}"]\`. ${workloads.length === 0 ? 'In every guest.' : `Of the workload ${workloads.join(', ')}.`}`,
    group: 'tasks',
  }));
}

function codes(group: string, table: readonly CodeDoc[]): Entry[] {
  return table.map(({ code, title, doc }) => ({ word: code, title, doc, group }));
}

/** Codes that only the text of the library has, with what is written above them there. */
function libraryCodes({ validators }: LibraryModel): Entry[] {
  const found = new Map<string, { readonly doc: string; readonly of: Set<string> }>();
  for (const { name, codes: own } of validators)
    for (const { code, doc } of own) {
      if (FINDINGS.has(code)) continue;
      const known = found.get(code);
      // Where nothing is written above a requirement its message stands for that: of several, one that is written
      // serves.
      const better = known === undefined || (known.doc.includes('{') && !doc.includes('{'));
      found.set(code, { doc: better ? doc : known.doc, of: new Set([...(known?.of ?? []), name]) });
    }
  return [...found].map(([word, { doc, of }]) => ({
    word,
    title: '',
    doc: `${doc}\nLeads to the verdict corrupt on ${[...of].join(', ')}.`,
    group: 'findings of the shipped library',
  }));
}

function words(group: string, table: Readonly<Record<string, string>>): Entry[] {
  return Object.entries(table).map(([word, doc]) => ({ word, title: '', doc, group }));
}

type VerbDoc = NonNullable<ReturnType<(typeof VERBS)['get']>>;

function verbDoc(verb: VerbDoc): string {
  const clauses = Object.entries(verb.clauses).map(([word, rule]) => `  ${word}: ${clauseDoc(rule)}`);
  return [`${verb.doc} (${verb.kind}; acts on: ${verb.subject})`, ...clauses].join('\n');
}

function clauseEntries({ name, clauses }: VerbDoc, kind = 'verb'): Entry[] {
  const group = `clauses of the ${kind} ${name}`;
  return Object.entries(clauses).map(([word, rule]) => ({ word, title: '', doc: clauseDoc(rule), group }));
}

function clauseDoc({ takes, doc, required }: VerbDoc['clauses'][string]): string {
  const values = typeof takes === 'string' ? takes : takes.join(' | ');
  return `${values}; ${doc}${required ? ' (required)' : ''}`;
}
