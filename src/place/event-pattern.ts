import type { Path } from '../model/expression.ts';
import type { EventPattern, Trigger } from '../model/scenario.ts';
import type { TraceEvent } from '../target/events.ts';

/** True when the event is one that the pattern speaks of, whichever occurrence. */
export function matches(pattern: EventPattern, event: TraceEvent): boolean {
  return pattern.event === event.kind && pattern.subject === event.subject && placeMatches(pattern, event);
}

/** `rescue.attach`, `web.tasks["nginx"].run`: the event that a path of the language names. */
export function patternOf(path: Path, nth: number): EventPattern | undefined {
  const last = path.steps.at(-1);
  if (last?.kind !== 'field') return undefined;
  const place = { root: path.root, steps: path.steps.slice(0, -1), span: path.span };
  const some = place.steps.length === 0 ? {} : { place };
  return { subject: path.root, event: last.name, ...some, nth, span: path.span };
}

/** Kinds of events that the triggers wait for: what a target need not tell, it need not make. */
export function awaitedKinds(triggers: readonly Trigger[]): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const { when } of triggers) if (when.kind === 'on') kinds.add(when.pattern.event);
  return kinds;
}

/** `web.tasks["nginx"].run`: the task by its comm or pid, the CPU by its number, the device by its name. */
function placeMatches({ place }: EventPattern, { detail }: TraceEvent): boolean {
  if (!place) return true;
  const [first, second] = place.steps;
  if (first?.kind !== 'field') return true;
  if (!second) return detail['device'] === undefined || detail['device'] === first.name;
  if (second.kind === 'any' || second.kind === 'all') return true;
  if (second.kind !== 'index') return false;
  const { index } = second;
  if (index.kind === 'string') {
    const comm = detail['comm'];
    return comm === index.value || (typeof comm === 'string' && comm.startsWith(`${index.value}/`));
  }
  if (index.kind !== 'int') return false;
  return detail[first.name === 'cpus' ? 'cpu' : 'pid'] === Number(index.value);
}
