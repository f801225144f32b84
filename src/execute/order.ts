import { addressHex } from '../base/address.ts';
import { PAGE_SIZE } from '../base/units.ts';
import type { WantedService } from '../fault/injection.ts';
import type { Action, Scenario } from '../model/scenario.ts';
import type { RepairVerb } from '../model/structure.ts';
import { REPAIR_STEPS } from '../model/verbs.ts';
import type { RepairWrite } from '../patient/repair.ts';
import type { Order, OrderStep } from '../patient/servicing.ts';
import { encoded } from '../place/encode.ts';
import { evaluate, resolve } from '../place/evaluate.ts';
import { explain } from '../place/outcome.ts';
import type { BytesPlace } from '../place/place.ts';
import { addressBits } from '../place/place.ts';
import { readBytes } from '../place/read.ts';
import type { World } from '../place/world.ts';
import type { Receipt } from '../record/record.ts';
import { printExpression } from '../model/print.ts';

/**
 * Where a fault has struck that names a place in the same words: a repair means the same bytes, wherever they have
 * moved in a list since.
 */
export type Injected = (place: string) => Struck | undefined;

/** The bytes that a fault has changed; where it has one, their address. */
interface Struck {
  readonly place: BytesPlace;
  readonly address: bigint | undefined;
}

/** The places of the faults so far, by how they are written. */
export function injectedPlaces({ triggers }: Scenario, receipts: () => readonly Receipt[]): Injected {
  return (written) => {
    const receipt = receipts().find(({ trigger, action, fired_ns, physical }) => {
      const subject = triggers[trigger]?.actions[action]?.subject;
      return (
        fired_ns !== undefined &&
        physical >= 0 &&
        subject !== undefined &&
        printExpression(subject) === written
      );
    });
    const bytes = receipt?.extent ?? receipt?.bytes ?? 0;
    // Beyond the end of a page, the next byte may be anywhere.
    if (receipt === undefined || bytes === 0 || (receipt.physical % PAGE_SIZE) + bytes > PAGE_SIZE)
      return undefined;
    const { place: text, partition, physical, address, number } = receipt;
    const place: BytesPlace = {
      kind: 'bytes',
      partition,
      text,
      runs: [{ physical, bytes }],
      bytes,
      ...(number ? { number } : {}),
    };
    return { place, address: address === '' ? undefined : BigInt(`0x${address}`) };
  };
}

/**
 * What a scenario's `service` asks an ambulance for. Park, verify and resume go without saying: the checker has seen
 * that they are there.
 */
export function orderOf({ steps, world }: WantedService, injected: Injected): Order {
  if (steps === undefined) return { kind: 'advice' };
  const wanted: OrderStep[] = [];
  for (const step of steps) {
    const place = step.subject === undefined ? '' : printExpression(step.subject);
    if (step.verb === 'set')
      wanted.push({ kind: 'write', place, writes: () => writesOf(step, world, injected) });
    else if (isRepair(step.verb))
      wanted.push({
        kind: 'repair',
        verb: step.verb,
        place,
        physical: physicalOf(step, world),
        unless_loss: step.clauses['unless'] !== undefined,
      });
  }
  return { kind: 'steps', steps: wanted };
}

function isRepair(verb: string): verb is RepairVerb {
  return REPAIR_STEPS.has(verb);
}

/** Where a step's place lies now; -1 where that cannot be told. */
function physicalOf({ subject }: Action, world: World): number {
  const place = subject && resolve(world, subject);
  return place?.ok && place.value.kind === 'bytes' ? (place.value.runs[0]?.physical ?? -1) : -1;
}

/** `set PLACE to EXPR`, worked out on the machine as it is now; a text where it cannot be. */
function writesOf(
  { subject, clauses }: Action,
  world: World,
  injected: Injected,
): readonly RepairWrite[] | string {
  const [to] = clauses['to'] ?? [];
  if (subject === undefined || to === undefined) return '`set` needs a place and a value';
  const struck = injected(printExpression(subject));
  const place = struck ? ({ ok: true, value: struck.place } as const) : resolve(world, subject);
  if (!place.ok) return explain(place);
  if (place.value.kind !== 'bytes') return `${place.value.text} is no memory`;
  const value = evaluate(world, to);
  if (!value.ok) return explain(value);
  const change = encoded(world, value.value, place.value);
  if (!change.ok) return explain(change);
  const before = readBytes(world.target, place.value, place.value.bytes);
  if (!before) return `${place.value.text} cannot be read`;
  return cut(place.value, struck ? struck.address : addressBits(place.value), change.value(before));
}

/** One write for each run of the place. */
function cut(place: BytesPlace, start: bigint | undefined, bytes: Uint8Array): readonly RepairWrite[] {
  let done = 0;
  return place.runs.map((run) => {
    const address = start === undefined ? '' : addressHex(start + BigInt(done));
    const part = bytes.subarray(done, done + run.bytes);
    done += run.bytes;
    return { place: place.text, address, physical: run.physical, bytes: part };
  });
}
