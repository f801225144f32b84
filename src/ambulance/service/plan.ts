import type { Repair, RepairWrite } from '../../patient/repair.ts';
import type { Order, OrderStep, Repaired, ServiceEnd } from '../../patient/servicing.ts';
import type { AmbulanceReport } from '../../patient/report.ts';
import type { Attended } from '../attend.ts';

/** What is to be written, in order, and what it repairs. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Indices of the findings that are repaired. */
  readonly findings: readonly number[];
  readonly repaired: readonly Repaired[];
  readonly summary: string;
}

/** Writes, or what works them out when it is their turn: a text where that cannot be done. */
type Step = readonly RepairWrite[] | (() => readonly RepairWrite[] | string);

/** Structures that a message names. */
const UNSEEN_NAMED = 3;

/** The writes that an order comes to; the end of the service where nothing may be written at all. */
export function planOf(order: Order, seen: Attended, patient: string): Plan | ServiceEnd {
  return order.kind === 'advice' ? advised(seen, patient) : ordered(order.steps, seen);
}

/**
 * Everything that the validators know a repair for. One that must not be made stops all: half a repair hides the other
 * half. What follows from what is repaired needs no repair of its own.
 */
function advised({ report, repairs }: Attended, patient: string): Plan | ServiceEnd {
  const [first] = report.findings;
  if (first === undefined) return nothingFound(report, patient);
  const wanted = repairs.filter(({ finding }) => !follows(finding, report, repairs));
  const declined = wanted.find((repair) => repair.declined !== undefined);
  if (declined?.declined !== undefined)
    return ending('declined', declined.declined, `${declined.kind} of ${declined.place}`);
  if (wanted.length === 0)
    return ending(
      'declined',
      'NO_REPAIR',
      `no repair is known for ${first.code} at ${first.place}: a line of its validator says one, as in \`repair ${first.code}: …\``,
    );
  return {
    steps: withoutRepeats(wanted.flatMap((repair) => repair.writes)).map((write) => [write]),
    findings: wanted.map((repair) => repair.finding),
    repaired: wanted.map(told),
    summary: wanted.map((repair) => `${repair.kind} ${repair.place}`).join(', '),
  };
}

/** Who could not look at something cannot say that nothing is wrong. */
function nothingFound({ verdicts }: AmbulanceReport, patient: string): ServiceEnd {
  const unseen = verdicts.filter(({ verdict }) => verdict === 'unreachable' || verdict === 'unsettled');
  if (unseen.length === 0) return ending('declined', 'NOTHING_FOUND', `nothing is wrong with ${patient}`);
  const named = unseen
    .slice(0, UNSEEN_NAMED)
    .map(
      ({ structure, verdict, code }) =>
        `${patient}.${structure} is ${verdict}${code === undefined ? '' : ` (${code})`}`,
    );
  const more = unseen.length > UNSEEN_NAMED ? `, and ${unseen.length - UNSEEN_NAMED} more` : '';
  return ending('declined', 'NOT_JUDGED', `nothing was found, but ${named.join(', ')}${more}`);
}

/** True when a finding follows, through whatever chain, from one that will be repaired. */
function follows(finding: number, { findings }: AmbulanceReport, repairs: readonly Repair[]): boolean {
  let at = findings[finding]?.consequence_of;
  for (let step = 0; step < findings.length && at !== undefined; step++) {
    const cause: number = at;
    if (repairs.some((one) => one.finding === cause && one.declined === undefined)) return true;
    at = findings[cause]?.consequence_of;
  }
  return false;
}

/** Two findings may ask for the same bytes in the same place. */
function withoutRepeats(writes: readonly RepairWrite[]): readonly RepairWrite[] {
  const same = (a: RepairWrite, b: RepairWrite): boolean =>
    a.physical === b.physical && Buffer.compare(a.bytes, b.bytes) === 0 && sameBits(a.mask, b.mask);
  return writes.filter((write, index) => !writes.slice(0, index).some((earlier) => same(earlier, write)));
}

/** Of neighbours in one word each is written, even where the word would be the same. */
function sameBits(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === undefined || other === undefined ? one === other : Buffer.compare(one, other) === 0;
}

function told({ code, place, physical }: Repair): Repaired {
  return { code, place, physical };
}

function ordered(steps: readonly OrderStep[], { report, repairs }: Attended): Plan | ServiceEnd {
  const written: Step[] = [];
  const made: Repair[] = [];
  for (const step of steps) {
    if (step.kind === 'write') {
      written.push(step.writes);
      continue;
    }
    const repair = repairs.find((one) => means(step, one));
    if (repair === undefined) {
      const other = report.findings.find(
        ({ place, physical }) => place === step.place || (physical >= 0 && physical === step.physical),
      );
      if (step.verb === 'release')
        return ending('declined', other?.code ?? 'NOT_ORPHAN', `${step.place} is no orphan`);
      return ending('declined', 'NO_REPAIR', `nothing calls for ${step.verb} of ${step.place}`);
    }
    if (repair.declined !== undefined)
      return ending('declined', repair.declined, `${step.verb} of ${step.place}`);
    if (step.unless_loss && repair.would_lose)
      return ending('declined', 'WOULD_LOSE_DATA', `${step.verb} of ${step.place}`);
    // Of a repair of several steps every step is done when one of them is asked for.
    if (made.includes(repair)) continue;
    made.push(repair);
    written.push(repair.writes);
  }
  return {
    steps: written,
    findings: made.map((repair) => repair.finding),
    repaired: made.map(told),
    summary: steps.map((step) => `${step.kind === 'write' ? 'set' : step.verb} ${step.place}`).join(', '),
  };
}

/** Whether a step asks for a repair: by its verb, and by the place of its finding or of what the verb acts on. */
function means(step: OrderStep & { kind: 'repair' }, { acts, place, physical }: Repair): boolean {
  const here = place === step.place || (physical >= 0 && physical === step.physical);
  return acts.some((one) => one.verb === step.verb && (here || one.place === step.place));
}

export function ending(
  state: ServiceEnd['state'],
  code: string | undefined,
  message: string,
  by?: string,
): ServiceEnd {
  return {
    state,
    ...(code === undefined ? {} : { code }),
    ...(by === undefined ? {} : { by }),
    message,
    repaired: [],
  };
}
