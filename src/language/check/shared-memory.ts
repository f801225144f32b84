import { COLLECTIONS, SPECIAL_PLACES } from '../../model/collections.ts';
import type { SharedDraft } from '../grant.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Draft } from '../topology.ts';

/** What `web.NAME` means already. */
const TAKEN = new Set([...COLLECTIONS, ...SPECIAL_PLACES].map((one) => one.name));
/** A guest has room for so many. */
const REGIONS_OF_ONE = 4;

export function regionsOf(draft: Draft): SharedDraft[] {
  return [...draft.lpars.values()].flatMap((lpar) => lpar.shared);
}

/** Each region has a name of its own and lies between two different partitions, none of which has too many. */
export function checkShared(draft: Draft, scope: Scope): void {
  const named = new Map<string, SharedDraft>();
  const counted = new Map<string, number>();
  for (const lpar of draft.lpars.values()) {
    for (const region of lpar.shared) {
      const { name, partner, span } = region;
      const first = named.get(name)?.span ?? draft.machine?.devices.find((one) => one.name === name)?.span;
      named.set(name, region);
      if (first !== undefined) {
        const help = 'both partitions see it as soon as one of them declares it';
        const text = `\`${name}\` is the name of something else already`;
        failAt(scope, 'E0305', span, text, 'again', help, [{ span: first, text: 'first here' }]);
      } else if (TAKEN.has(name) || draft.lpars.has(name) || draft.ambulances.has(name)) {
        const message = `a shared region cannot be called \`${name}\`: \`${lpar.name}.${name}\` is something else`;
        failAt(scope, 'E0325', span, message, 'reserved', 'as in `mailbox`');
      } else if (partner.value === lpar.name) {
        const message = `\`${lpar.name}\` shares \`${name}\` with itself`;
        failAt(scope, 'E0332', partner.span, message, 'the same partition', 'name another one');
      } else if (draft.lpars.has(partner.value)) {
        for (const who of [lpar.name, partner.value]) {
          const count = (counted.get(who) ?? 0) + 1;
          counted.set(who, count);
          if (count !== REGIONS_OF_ONE + 1) continue;
          const message = `\`${who}\` shares more than ${REGIONS_OF_ONE} regions`;
          failAt(scope, 'E0332', span, message, 'one too many', 'make one of them larger instead');
        }
      } else {
        const help = didYouMean(partner.value, draft.lpars.keys(), 'there are');
        const what = draft.ambulances.has(partner.value) ? 'an ambulance' : 'unknown';
        failAt(
          scope,
          'E0332',
          partner.span,
          `there is no partition \`${partner.value}\` to share with`,
          what,
          help,
        );
      }
    }
  }
}
