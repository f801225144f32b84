import { describe, expect, it } from 'vitest';
import { Run } from '../../src/execute/run.ts';
import { TwinLine } from '../../src/execute/twin-line.ts';
import type { TraceEvent } from '../../src/target/events.ts';
import { attendedTopology } from '../support/attended-guest.ts';

const MS = 1_000_000;
const line = new TwinLine(attendedTopology(), 1);

/** Does something once at a time. */
function once(time_ns: number, what: (now_ns: number) => void): Parameters<Run['add']>[0] {
  let at: number | undefined = time_ns;
  return {
    nextTime: () => at,
    onEvent: () => false,
    fire(now_ns) {
      if (at === undefined || now_ns < at) return;
      at = undefined;
      what(now_ns);
    },
  };
}

describe('what is due at an instant', () => {
  it('is done before anything of the machine at that instant', () => {
    const free = new Run(line.at(0), 120 * MS, []);
    free.advance(120 * MS);
    const of = ({ kind, subject }: TraceEvent): boolean => kind === 'complete' && subject === 'web';
    const completions = free.events.filter((event) => of(event) && event.time_ns > 0);
    expect(completions.length).toBeGreaterThan(1);
    for (const { time_ns } of completions.slice(0, 3)) {
      const run = new Run(line.at(0), 120 * MS, []);
      let seen = -1;
      run.add(
        once(time_ns, (now_ns) => {
          expect(now_ns).toBe(time_ns);
          seen = run.events.filter(of).length;
        }),
      );
      run.advance(120 * MS);
      expect(seen).toBe(completions.filter((event) => event.time_ns < time_ns).length);
    }
  });

  it('is done in the order in which the actors came', () => {
    const run = new Run(line.at(0), 20 * MS, []);
    const said: string[] = [];
    run.add(once(10 * MS, () => said.push('fault')));
    run.add(once(5 * MS, () => said.push('early')));
    run.add(once(10 * MS, () => said.push('rescue')));
    run.advance(20 * MS);
    expect(said).toEqual(['early', 'fault', 'rescue']);
  });

  it('is done at once when it is due already, and not at all at the end or later', () => {
    const run = new Run(line.at(0), 20 * MS, []);
    const said: string[] = [];
    run.add(once(0, () => said.push('now')));
    run.add(once(20 * MS, () => said.push('at the end')));
    run.add(once(25 * MS, () => said.push('later')));
    run.advance(30 * MS);
    expect(said).toEqual(['now']);
    expect(run.now).toBe(20 * MS);
  });

  it('is done on time while somebody else lets time pass', () => {
    const run = new Run(line.at(0), 20 * MS, []);
    const said: string[] = [];
    run.add(once(11 * MS, (now_ns) => said.push(`fault at ${now_ns / MS}`)));
    run.add(
      once(10 * MS, () => {
        run.advance(12 * MS);
        said.push(`rescued at ${run.now / MS}`);
      }),
    );
    run.advance(20 * MS);
    expect(said).toEqual(['fault at 11', 'rescued at 12']);
  });

  it('comes before time goes on when what made it due was done between two steps', () => {
    const run = new Run(line.at(0), 20 * MS, []);
    const acted: number[] = [];
    run.add(once(10 * MS, () => run.machine.target.emit('rescue', 'attach', { patient: 'web' })));
    run.add({
      nextTime: () => undefined,
      onEvent: ({ kind }) => kind === 'attach',
      fire: (now_ns) => acted.push(now_ns),
    });
    run.advance(20 * MS);
    expect(acted).toEqual([10 * MS, 10 * MS]);
  });

  it('comes at the end of the step whose event made it due', () => {
    const run = new Run(line.at(0), 20 * MS, []);
    let heard: number | undefined;
    let acted = -1;
    run.add({
      nextTime: () => undefined,
      onEvent(event) {
        if (event.kind !== 'heartbeat' || event.subject !== 'web' || heard !== undefined) return false;
        heard = event.time_ns;
        return true;
      },
      fire(now_ns) {
        if (heard !== undefined && acted < 0) acted = now_ns;
      },
    });
    run.advance(20 * MS);
    expect(heard).toBeGreaterThan(0);
    expect(acted - (heard as number)).toBeLessThan(10_000);
  });
});

it('a run that is advanced in many pieces is the run that is advanced in one', () => {
  const [whole, pieces] = [new Run(line.at(0), 30 * MS, []), new Run(line.at(0), 30 * MS, [])];
  whole.advance(30 * MS);
  for (let time = 0; time <= 30 * MS; time += 333_333) pieces.advance(time);
  pieces.advance(30 * MS);
  expect(pieces.events).toEqual(whole.events);
  expect(pieces.machine.target.traceHash()).toBe(whole.machine.target.traceHash());
});
