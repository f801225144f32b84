import type { Place } from '../../place/place.ts';
import type { Done, Injection, Perform } from '../injection.ts';
import { NO_BYTES, refused, refusedFor } from '../injection.ts';
import { subject } from './bytes.ts';

/** `service LPAR by advice`, `service LPAR { … }`. */
export const service: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const { value } = place;
  if (value.kind !== 'thing' || value.thing.kind !== 'partition')
    return refused(`${value.text} is no partition`);
  const { steps } = injection.action;
  const ambulance = ambulanceOf(injection);
  const ordered = injection.hooks.service({
    partition: value.partition,
    ...(steps === undefined ? {} : { steps }),
    ...(ambulance === undefined ? {} : { ambulance }),
    world: { ...injection.world, target: injection.live },
  });
  return ordered
    ? done(value, steps === undefined ? 'by advice' : `${steps.length} steps`)
    : refused(`no ambulance can service ${value.text}`);
};

/** `kill AMBULANCE`: it stops where it is, and says nothing to anybody. */
export const kill: Perform = (injection) => {
  const place = subject(injection);
  if (!place.ok) return refusedFor(place);
  const { value } = place;
  if (value.kind !== 'thing' || value.thing.kind !== 'ambulance')
    return refused(`${value.text} is no ambulance`);
  return injection.hooks.kill(value.thing.ambulance)
    ? done(value, 'it is no more')
    : refused(`${value.text} was dead`);
};

/** `on rescue.diagnosed: service web …` is a word to rescue. */
function ambulanceOf({ world, event_of }: Injection): string | undefined {
  return world.topology.ambulances.some(({ name }) => name === event_of) ? event_of : undefined;
}

function done(place: Place, note: string): Done {
  return { kind: 'done', place, before: NO_BYTES, after: NO_BYTES, watch: [], note };
}
