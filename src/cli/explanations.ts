import { LANGUAGE_CODES } from '../language/codes.ts';
import { COLLECTIONS, SPECIAL_PLACES } from '../model/collections.ts';
import { DIAGNOSES } from '../model/diagnoses.ts';
import { FINDINGS } from '../model/findings.ts';
import { VERBS } from '../model/verbs.ts';
import {
  BYSTANDER_STATES,
  GUEST_SIGNS,
  GUEST_STATES,
  HYPERVISOR_SIGNS,
  HYPERVISOR_STATES,
  REFUSALS,
} from '../model/vocabulary.ts';
import { type CodeDoc, CONFIG_CODES } from '../runner/config-codes.ts';
import { JUDGE_CODES } from '../verdict/codes.ts';

/** One thing that can be explained. */
export interface Entry {
  readonly word: string;
  /** One line; '' where the document is one itself. */
  readonly title: string;
  readonly doc: string;
  readonly group: string;
  /** A text that earns the code, and the same mended. */
  readonly example?: { readonly bad: string; readonly mended: string };
}

/** Everything that has a code or is a word of a closed vocabulary, group by group. */
export function explanations(): readonly Entry[] {
  return [
    ...LANGUAGE_CODES.map(({ code, title, doc, bad, mended }) => ({
      word: code,
      title,
      doc,
      group: 'what a spec can get wrong',
      example: { bad, mended },
    })),
    ...codes('siren.yaml and the command line', CONFIG_CODES),
    ...codes('the judge', JUDGE_CODES),
    ...[...FINDINGS.values()].map(({ code, doc, leads_to, collections }) => ({
      word: code,
      title: '',
      doc: `${doc}\nLeads to the verdict ${leads_to}${collections.length === 0 ? '' : ` on ${collections.join(', ')}`}.`,
      group: 'findings of an ambulance',
    })),
    ...[...DIAGNOSES.values()].map(({ cause, doc }) => ({
      word: cause,
      title: '',
      doc,
      group: 'diagnoses',
    })),
    ...words('why a registration is refused', REFUSALS),
    ...[...VERBS.values()].map((verb) => ({
      word: verb.name,
      title: '',
      doc: verbDoc(verb),
      group: 'verbs',
    })),
    ...words('states of a guest', GUEST_STATES),
    ...words('signs in a guest', GUEST_SIGNS),
    ...words('states that the hypervisor sees', HYPERVISOR_STATES),
    ...words('signs that the hypervisor sees', HYPERVISOR_SIGNS),
    ...words('bystanders', BYSTANDER_STATES),
    ...COLLECTIONS.map(({ name, doc }) => ({ word: name, title: '', doc, group: 'structures' })),
    ...SPECIAL_PLACES.map(({ name, doc }) => ({ word: name, title: '', doc, group: 'places' })),
  ];
}

function codes(group: string, table: readonly CodeDoc[]): Entry[] {
  return table.map(({ code, title, doc }) => ({ word: code, title, doc, group }));
}

function words(group: string, table: Readonly<Record<string, string>>): Entry[] {
  return Object.entries(table).map(([word, doc]) => ({ word, title: '', doc, group }));
}

function verbDoc(verb: NonNullable<ReturnType<(typeof VERBS)['get']>>): string {
  const clauses = Object.entries(verb.clauses).map(([word, rule]) => {
    const takes = typeof rule.takes === 'string' ? rule.takes : rule.takes.join(' | ');
    return `  ${word}: ${takes}; ${rule.doc}${rule.required ? ' (required)' : ''}`;
  });
  return [`${verb.doc} (${verb.kind}; acts on: ${verb.subject})`, ...clauses].join('\n');
}
