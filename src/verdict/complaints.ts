import { formatTime } from '../base/units.ts';
import type { Claim, Scenario } from '../model/scenario.ts';
import type { Receipt } from '../record/record.ts';
import type { Diagnostic, Label } from '../text/diagnostic.ts';
import { UNMET_CODES } from './codes.ts';
import type { Coverage, Uncovered, UncoveredCause } from './coverage.ts';
import type { Case } from './facts.ts';
import { changedNothing } from '../record/receipt.ts';
import { reportsOn } from './reports.ts';
import type { Sight } from './sight.ts';

const FAULTS_TOLD = 4;
const UNCOVERED_TOLD = 20;
/** Places named of findings that are told together. */
const PLACES_TOLD = 8;
/** Below, a number is more likely to be a count than an address or a set of bits. */
const LARGEST_DECIMAL = 65_536n;

/** An unmet claim: carets under the claim and under the faults that had fired, and how to see it again. */
export function unmet(claim: Claim, sight: Sight, run: Case, replay: string): Diagnostic {
  return {
    code: sight.broken ? 'E0908' : UNMET_CODES[claim.observer],
    severity: 'error',
    message: `expected \`${claim.text.trim()}\``,
    labels: [{ span: claim.span, text: sight.seen }, ...faultLabels(run)],
    help: `replay: ${replay}`,
  };
}

/**
 * What failed without a claim: faults that did not happen, summons that were not served, findings that nobody expected.
 */
export function complaintsOf(run: Case, coverage: Coverage, replay: string): readonly Diagnostic[] {
  return [
    ...unfired(run, replay),
    ...ineffective(run, replay),
    ...unserved(run, replay),
    ...unserviced(run, replay),
    ...unclaimed(run, coverage.uncovered(), replay),
    ...unexplained(run, coverage.uncoveredCauses(), replay),
  ];
}

function unfired({ scenario, record }: Case, replay: string): readonly Diagnostic[] {
  const list: Diagnostic[] = [];
  for (const receipt of record.receipts) {
    if (receipt.fired_ns !== undefined) continue;
    const trigger = scenario.triggers[receipt.trigger];
    const span = trigger?.actions[receipt.action]?.span ?? trigger?.span ?? scenario.span;
    const name = receipt.name === '' ? `\`${receipt.verb} ${receipt.place}\`` : `\`${receipt.name}\``;
    const tried = receipt.note !== '';
    list.push({
      code: tried ? 'E0912' : 'E0911',
      severity: 'error',
      message: tried ? `${name} could not be injected` : `${name} never fired`,
      labels: [
        {
          span,
          text: tried ? receipt.note : `armed at ${formatTime(receipt.armed_ns)}, and its moment never came`,
        },
      ],
      help: `replay: ${replay}`,
    });
  }
  return list;
}

