import type { Scenario, SpecModel } from '../model/scenario.ts';

/**
 * Freezes a model down to its sentences: scenarios, triggers, actions, claims and their lists. What a sentence is made
 * of, its expressions and spans, is readonly by type alone: freezing every last object costs as much as parsing the
 * text.
 */
export function freezeModel(model: SpecModel): SpecModel {
  for (const scenario of model.scenarios) freezeScenario(scenario);
  freezeAll(model.tags);
  Object.freeze(model.scenarios);
  return Object.freeze(model);
}

function freezeScenario(scenario: Scenario): void {
  for (const trigger of scenario.triggers) freezeAll(trigger.actions);
  freezeAll(scenario.triggers);
  freezeAll(scenario.claims);
  freezeAll(scenario.lets);
  Object.freeze(scenario.tags);
  Object.freeze(scenario.targets);
  Object.freeze(scenario.seeds);
  Object.freeze(scenario);
}

function freezeAll(list: readonly object[]): void {
  for (let at = 0; at < list.length; at++) Object.freeze(list[at]);
  Object.freeze(list);
}

/** Freezes plain data to its leaves: for what is made once and shared, as a topology is. */
export function freezeDeep<T extends object>(value: T): T {
  Object.freeze(value);
  for (const key in value) {
    const part: unknown = value[key];
    if (typeof part === 'object' && part !== null && !Object.isFrozen(part)) freezeDeep(part);
  }
  return value;
}
