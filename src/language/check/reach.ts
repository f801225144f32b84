import type { Claim, Trigger } from '../../model/scenario.ts';
import { VERBS } from '../../model/verbs.ts';
import { collectionNamed } from './place.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';

/** Claims that no run of this machine can meet. */
export function checkReach(claims: readonly Claim[], triggers: readonly Trigger[], scope: Scope): void {
  for (const claim of claims) {
    if (claim.observer === 'verdict' || claim.observer === 'diagnosis' || claim.observer === 'service')
      checkAttended(claim, scope);
    if (claim.observer === 'service') checkServiced(claim, triggers, scope);
    if (claim.observer === 'verdict') checkDescribed(claim, scope);
    if (claim.observer === 'bystander') checkBystander(claim, triggers, scope);
  }
}

function checkAttended(claim: Claim, scope: Scope): void {
  for (const subject of claim.subjects) {
    if (isAttended(subject.root, claim.from, scope)) continue;
    const ambulances = [...(scope.parties?.ambulances.values() ?? [])];
    const who = ambulances.length === 0 ? 'there is no ambulance' : `nobody attends \`${subject.root}\``;
    const help =
      ambulances.length === 0
        ? 'add `ambulance rescue { … }`'
        : `add it to what \`${ambulances[0]?.name}\` attends`;
    failAt(scope, 'E0707', subject.span, `${who}: this claim can never be met`, 'gets no verdict', help);
  }
}

function isAttended(root: string, from: string | undefined, scope: Scope): boolean {
  if (scope.parties === undefined) return false;
  for (const one of scope.parties.ambulances.values()) {
    if (from !== undefined && one.name !== from) continue;
    if (root === 'others' || one.attends.includes(root)) return true;
  }
  return false;
}

/** A claim about a service that nobody orders. */
function checkServiced(claim: Claim, triggers: readonly Trigger[], scope: Scope): void {
  const asked = (action: Trigger['actions'][number], patient: string): boolean => {
    const { verb, subject, clauses } = action;
    if (verb === 'service') return subject?.kind !== 'path' || subject.value.root === patient;
    const [purpose] = clauses['for'] ?? [];
    const [to] = clauses['to'] ?? [];
    const service = verb === 'summon' && purpose?.kind === 'word' && purpose.value === 'service';
    return service && to?.kind === 'path' && to.value.root === patient;
  };
  // In a row of a table where it is not claimed, it need not be ordered.
  if (claim.condition?.kind === 'bool' && !claim.condition.value) return;
  for (const subject of claim.subjects) {
    if (triggers.some((trigger) => trigger.actions.some((action) => asked(action, subject.root)))) continue;
    const message = `nobody is asked to service \`${subject.root}\``;
    const help = `write \`on rescue.diagnosed: service ${subject.root} by advice\``;
    failAt(scope, 'E0730', subject.span, message, 'gets no service', help);
  }
}

function checkDescribed(claim: Claim, scope: Scope): void {
  if (claim.negated || claim.states.includes('unchecked') || claim.states.includes('any')) return;
  for (const subject of claim.subjects) {
    const lpar = scope.parties?.lpars.get(subject.root);
    const step = subject.steps.at(-1);
    const collection = step?.kind === 'field' ? collectionNamed(step.name) : undefined;
    if (
      lpar === undefined ||
      collection?.describable !== true ||
      lpar.metadata.describes.includes(collection.name)
    )
      continue;
    const help = `add \`${collection.name}\` to what its \`metadata\` describes`;
    const message = `\`${lpar.name}\` does not describe \`${collection.name}\`: it can only be \`unchecked\``;
    failAt(scope, 'E0720', subject.span, message, 'never judged', help);
  }
}

/** `contained` asks that the fault changed nothing: of the partition that it hits, that is asked in vain. */
function checkBystander(claim: Claim, triggers: readonly Trigger[], scope: Scope): void {
  if (
    claim.negated ||
    !claim.states.includes('contained') ||
    claim.condition !== undefined ||
    claim.given !== undefined
  )
    return;
  for (const subject of claim.subjects) {
    for (const trigger of triggers) {
      const hit =
        trigger.condition === undefined
          ? trigger.actions.find((action) => hits(action, subject.root))
          : undefined;
      if (hit === undefined) continue;
      failAt(
        scope,
        'E0721',
        subject.span,
        `\`${subject.root}\` is what the fault hits: it cannot be contained there`,
        'no bystander',
        undefined,
        [{ span: hit.span, text: 'hits it here' }],
      );
      return;
    }
  }
}

function hits(action: Trigger['actions'][number], lpar: string): boolean {
  const verb = VERBS.get(action.verb);
  if (verb === undefined || verb.kind === 'request' || verb.name === 'dma') return false;
  return action.subject?.kind === 'path' && action.subject.value.root === lpar;
}
