import type { Path } from '../../model/expression.ts';
import type { EventPattern } from '../../model/scenario.ts';
import { EVENTS } from '../../model/vocabulary.ts';
import type { EventSubject } from '../../model/vocabulary.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import { resolvePlace } from './place.ts';
import { own } from './words.ts';

/** The event that a path names: `web.register`, `web.tasks["nginx"].run`. */
export function eventNamed(path: Path, nth: number, scope: Scope): EventPattern | undefined {
  const last = path.steps.at(-1);
  if (last?.kind !== 'field') {
    const names = Object.keys(EVENTS);
    return failAt(
      scope,
      'E0506',
      path.span,
      'the event is missing',
      'names no event',
      didYouMean('', names, 'events are'),
    );
  }
  const subject: Path = { root: path.root, steps: path.steps.slice(0, -1), span: path.span };
  const kind = subjectKind(subject, scope);
  if (kind === undefined) return undefined;
  const names = Object.keys(EVENTS).filter((name) => own(EVENTS, name)?.of.includes(kind) === true);
  if (!names.includes(last.name)) {
    const whose = { lpar: 'a partition', task: 'a task', device: 'a device', ambulance: 'an ambulance' }[
      kind
    ];
    const help = didYouMean(last.name, names, `${whose} has`);
    return failAt(scope, 'E0506', last.span, `${whose} has no event \`${last.name}\``, 'unknown event', help);
  }
  const place = subject.steps.length === 0 ? {} : { place: subject };
  return { subject: path.root, event: last.name, ...place, nth, span: path.span };
}

function subjectKind(subject: Path, scope: Scope): EventSubject | undefined {
  const place = resolvePlace(subject, scope);
  if (place === undefined) return undefined;
  const { kind } = place;
  if (kind === 'lpar' || kind === 'ambulance' || kind === 'device' || kind === 'task') return kind;
  return failAt(
    scope,
    'E0506',
    subject.span,
    'events are of partitions, tasks, devices and ambulances',
    'has no events',
  );
}
