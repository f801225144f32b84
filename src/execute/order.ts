import { addressHex } from '../base/address.ts';
import type { WantedService } from '../fault/injection.ts';
import type { Action } from '../model/scenario.ts';
import type { RepairWrite } from '../patient/repair.ts';
import type { Order, OrderStep } from '../patient/servicing.ts';
import { encoded } from '../place/encode.ts';
import { evaluate, resolve } from '../place/evaluate.ts';
import { explain } from '../place/outcome.ts';
import type { BytesPlace } from '../place/place.ts';
import type { World } from '../place/world.ts';
import { printExpression } from '../model/print.ts';

/** What a scenario's `service` asks an ambulance for. Park, verify and resume go without saying: the checker has seen that they are there. */
export function orderOf({ steps, world }: WantedService): Order {
  if (steps === undefined) return { kind: 'advice' };
  const wanted: OrderStep[] = [];
  for (const step of steps) {
    const place = step.subject === undefined ? '' : printExpression(step.subject);
    if (step.verb === 'release') wanted.push({ kind: 'release', place });
    else if (step.verb === 'set') wanted.push({ kind: 'write', place, writes: () => writesOf(step, world) });
  }
  return { kind: 'steps', steps: wanted };
}

/** `set PLACE to EXPR`, worked out on the machine as it is now; a text where it cannot be. */
function writesOf({ subject, clauses }: Action, world: World): readonly RepairWrite[] | string {
  const [to] = clauses['to'] ?? [];
  if (subject === undefined || to === undefined) return '`set` needs a place and a value';
  const place = resolve(world, subject);
  if (!place.ok) return explain(place);
  if (place.value.kind !== 'bytes') return `${place.value.text} is no memory`;
  const value = evaluate(world, to);
  if (!value.ok) return explain(value);
  const bytes = encoded(world, value.value, place.value.bytes);
  return bytes.ok ? cut(place.value, bytes.value) : explain(bytes);
}

/** One write for each run of the place. */
function cut(place: BytesPlace, bytes: Uint8Array): readonly RepairWrite[] {
  let done = 0;
  return place.runs.map((run) => {
    const address = place.address === undefined ? '' : addressHex(place.address + done);
    const part = bytes.subarray(done, done + run.bytes);
    done += run.bytes;
    return { place: place.text, address, physical: run.physical, bytes: part };
  });
}
