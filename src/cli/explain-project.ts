import type { SpecModel } from '../model/scenario.ts';
import { findSpecs, projectModels } from '../runner/specs.ts';
import type { Entry } from './explanations.ts';

/** Scenarios named beside a name of a project. */
const NAMED = 3;

/**
 * What the specs of the project around `cwd` call by a name of their own: codes with their `##` text, partitions and
 * ambulances. What is wrong with the specs is not told here.
 */
export async function projectEntries(cwd: string): Promise<readonly Entry[]> {
  const found = await findSpecs({ cwd, words: ['explain'], paths: [] });
  if (found.usage.length > 0) return [];
  const models = await projectModels(found);
  return [...codeEntries(models), ...machineEntries(models)];
}

function codeEntries(models: readonly SpecModel[]): Entry[] {
  const entries = new Map<string, Entry>();
  for (const { validators } of models.map(({ library }) => library))
    for (const { name, codes, shipped, span } of validators)
      for (const { code, doc } of shipped ? [] : codes)
        entries.set(`${code} ${name} ${span.file}`, {
          word: code,
          title: '',
          doc: `${doc}\nLeads to the verdict corrupt on ${name}: ${span.file}.`,
          group: 'findings of this project',
        });
  return [...entries.values()];
}

/** Names of machines: whose they are is all that there is to say. */
function machineEntries(models: readonly SpecModel[]): Entry[] {
  const places = new Map<string, { readonly word: string; readonly what: string; readonly at: string[] }>();
  for (const { name, file, line, topology } of models.flatMap(({ scenarios }) => scenarios))
    for (const [what, of] of [
      ['a partition', topology.lpars],
      ['an ambulance', topology.ambulances],
    ] as const)
      for (const { name: word } of of) {
        const known = places.get(`${what} ${word}`) ?? { word, what, at: [] };
        places.set(`${what} ${word}`, known);
        known.at.push(`${file}:${line} ("${name}")`);
      }
  return [...places.values()].map(({ word, what, at }) => ({
    word,
    title: '',
    doc: `A name that specs of this project give to ${what}, no word of the language: ${at.slice(0, NAMED).join(', ')}${at.length > NAMED ? ` and ${at.length - NAMED} more` : ''}.`,
    group: 'names of this project',
  }));
}
