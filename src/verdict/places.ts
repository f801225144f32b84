import { addressHex } from '../base/address.ts';
import type { Expression } from '../model/expression.ts';
import { printExpression } from '../model/print.ts';
import type { PlaceError } from '../place/outcome.ts';
import { holds } from '../place/place.ts';
import type { Case } from './facts.ts';

/** What a finding or a diagnosis says of where it is. */
interface Located {
  readonly place: string;
  /** 16 hex digits, or ''. */
  readonly address: string;
  readonly physical: number;
}

/** A place of a claim, as it is compared with what an ambulance located. */
export interface ClaimedPlace {
  readonly text: string;
  /** True when the located thing lies inside the place. */
  covers(patient: string, located: Located): boolean;
  /** When it could not be found; comparisons then go by its text alone. */
  readonly error?: PlaceError;
}

/**
 * A place that a fault names too is where it was when the fault fired; any other is looked up on the twin now. Addresses decide; the text
 * only where one of the two has none (a register, a CPU).
 */
export function claimedPlace(written: Expression, run: Case): ClaimedPlace {
  const text = printExpression(written);
  const bits = addressOf(written);
  if (bits !== undefined)
    return { text, covers: (_patient, located) => located.address === addressHex(bits) };
  const injected = injectedAt(text, run);
  const resolved = run.facts.place(written);
  const place = resolved.ok ? resolved.value : undefined;
  const texts = [text, ...(place ? [place.text] : []), ...injected.map((one) => one.place)];
  const by_address = injected.some((one) => one.physical >= 0) || place?.kind === 'bytes';
  const covers = (patient: string, located: Located): boolean => {
    if (by_address && located.physical >= 0) {
      // Once a fault has told where the place was, the twin of now has no say.
      const fixed = injected.filter((one) => one.physical >= 0);
      if (fixed.length > 0)
        return fixed.some((one) => one.partition === patient && within(one, located.physical));
      return place !== undefined && holds(place, patient, located.physical);
    }
    return texts.some((known) => isInside(located.place, known));
  };
  return resolved.ok || injected.length > 0 ? { text, covers } : { text, covers, error: resolved };
}

/** `address(0xffff_8880_0417_2c40)` in the kernel that the claim is about. */
function addressOf(written: Expression): bigint | undefined {
  if (written.kind !== 'call' || written.name !== 'address') return undefined;
  const [argument] = written.args;
  return argument?.kind === 'int' ? argument.value : undefined;
}

interface Injected {
  readonly place: string;
  readonly partition: string;
  readonly physical: number;
  readonly bytes: number;
}

function injectedAt(text: string, { scenario, record }: Case): readonly Injected[] {
  const list: Injected[] = [];
  for (const receipt of record.receipts) {
    const action = scenario.triggers[receipt.trigger]?.actions[receipt.action];
    if (receipt.fired_ns === undefined || !action?.subject || printExpression(action.subject) !== text)
      continue;
    const bytes = Math.max(receipt.bytes, receipt.extent ?? 0);
    list.push({ place: receipt.place, partition: receipt.partition, physical: receipt.physical, bytes });
  }
  return list;
}

function within(one: Injected, physical: number): boolean {
  return physical >= one.physical && physical < one.physical + Math.max(1, one.bytes);
}

/** `web.cpus[1].rip` is inside `web.cpus[1]`. */
function isInside(located: string, place: string): boolean {
  if (!located.startsWith(place)) return false;
  const next = located.charAt(place.length);
  return next === '' || next === '.' || next === '[';
}
