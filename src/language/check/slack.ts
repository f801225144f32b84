import { NS_PER_S } from '../../base/units.ts';
import type { Path } from '../../model/expression.ts';
import type { Subject } from '../claim-clauses.ts';
import { evaluatePath } from '../evaluate.ts';
import { fail, failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { wantTime } from '../settings.ts';
import { sharedBy } from './bytes.ts';
import type { Clause, Node } from '../tree.ts';

/** `slack D`: every subject has to be one that another partition's traffic reaches. */
export function slackOf(clause: Clause, subjects: readonly Subject[], scope: Scope): number | undefined {
  for (const { place } of subjects) {
    if (partnersOf(place.lpar ?? '', scope).length > 0) continue;
    return noTraffic(clause, place.lpar ?? '', scope);
  }
  return wantTime(clause.values, clause.word, { low: 1, high: 60 * NS_PER_S }, scope);
}

/** `except web`: partitions that every subject shares memory with. */
export function exceptedBy(clause: Clause, subjects: readonly Subject[], scope: Scope): Path[] | undefined {
  const paths: Path[] = [];
  for (const expr of clause.values) {
    const value = expr.kind === 'path' ? evaluatePath(expr, scope) : undefined;
    const other = value?.kind === 'path' && value.value.steps.length === 0 ? value.value.root : undefined;
    if (value?.kind !== 'path' || other === undefined || scope.parties?.lpars.has(other) !== true) {
      const help = 'as in `except web`: the partition that its traffic is with';
      return fail(scope, 'E0718', expr, '`except` of a bystander takes a partition', 'no partition', help);
    }
    for (const { place } of subjects) {
      const partners = partnersOf(place.lpar ?? '', scope);
      if (partners.includes(other)) continue;
      if (partners.length === 0) return noTraffic(expr, place.lpar ?? '', scope);
      const help = `it shares memory with \`${partners.join('`, `')}\``;
      const message = `\`${place.lpar}\` exchanges nothing with \`${other}\``;
      return failAt(scope, 'E0724', value.span, message, 'nothing to leave out', help);
    }
    paths.push(value.value);
  }
  return paths;
}

function partnersOf(lpar: string, scope: Scope): string[] {
  return sharedBy(lpar, scope).map(({ between: [one, other] }) => (one === lpar ? other : one));
}

function noTraffic(at: Node, lpar: string, scope: Scope): undefined {
  const message = `\`${lpar}\` exchanges nothing with anybody, so nothing of another's can move its times`;
  const help = 'leave it out: slots are fixed, and the partition is bit-identical or it is not';
  return fail(scope, 'E0724', at, message, 'no traffic', help);
}
