import { formatTime } from '../base/units.ts';
import type { RunOutcome, Status } from '../record/outcome.ts';
import type { Receipt, RunRecord } from '../record/record.ts';
import type { Job } from '../runner/events.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { diagnosticText } from './diagnostic-text.ts';
import { clip, manyLines, oneLine } from './escape.ts';
import { asFarAsJudged } from './judged.ts';
import type { Sources } from './sources.ts';

/** How diagnostics are turned to text: `diagnosticText`, or the same in colour. */
export type Render = (diagnostic: Diagnostic, sources: Sources) => string;

const LONGEST_LINE = 300;
/** The judge's complaint of an unexpected pass, which the reason says already. */
const PASSES = 'E0914';

/**
 * A run by name, as every report prints it: with its seed where the scenario has several, and its occurrence under `on
 * each`.
 */
export function runName({ scenario, seed, occurrence }: Job): string {
  const which = [
    ...(scenario.seeds.length > 1 ? [`seed ${seed}`] : []),
    ...(occurrence === undefined ? [] : [`${eachName(scenario)} ${occurrence}`]),
  ];
  return oneLine(which.length === 0 ? scenario.name : `${scenario.name} [${which.join(', ')}]`);
}

/** What the occurrences of `on each` are called: `death`, or the event itself. */
function eachName({ triggers }: Job['scenario']): string {
  for (const { name, when } of triggers)
    if (when.kind === 'on' && when.each === true)
      return name ?? `${when.pattern.subject}.${when.pattern.event}`;
  return 'occurrence';
}

/** The reason that an outcome gives; of an unexpected pass it is the `xfail`'s, and would read as if it had failed. */
export function reasonText(status: Status, reason: string): string {
  return status === 'xpassed' ? `passes, though marked xfail: "${reason}"` : reason;
}

/**
 * The diagnostics of a run: unmet claims, then complaints. What they have in common is said once: a fault's label
 * stands in the first of them, and the command that replays the run in none.
 */
export function problemsOf(outcome: RunOutcome): readonly Diagnostic[] {
  const unmet = outcome.claims.flatMap(({ status, diagnostic }) =>
    status === 'unmet' && diagnostic !== undefined ? [diagnostic] : [],
  );
  const told = new Set<string>();
  return [...unmet, ...outcome.complaints].map(({ help, labels, ...rest }) => ({
    ...rest,
    labels: labels.filter(({ span, text }, index) => {
      const key = `${span.file} ${span.start} ${span.end} ${text}`;
      const again = index > 0 && told.has(key);
      if (index > 0) told.add(key);
      return !again;
    }),
    ...withoutReplay(help),
  }));
}

function withoutReplay(help: string | undefined): Pick<Diagnostic, 'help'> {
  const kept = help?.replace(/(?:^|; )replay: .*$/s, '') ?? '';
  return kept === '' ? {} : { help: kept };
}

/** Why a run did not end as it should, in one line: the first complaint, and how many more there are. */
export function failureLine(outcome: RunOutcome): string {
  const reasons = [
    ...(outcome.reason === undefined ? [] : [reasonText(outcome.status, outcome.reason)]),
    ...outcome.claims
      .filter((claim) => claim.status === 'unmet')
      .map((claim) => `${claim.text.trim().replace(/\s+/g, ' ')}: ${claim.seen}`),
    ...outcome.complaints.filter(({ code }) => code !== PASSES).map((complaint) => complaint.message),
  ];
  const first = clip(oneLine(reasons[0] ?? outcome.status), LONGEST_LINE);
  return reasons.length > 1 ? `${first} (and ${reasons.length - 1} more)` : first;
}

/**
 * Everything that is wrong with a run, in full: diagnostics with carets at the claim and at the fault, moments, replay.
 */
export function failureText(
  job: Job,
  outcome: RunOutcome,
  sources: Sources,
  render: Render = diagnosticText,
): string {
  const parts: string[] = [];
  if (outcome.reason !== undefined)
    parts.push(manyLines(clip(reasonText(outcome.status, outcome.reason), 20_000)));
  for (const claim of outcome.claims) {
    if (claim.status === 'unmet' && claim.diagnostic === undefined)
      parts.push(`unmet: ${oneLine(claim.text)}\n  seen: ${oneLine(claim.seen)}`);
  }
  for (const problem of problemsOf(outcome)) parts.push(render(problem, sources));
  const moments = momentsText(outcome);
  if (moments !== '') parts.push(moments);
  parts.push(`seed ${job.seed}; to replay: ${oneLine(outcome.replay)}`);
  return parts.join('\n\n');
}

