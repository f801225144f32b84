import { addressHex } from '../base/address.ts';
import type { Expression } from '../model/expression.ts';
import type { NumberField } from '../model/number-field.ts';
import { isBitField } from '../model/number-field.ts';
import { printExpression } from '../model/print.ts';
import { holds } from '../place/place.ts';
import type { Aim } from '../record/record.ts';
import type { ClaimedPlace } from './claimed-place.ts';
import { isInside } from './claimed-place.ts';
import type { Case } from './facts.ts';

/**
 * A place that a fault names too is where it was when the fault fired; any other is looked up on the twin now.
 * Addresses decide; the text only where one of the two has none (a register, a CPU).
 */
export function claimedPlace(written: Expression, run: Case): ClaimedPlace {
  const known = run.claimed.get(written);
  if (known) return known;
  const claimed = lookUp(written, run);
  run.claimed.set(written, claimed);
  return claimed;
}

function lookUp(written: Expression, run: Case): ClaimedPlace {
  const text = printExpression(written);
  const bits = addressOf(written);
  if (bits !== undefined)
    return { text, covers: (_patient, located) => located.address === addressHex(bits) };
  const injected = injectedAt(text, run);
  // Where a fault has told where the place was, the twin of now has no say.
  const fixed = injected.filter((one) => one.physical >= 0);
  if (fixed.length > 0) {
    return {
      text,
      covers: (patient, located) =>
        located.physical >= 0
          ? fixed.some(
              (one) =>
                one.partition === patient &&
                within(one, located.physical) &&
                sameBits(one.number, one.place, located.place),
            )
          : fixed.some((one) => isInside(located.place, one.place) || isInside(located.place, text)),
    };
  }
  const resolved = run.facts.place(written);
  if (!resolved.ok && injected.length === 0) return { text, covers: () => false, error: resolved };
  const place = resolved.ok ? resolved.value : undefined;
  const texts = [text, ...(place ? [place.text] : []), ...injected.map((one) => one.place)];
  return {
    text,
    covers: (patient, located) =>
      place?.kind === 'bytes' && located.physical >= 0
        ? holds(place, patient, located.physical) && sameBits(place.number, place.text, located.place)
        : texts.some((name) => isInside(located.place, name)),
  };
}

/** `address(0xffff_8880_0417_2c40)` in the kernel that the claim is about. */
function addressOf(written: Expression): bigint | undefined {
  if (written.kind !== 'call' || written.name !== 'address') return undefined;
  const [argument] = written.args;
  return argument?.kind === 'int' ? argument.value : undefined;
}

/** Where faults have told that a place was: what they act on, and what DMA was aimed at. */
function injectedAt(text: string, { scenario, record }: Case): readonly Aim[] {
  const list: Aim[] = [];
  for (const receipt of record.receipts) {
    const action = scenario.triggers[receipt.trigger]?.actions[receipt.action];
    if (receipt.fired_ns === undefined || !action) continue;
    const { place, partition, physical, number, aim } = receipt;
    if (aim && action.clauses['to']?.some((to) => aimedAt(to) === text)) list.push(aim);
    if (!action.subject || printExpression(action.subject) !== text) continue;
    const bytes = Math.max(receipt.bytes, receipt.extent ?? 0);
    list.push({ place, partition, physical, bytes, ...(number ? { number } : {}) });
  }
  return list;
}

/** What is within `machine_address( … )`, as it is written. */
function aimedAt(to: Expression): string {
  const [place] = to.kind === 'call' && to.name === 'machine_address' ? to.args : [];
  return printExpression(place ?? to);
}

/** Bit-fields of one word have one address: there it is the member's name that decides. */
function sameBits(field: NumberField | undefined, place: string, located: string): boolean {
  return !field || !isBitField(field) || lastName(place) === lastName(located);
}

function lastName(place: string): string {
  return place.slice(place.lastIndexOf('.') + 1);
}

function within(one: Aim, physical: number): boolean {
  return physical >= one.physical && physical < one.physical + Math.max(1, one.bytes);
}
