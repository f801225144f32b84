import type { Expression } from '../../src/model/expression.ts';
import type { Action, Claim, Observer, Scenario, Trigger, When } from '../../src/model/scenario.ts';
import { bareTopology } from './bare-kernel.ts';
import { path, place } from './expressions.ts';

const at = (start: number): { file: string; start: number; end: number } => ({
  file: 'a.spec',
  start,
  end: start + 5,
});
export const span = at(0);

/** `set web.x to 3`, as the checker would give it. */
export function action(verb: string, subject: string, clauses: Record<string, Expression[]> = {}): Action {
  return { verb, subject: place(subject), clauses, span: at(200) };
}

export function trigger(when: When | number, actions: Action | readonly Action[], name?: string): Trigger {
  const list = Array.isArray(actions) ? (actions as readonly Action[]) : [actions as Action];
  const moment: When = typeof when === 'number' ? { kind: 'at', time_ns: when } : when;
  return { when: moment, actions: list, span: at(100), ...(name === undefined ? {} : { name }) };
}

/** `on web.tasks["nginx"].run nth 2`. */
export function on(event: string, nth = 1): When {
  const dot = event.lastIndexOf('.');
  const whole = path(event.slice(0, dot));
  const named = whole.steps.length > 0 ? { place: whole } : {};
  return { kind: 'on', pattern: { subject: whole.root, event: event.slice(dot + 1), nth, span, ...named } };
}

export function claim(
  observer: Observer,
  subjects: string,
  states: string,
  more: Partial<Claim> = {},
): Claim {
  const negated = states.startsWith('not ');
  return {
    observer,
    subjects: subjects === '' ? [] : subjects.split(', ').map(path),
    negated,
    states: states.replace(/^not /, '').split(' or ').filter(Boolean),
    codes: [],
    places: [],
    signs: [],
    except: [],
    text: `${observer} ${subjects} is ${states}`,
    span: at(300),
    ...more,
  };
}

export function scenario(more: Partial<Scenario> = {}): Scenario {
  return {
    id: 'a.spec :: x',
    name: 'x',
    file: 'a.spec',
    line: 1,
    span: { file: 'a.spec', start: 0, end: 400 },
    tags: [],
    targets: ['sim'],
    seeds: [1],
    duration_ns: 200_000_000,
    topology: bareTopology(['web', 'db']),
    triggers: [],
    claims: [],
    lets: [],
    ...more,
  };
}