/** Actions of which no firing changed a bit. */
function ineffective({ scenario, record }: Case, replay: string): readonly Diagnostic[] {
  const idle = new Map<string, Receipt>();
  for (const receipt of record.receipts)
    if (changedNothing(receipt)) idle.set(`${receipt.trigger} ${receipt.action}`, receipt);
  for (const receipt of record.receipts)
    if (receipt.fired_ns !== undefined && !changedNothing(receipt))
      idle.delete(`${receipt.trigger} ${receipt.action}`);
  return Array.from(idle.values(), (receipt): Diagnostic => {
    const { trigger, action, name, verb, place, after, fired_ns } = receipt;
    const span = scenario.triggers[trigger]?.actions[action]?.span ?? scenario.span;
    return {
      code: 'E0921',
      severity: 'error',
      message: `${name === '' ? `\`${verb} ${place}\`` : `\`${name}\``} changed nothing`,
      labels: [{ span, text: `at ${formatTime(fired_ns ?? 0)} ${place} held ${after} already` }],
      help: `write what it does not hold, or take it out; replay: ${replay}`,
    };
  });
}

/** Summons that no report answers: the end of the run came first. */
function unserved(run: Case, replay: string): readonly Diagnostic[] {
  const { scenario, record } = run;
  const list: Diagnostic[] = [];
  for (const { verb, fired_ns, trigger, action } of record.receipts) {
    const written = scenario.triggers[trigger]?.actions[action];
    const to = written?.clauses['to']?.[0];
    if (
      verb !== 'summon' ||
      fired_ns === undefined ||
      written?.subject?.kind !== 'path' ||
      to?.kind !== 'path'
    )
      continue;
    const ambulance = written.subject.value.root;
    const patient = to.value.root;
    if (reportsOn(run, patient, ambulance).some((report) => report.attached_ns >= fired_ns)) continue;
    // Who was killed was not late.
    if (
      record.receipts.some(
        (one) => one.verb === 'kill' && one.place === ambulance && one.fired_ns !== undefined,
      )
    )
      continue;
    const came = record.events.some(
      ({ kind, subject, detail, time_ns }) =>
        kind === 'attach' && subject === ambulance && detail['patient'] === patient && time_ns >= fired_ns,
    );
    const late = came ? `had concluded on ${patient}` : `attached to ${patient}`;
    list.push({
      code: 'E0915',
      severity: 'error',
      message: `the run ended before ${ambulance} ${late}`,
      labels: [
        {
          span: written.span,
          text: `summoned at ${formatTime(fired_ns)}, of ${formatTime(record.duration_ns)}`,
        },
      ],
      help: `summon it earlier, or run longer; replay: ${replay}`,
    });
  }
  return list;
}

/** Services that were ordered and are not over. */
function unserviced({ scenario, record }: Case, replay: string): readonly Diagnostic[] {
  const list: Diagnostic[] = [];
  for (const { verb, fired_ns, trigger, action } of record.receipts) {
    const written = scenario.triggers[trigger]?.actions[action];
    const [purpose] = written?.clauses['for'] ?? [];
    const summons = verb === 'summon' && purpose?.kind === 'word' && purpose.value === 'service';
    const patient = summons ? written?.clauses['to']?.[0] : written?.subject;
    if ((verb !== 'service' && !summons) || fired_ns === undefined || patient?.kind !== 'path') continue;
    const { root } = patient.value;
    if (record.services.some((one) => one.patient === root && one.ordered_ns === fired_ns)) continue;
    list.push({
      code: 'E0916',
      severity: 'error',
      message: `the run ended before the service of ${root} was over`,
      labels: [
        {
          span: written?.span ?? scenario.span,
          text: `ordered at ${formatTime(fired_ns)}, of ${formatTime(record.duration_ns)}`,
        },
      ],
      help: `order it earlier, or run longer; replay: ${replay}`,
    });
  }
  return list;
}

/** A place that a claim can name; an address alone is none. */
const placed = (place: string): string => (place === '' || place.includes('address(') ? '' : ` at ${place}`);

/**
 * One complaint for the findings of one code on one structure: what they share is said once, and one claim covers them.
 */
function unclaimed(run: Case, uncovered: readonly Uncovered[], replay: string): readonly Diagnostic[] {
  const groups = grouped(uncovered);
  const shown = groups.slice(0, UNCOVERED_TOLD);
  const list = shown.map((group): Diagnostic => {
    const [{ report, finding }] = group as readonly [Uncovered];
    const places = [...new Set(group.map((one) => one.finding.place))];
    const structure = `${report.patient}.${bareStructure(finding.structure, report.patient)}`;
    const what =
      group.length === 1
        ? `${finding.code} at ${finding.place}`
        : `${group.length} findings of ${finding.code} on ${structure}`;
    const at = formatTime(report.diagnosed_ns);
    const all = group.length === 1 ? '' : `; at ${told(places)}`;
    return {
      code: 'E0910',
      severity: 'error',
      message: `no claim covers ${what}`,
      labels: [
        {
          span: headOf(run.scenario),
          text: `found by ${report.ambulance} at ${at}: ${finding.message}${all}`,
        },
        ...faultLabels(run),
      ],
      help: `expect it: \`verdict ${structure} is corrupt with ${finding.code}${claimed(places)}\`; replay: ${replay}`,
    };
  });
  const more = groups.slice(UNCOVERED_TOLD).flat().length;
  if (more > 0) {
    const labels = [{ span: headOf(run.scenario), text: `${more} more findings that no claim covers` }];
    list.push({ code: 'E0910', severity: 'error', message: `no claim covers ${more} more findings`, labels });
  }
  return list;
}