const NOTES_SHOWN = 12;

/** What the rescues noted, each once and in a line of its own. */
export function notesIn(reports: readonly { readonly notes: readonly string[] }[]): readonly string[] {
  const notes = [...new Set(reports.flatMap((report) => report.notes))];
  const shown = notes.slice(0, NOTES_SHOWN).map((note) => oneLine(clip(note, LONGEST_LINE)));
  return notes.length > NOTES_SHOWN ? [...shown, `${notes.length - NOTES_SHOWN} more in report.html`] : shown;
}

/** Receipts of one action together: `every` leaves one for each time. */
function repeated(receipts: readonly Receipt[]): ReadonlyMap<string, readonly Receipt[]> {
  const groups = new Map<string, Receipt[]>();
  for (const receipt of receipts) {
    const key = [receipt.kind, receipt.name, receipt.verb, receipt.place].join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [receipt]);
    else group.push(receipt);
  }
  return groups;
}

/** What each real kernel first said of itself, beside the moment at which the rescuer had concluded. */
export function witnessLines({ oracle = [], reports }: RunRecord): readonly string[] {
  const first = oracle.filter(
    (one, index) => oracle.findIndex((two) => two.partition === one.partition) === index,
  );
  return first.map(({ partition, time_ns, sign, line }) => {
    const report = reports.find(({ patient, findings }) => patient === partition && findings.length > 0);
    const lead_ns = report === undefined ? undefined : time_ns - report.diagnosed_ns;
    const when =
      lead_ns === undefined
        ? ''
        : lead_ns >= 0
          ? `, ${formatTime(lead_ns)} after it was diagnosed`
          : `, ${formatTime(-lead_ns)} before it was diagnosed`;
    return oneLine(
      clip(
        `kernel of ${partition} at ${formatTime(time_ns)}${when}: ${sign}, "${line.trim()}"`,
        LONGEST_LINE,
      ),
    );
  });
}

/** When each fault fired and was activated, what the rescue made of it, and the trace hash. */
function momentsText(outcome: RunOutcome): string {
  const { record } = outcome;
  if (record === undefined) return '';
  const lines = [...repeated(record.receipts).values()].map((receipts) => {
    const [receipt] = receipts as [Receipt];
    const last = receipts.at(-1)?.fired_ns;
    const name = receipt.name === '' ? receipt.verb : `${receipt.name} (${receipt.verb})`;
    const fired = receipt.fired_ns === undefined ? 'never fired' : `fired at ${formatTime(receipt.fired_ns)}`;
    const again =
      last === undefined || receipts.length === 1
        ? ''
        : `, and ${receipts.length - 1} more times until ${formatTime(last)}`;
    const activated =
      receipt.activated_ns === undefined ? '' : `, activated at ${formatTime(receipt.activated_ns)}`;
    const place = receipt.place === '' ? '' : ` ${oneLine(receipt.place)}`;
    return `${receipt.kind} ${name}${place}: ${fired}${activated}${again}`;
  });
  for (const report of record.reports) {
    const cause = report.diagnosis[0];
    const what =
      cause === undefined
        ? 'no diagnosis'
        : `${cause.cause}${cause.place === '' ? '' : ` at ${cause.place}`}`;
    lines.push(
      oneLine(
        `${report.ambulance} on ${report.patient}, by ${report.reason}: ${report.health}${asFarAsJudged(report.verdicts)}, ${what}`,
      ) + ` (attached ${formatTime(report.attached_ns)}, diagnosed ${formatTime(report.diagnosed_ns)})`,
    );
    for (const note of notesIn([report])) lines.push(`note of ${oneLine(report.ambulance)}: ${note}`);
  }
  for (const { ambulance, patient, state, code, by, message, ended_ns, writes } of record.services) {
    const why = `${by === undefined ? '' : ` by ${by}`}${code === undefined ? '' : ` with ${code}`}`;
    const kept = writes.filter((write) => !write.undone).length;
    const wrote = `${writes.length} written, ${writes.length - kept} undone`;
    lines.push(
      oneLine(
        `service of ${patient} by ${ambulance}: ${state}${why} at ${formatTime(ended_ns)}, ${message} (${wrote})`,
      ),
    );
  }
  lines.push(...witnessLines(record));
  for (const note of record.notes ?? []) lines.push(`note: ${oneLine(note)}`);
  lines.push(`trace hash ${record.trace_hash}`);
  return lines.join('\n');
}
