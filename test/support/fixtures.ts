import { attend } from '../../src/ambulance/attend.ts';
import { attach } from '../../src/ambulance/attach.ts';
import type { Draft } from '../../src/ambulance/draft.ts';
import { inspect } from '../../src/ambulance/inspect.ts';
import { DEFAULT_LIMITS, Meter } from '../../src/ambulance/limits.ts';
import { PhysicalCache } from '../../src/ambulance/physical-cache.ts';
import { openSubject } from '../../src/ambulance/subject.ts';
import type { Action } from '../../src/model/scenario.ts';
import type { Patient } from '../../src/patient/patient.ts';
import type { AmbulanceReport } from '../../src/patient/report.ts';
import { AttendedGuest, MS } from './attended-guest.ts';
import { delegate } from './damaged-patient.ts';
import { SHIPPED } from './library.ts';
import { trigger } from './scenarios.ts';
import { scenariosOf } from './spec-text.ts';

/** When fixtures are harmed unless they say otherwise. */
export const HARM_NS: number = 40 * MS;
const DESCRIBED =
  'tasks, run_queues, locks, stacks, timers, hrtimers, log, slabs, super_blocks, dentries, app.orders';

/** Between two moments of a fault. */
const APART_NS = 50_000;

/**
 * Texts of faults, `;` between what happens at once and `then` before what comes later, and the machine they are meant
 * for.
 */
export class Faults {
  readonly guest: AttendedGuest;
  readonly #actions = new Map<string, readonly (readonly Action[])[]>();

  constructor(texts: readonly string[]) {
    const bodies = [...new Set(texts)];
    const scenarios = scenariosOf(
      bodies
        .map(
          (text, index) => `scenario "${index}" {
            uses two_partitions
            change web { metadata { describes ${DESCRIBED} } }
            run 1 s
            ${moments(text)
              .map((one, place) => `at ${40 + place} ms { ${one} }`)
              .join('\n')}
            expect { guest web is healthy }
          }`,
        )
        .join('\n'),
    );
    bodies.forEach((text, index) =>
      this.#actions.set(text, scenarios[index]?.triggers.map((one) => one.actions) ?? []),
    );
    const [first] = scenarios;
    if (first === undefined) throw new Error('no faults');
    this.guest = new AttendedGuest({ topology: first.topology });
  }

  /** The guest as it is some time after a fault struck it at `harm_ns`, parked. */
  patient(text: string, harm_ns: number, after_ns: number): { patient: Patient; release(): void } {
    const all = this.#actions.get(text) as readonly (readonly Action[])[];
    const triggers = all.map((actions, index) => trigger(harm_ns + index * APART_NS, actions));
    const end_ns = harm_ns + (all.length - 1) * APART_NS + after_ns;
    const { patient, run, receipts } = this.guest.patientAt(end_ns, triggers);
    const missed = receipts.find((one) => one.fired_ns === undefined);
    if (missed) throw new Error(`${text}: ${missed.note}`);
    return { patient, release: () => run.machine.release() };
  }
}

function moments(text: string): readonly string[] {
  return text.split(' then ');
}

export function look(patient: Patient): AmbulanceReport {
  return attend(patient, { ambulance: 'rescue', library: SHIPPED }).report;
}

/** A patient that stands still: what is half done stays so. */
export function frozen(patient: Patient): Patient {
  return delegate(patient, (physical, into) => patient.read(physical, into));
}

/**
 * A patient that is never the same twice: whenever it has been let run, it is the next of these, and after the last the
 * first.
 */
export function restless(patients: readonly Patient[]): Patient {
  let now = 0;
  const current = (): Patient => patients[now % patients.length] as Patient;
  const first = patients[0] as Patient;
  return {
    ...delegate(first, (physical, into) => current().read(physical, into)),
    letRun: () => ++now > 0,
  };
}

function opened(patient: Patient) {
  const meter = new Meter(DEFAULT_LIMITS);
  const memory = new PhysicalCache(patient, meter);
  const attachment = attach(patient, memory);
  const subject = openSubject(patient, memory, attachment, SHIPPED);
  if (!subject.ok) throw new Error(subject.message);
  return { meter, memory, attachment, subject: subject.value };
}

/** What the library takes for a sign of something outside of memory. */
export function signsIn(patient: Patient): readonly Draft[] {
  const { meter, memory, attachment, subject } = opened(patient);
  return inspect(patient, subject, memory, attachment, SHIPPED, meter, () => []).signs();
}

/** Address of a function or a variable of its kernel. */
export function symbolIn(patient: Patient, name: string): number {
  return opened(patient).subject.symbol(name) ?? NaN;
}