function unexplained(run: Case, uncovered: readonly UncoveredCause[], replay: string): readonly Diagnostic[] {
  return uncovered.slice(0, UNCOVERED_TOLD).map(({ report, diagnosis: { cause, place, evidence } }) => {
    const by = `concluded by ${report.ambulance} at ${formatTime(report.diagnosed_ns)}`;
    const labels = [
      { span: headOf(run.scenario), text: `${by}: ${evidence[0] ?? cause}` },
      ...faultLabels(run),
    ];
    const expect = `expect it: \`diagnosis ${report.patient} is ${cause}${placed(place)}\``;
    return {
      code: 'E0922',
      severity: 'error',
      message: `no claim covers the root cause ${cause}${placed(place)}`,
      labels,
      help: `${expect}; replay: ${replay}`,
    };
  });
}

function grouped(uncovered: readonly Uncovered[]): readonly (readonly Uncovered[])[] {
  const groups = new Map<string, Uncovered[]>();
  for (const one of uncovered) {
    const { report, finding } = one;
    const key = [report.ambulance, report.patient, finding.structure, finding.code].join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

function told(places: readonly string[]): string {
  const more = places.length - PLACES_TOLD;
  return `${places.slice(0, PLACES_TOLD).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Of more places than a person would paste, none: the code alone covers all of them. */
function claimed(places: readonly string[]): string {
  return places.length > PLACES_TOLD || places.some((place) => placed(place) === '')
    ? ''
    : ` at ${places.join(', ')}`;
}

/** Carets under each injection that fired, with its moment and what it wrote. */
function faultLabels({ scenario, record, target }: Case): readonly Label[] {
  const fired = record.receipts.filter(
    (receipt) => receipt.fired_ns !== undefined && receipt.kind === 'fault',
  );
  return fired.slice(0, FAULTS_TOLD).map((receipt) => {
    const trigger = scenario.triggers[receipt.trigger];
    const span = trigger?.actions[receipt.action]?.span ?? trigger?.span ?? scenario.span;
    return { span, text: wrote(receipt, target === 'sim') };
  });
}

/** `watched`: it is known whether the guest has read the damage. */
function wrote(receipt: Receipt, watched: boolean): string {
  const fired = `fired at ${formatTime(receipt.fired_ns ?? 0)}`;
  const bytes =
    receipt.after === '' || receipt.verb === 'dma'
      ? ''
      : `: ${receipt.place} from ${shown(receipt, receipt.before)} to ${shown(receipt, receipt.after)}`;
  const activated =
    receipt.activated_ns === undefined
      ? watched
        ? ', never activated'
        : ''
      : `, activated at ${formatTime(receipt.activated_ns)}`;
  const note = receipt.note === '' ? '' : ` (${receipt.note})`;
  return `${fired}${bytes}${activated}${note}`;
}

/** What `set` writes is a number, least significant byte first, and is read as one; of other verbs, the bytes. */
function shown({ verb, number }: Receipt, hex: string): string {
  if (verb !== 'set' || number !== undefined || hex.length > 16 || hex === '') return short(hex);
  const value = BigInt(`0x${hex.match(/../g)?.toReversed().join('') ?? '0'}`);
  return value < LARGEST_DECIMAL ? value.toString() : `0x${value.toString(16)}`;
}

function short(hex: string): string {
  return hex.length > 32 ? `${hex.slice(0, 32)}…` : hex;
}

/** The first line of a scenario: the word and its name, not all of its body. */
function headOf(scenario: Scenario): Scenario['span'] {
  const end = Math.min(scenario.span.end, scenario.span.start + 'scenario'.length);
  return { ...scenario.span, end };
}

function bareStructure(structure: string, patient: string): string {
  return structure.startsWith(`${patient}.`) ? structure.slice(patient.length + 1) : structure;
}
