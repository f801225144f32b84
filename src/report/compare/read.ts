import type { Status } from '../../record/outcome.ts';
import { clip, oneLine } from '../escape.ts';
import { reasonText } from '../failure-text.ts';

/** What `compare` reads of a results.json: identity, status, and what was concluded. */
export interface ComparedRun {
  readonly id: string;
  readonly scenario: string;
  readonly file: string;
  readonly line: number;
  readonly seed: number;
  readonly status: string;
  readonly why: string;
  /** What was concluded, by a name that says of what: `rescue on web: tasks`. */
  readonly conclusions: ReadonlyMap<string, string>;
  /** Virtual nanoseconds from attach to diagnosis, by rescue: `rescue on web`. */
  readonly rescues_ns: ReadonlyMap<string, number>;
}

/** A spec that did not compile. */
export interface ComparedError {
  /** `file:line`. */
  readonly where: string;
  readonly code: string;
  readonly message: string;
}

export interface ComparedResults {
  readonly name: string;
  readonly siren: string;
  readonly target: string;
  /** Why not everything was run that was asked for: `bailed`, `interrupted`, `nothing ran`; undefined when all was. */
  readonly cut: string | undefined;
  readonly errors: readonly ComparedError[];
  readonly runs: readonly ComparedRun[];
}

/** A file that is no results.json: exit code 3. */
export class ResultsError extends Error {
  override name = 'ResultsError';
}

/** More than any run of Siren writes; a file beyond it is refused before it is read. */
export const LARGEST_RESULTS = 400_000_000;
const MOST_RUNS = 500_000;
const MOST_CONCLUSIONS = 10_000;
const STATUSES: ReadonlySet<string> = new Set([
  'passed',
  'failed',
  'errored',
  'skipped',
  'xfailed',
  'xpassed',
  'inconclusive',
]);

/** Reads and checks a results.json. Throws ResultsError, which says where it is wrong and what to do; nothing else. */
export function readResults(text: string, name: string): ComparedResults {
  const at = new Reader(name);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw at.error('it is not JSON', 'give a results.json that `siren run` wrote');
  }
  const top = at.object(json, 'the file');
  if (top['format'] !== 'siren-results')
    throw at.error('it has no format "siren-results"', 'give a results.json that `siren run` wrote');
  // What is compared is in all of them alike.
  if (top['version'] !== 1 && top['version'] !== 2 && top['version'] !== 3)
    throw at.error(
      `it has version ${oneLine(clip(JSON.stringify(top['version']) ?? 'none', 40))}, and this Siren reads versions 1 to 3`,
      'compare with the Siren that wrote it',
    );
  const runs = at.array(top['runs'], 'runs', MOST_RUNS);
  const seen = new Set<string>();
  return {
    name,
    siren: at.string(top['siren'], 'siren'),
    target: at.string(top['target'] ?? 'sim', 'target'),
    cut:
      top['bailed'] === true
        ? 'bailed'
        : top['interrupted'] === true
          ? 'interrupted'
          : runs.length === 0
            ? 'nothing ran'
            : undefined,
    errors: at
      .array(top['diagnostics'] ?? [], 'diagnostics', MOST_CONCLUSIONS)
      .flatMap((one, index) => readError(at, one, `diagnostics[${index}]`)),
    runs: runs.map((run, index) => {
      const read = readRun(at, run, `runs[${index}]`);
      if (seen.has(read.id))
        throw at.error(`runs[${index}].id is there twice`, 'do not join results.json files by hand');
      seen.add(read.id);
      return read;
    }),
  };
}

/** None of a warning. */
function readError(at: Reader, json: unknown, path: string): readonly ComparedError[] {
  const one = at.object(json, path);
  if (one['severity'] !== 'error') return [];
  const [label] = at.array(one['labels'] ?? [], `${path}.labels`, MOST_CONCLUSIONS);
  const place = label === undefined ? {} : at.object(label, `${path}.labels[0]`);
  const where =
    label === undefined
      ? ''
      : `${at.string(place['file'], `${path}.labels[0].file`)}:${at.number(place['line'], `${path}.labels[0].line`)}`;
  return [
    {
      where,
      code: at.string(one['code'], `${path}.code`),
      message: at.string(one['message'], `${path}.message`),
    },
  ];
}

function readRun(at: Reader, json: unknown, path: string): ComparedRun {
  const run = at.object(json, path);
  const status = at.string(run['status'], `${path}.status`);
  if (!STATUSES.has(status)) throw at.error(`${path}.status is no status`);
  const claims = at.array(run['claims'], `${path}.claims`, MOST_CONCLUSIONS);
  const unmet: string[] = [];
  const conclusions = new Map<string, string>();
  const rescues_ns = new Map<string, number>();
  for (const [index, json] of claims.entries()) {
    const claim = at.object(json, `${path}.claims[${index}]`);
    const text = at.string(claim['text'], `${path}.claims[${index}].text`).replace(/\s+/g, ' ');
    const judged = at.string(claim['status'], `${path}.claims[${index}].status`);
    if (judged === 'unmet')
      unmet.push(`${text}: ${at.string(claim['seen'], `${path}.claims[${index}].seen`)}`);
    add(conclusions, `claim ${text}`, judged.replace('_', ' '));
  }
  if (run['record'] !== undefined) readRecord(at, run['record'], `${path}.record`, conclusions, rescues_ns);
  const reason = run['reason'] === undefined ? undefined : at.string(run['reason'], `${path}.reason`);
  const said = reason === undefined ? undefined : reasonText(status as Status, reason);
  return {
    id: at.string(run['id'], `${path}.id`),
    scenario: at.string(run['scenario'], `${path}.scenario`),
    file: at.string(run['file'], `${path}.file`),
    line: at.number(run['line'], `${path}.line`),
    seed: at.number(run['seed'], `${path}.seed`),
    status,
    why: said ?? unmet[0] ?? firstComplaint(at, run['complaints'], `${path}.complaints`),
    conclusions,
    rescues_ns,
  };
}

function firstComplaint(at: Reader, json: unknown, path: string): string {
  const [first] = at.array(json, path, MOST_CONCLUSIONS);
  return first === undefined
    ? ''
    : at.string(at.object(first, `${path}[0]`)['message'], `${path}[0].message`);
}

function readRecord(
  at: Reader,
  json: unknown,
  path: string,
  conclusions: Map<string, string>,
  rescues_ns: Map<string, number>,
): void {
  const record = at.object(json, path);
  for (const [index, one] of at.array(record['receipts'], `${path}.receipts`, MOST_CONCLUSIONS).entries()) {
    const receipt = at.object(one, `${path}.receipts[${index}]`);
    const name = at.string(receipt['name'] ?? receipt['verb'], `${path}.receipts[${index}].verb`);
    const fired = receipt['fired_ns'] !== undefined;
    const activated = receipt['activated_ns'] !== undefined;
    const kind = at.string(receipt['kind'], `${path}.receipts[${index}].kind`);
    add(conclusions, `${kind} ${name}`, !fired ? 'never fired' : activated ? 'activated' : 'fired');
  }
  for (const [index, one] of at.array(record['rescues'], `${path}.rescues`, MOST_CONCLUSIONS).entries())
    readRescue(at, one, `${path}.rescues[${index}]`, conclusions, rescues_ns);
}

function readRescue(
  at: Reader,
  json: unknown,
  path: string,
  conclusions: Map<string, string>,
  rescues_ns: Map<string, number>,
): void {
  const rescue = at.object(json, path);
  const who = `${at.string(rescue['ambulance'], `${path}.ambulance`)} on ${at.string(rescue['patient'], `${path}.patient`)}`;
  const attached_ns = at.number(rescue['attached_ns'], `${path}.attached_ns`);
  rescues_ns.set(who, at.number(rescue['diagnosed_ns'], `${path}.diagnosed_ns`) - attached_ns);
  add(conclusions, `${who}: health`, at.string(rescue['health'], `${path}.health`));
  const verdicts = at.array(rescue['verdicts'], `${path}.verdicts`, MOST_CONCLUSIONS);
  for (const [index, one] of verdicts.entries()) {
    const verdict = at.object(one, `${path}.verdicts[${index}]`);
    const code = verdict['code'] === undefined ? '' : ` with ${at.string(verdict['code'], `${path}.code`)}`;
    const via = at.string(verdict['via'] ?? rescue['via'], `${path}.via`);
    const structure = at.string(verdict['structure'], `${path}.verdicts[${index}].structure`);
    const word = at.string(verdict['verdict'], `${path}.verdicts[${index}].verdict`);
    add(conclusions, `${who}: ${structure}`, `${word}${code} via ${via}`);
  }
  const diagnosis = at.array(rescue['diagnosis'], `${path}.diagnosis`, MOST_CONCLUSIONS);
  const causes = diagnosis.map((one, index) => {
    const cause = at.object(one, `${path}.diagnosis[${index}]`);
    const place = at.string(cause['place'], `${path}.diagnosis[${index}].place`);
    return `${at.string(cause['cause'], `${path}.diagnosis[${index}].cause`)}${place === '' ? '' : ` at ${place}`}`;
  });
  add(conclusions, `${who}: diagnosis`, causes.length === 0 ? 'none' : causes.join(', then '));
}

/** The same thing said twice (two rescues of one patient, a repeated fault) gets a number. */
function add(conclusions: Map<string, string>, name: string, value: string): void {
  let unique = name;
  for (let again = 2; conclusions.has(unique) && again < 1000; again++) unique = `${name} (${again})`;
  conclusions.set(unique, value);
}

/** Typed access with errors that name the file and the path in it. */
class Reader {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  error(what: string, help = 'the file is damaged or was changed by hand: run Siren again'): ResultsError {
    return new ResultsError(`${oneLine(this.#name)}: ${what}; ${help}`);
  }

  object(value: unknown, path: string): Readonly<Record<string, unknown>> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
    throw this.error(`${path} is not an object`);
  }

  array(value: unknown, path: string, most: number): readonly unknown[] {
    if (!Array.isArray(value)) throw this.error(`${path} is not an array`);
    if (value.length > most) throw this.error(`${path} has ${value.length} entries, more than ${most}`);
    return value as readonly unknown[];
  }

  string(value: unknown, path: string): string {
    if (typeof value === 'string') return value;
    throw this.error(`${path} is not a string`);
  }

  number(value: unknown, path: string): number {
    if (typeof value === 'number') return value;
    throw this.error(`${path} is not a number`);
  }
}
