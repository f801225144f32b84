import { GIB, MIB, NS_PER_MS, NS_PER_S } from '../base/units.ts';
import type { TopologyModel } from '../model/machine.ts';
import type { CoreModel, Scenario } from '../model/scenario.ts';
import { evaluate } from './evaluate.ts';
import { freezeDeep } from './freeze.ts';
import { resolveImport } from './host.ts';
import { DEFAULT_KERNEL, DEFAULT_METADATA } from './partition.ts';
import { fail, label, spanOf } from './scope.ts';
import type { Parties, Scope } from './scope.ts';
import { clauseNamed, clausesOf, CPU_LIMIT, single, wantName, wantSize, wantTime } from './settings.ts';
import { RESERVED } from './topology.ts';
import type * as tree from './tree.ts';

/** Who looks at core files: there is no other machine that an ambulance could be part of. */
const AMBULANCE = 'rescue';
const CORE_LIMIT = 64;
/** Settings that speak of a machine that runs, which a core file is not. */
const OF_MACHINES: ReadonlySet<string> = new Set(['uses', 'change', 'machine', 'lpar', 'ambulance', 'run']);
const LEAST_DIGITS = 8;
const READ_PROBLEMS: Readonly<Record<string, string>> = {
  missing: 'there is no such file',
  directory: 'it is a folder',
  link_outside: 'it is a link that leads out of the project',
  unreadable: 'it cannot be read',
};

/** The core files of a scenario, and the partitions that they stand for. */
export interface Cores {
  readonly models: readonly CoreModel[];
  readonly model: TopologyModel | undefined;
  readonly parties: Parties;
}

export function isCore(phrase: tree.Phrase): boolean {
  return phrase.head.text === 'core';
}

/**
 * `core web file "cores/4711.vmcore" sha256 "9f2c6d0e4b1a" kernel "6.1.0-56-cloud-amd64" booted "cores/4710.vmcore"`,
 * as often as there are files.
 */
export function coresOf(phrases: readonly tree.Phrase[], scope: Scope): Cores {
  const before = scope.problems.errors;
  const models: CoreModel[] = [];
  for (const phrase of phrases) {
    const model = models.length < CORE_LIMIT ? coreOf(phrase, models, scope) : undefined;
    if (model !== undefined) models.push(model);
  }
  const topology = topologyOf(models, scope, phrases[0]);
  const parties: Parties = {
    machine: topology.machine,
    lpars: new Map(topology.lpars.map((lpar) => [lpar.name, lpar])),
    ambulances: new Map(topology.ambulances.map((one) => [one.name, one])),
  };
  const whole = scope.problems.errors === before && models.length > 0;
  return { models, model: whole ? topology : undefined, parties };
}

function coreOf(phrase: tree.Phrase, others: readonly CoreModel[], scope: Scope): CoreModel | undefined {
  const { head } = phrase;
  const clauses = clausesOf(head, phrase.clauses, ['file', 'sha256', 'kernel', 'booted'], scope);
  const expr = single(phrase.values, head, scope);
  const partition = expr === undefined ? undefined : wantName(expr, head, scope);
  if (expr === undefined || partition === undefined) return undefined;
  if (RESERVED.has(partition) || partition === AMBULANCE)
    return fail(
      scope,
      'E0325',
      expr,
      `\`${partition}\` cannot be a name: it has a meaning of its own`,
      'reserved',
    );
  const other = others.find((one) => one.partition === partition);
  if (other !== undefined)
    return fail(scope, 'E0305', expr, `there are two partitions \`${partition}\``, 'again', undefined, [
      { span: other.span, text: 'first here' },
    ]);
  const named = clauseNamed(clauses, 'file');
  // A partition without its file is known all the same: what is claimed of it is not wrong, too.
  const file = named === undefined ? noFile(partition, head, scope) : fileOf(named, scope);
  const sha256 = sha256Of(clauseNamed(clauses, 'sha256'), scope);
  const release = textOf(clauseNamed(clauses, 'kernel'), scope);
  const earlier = clauseNamed(clauses, 'booted');
  const booted = earlier && fileOf(earlier, scope);
  const model: { -readonly [Key in keyof CoreModel]: CoreModel[Key] } = {
    partition,
    file: file ?? '',
    span: spanOf(scope.unit, phrase),
    file_span: spanOf(scope.unit, named ?? head),
  }; // prettier-ignore
  if (sha256 !== undefined) model.sha256 = sha256;
  if (release !== undefined) model.release = release;
  if (earlier !== undefined && booted !== undefined)
    model.booted = { file: booted, span: spanOf(scope.unit, earlier) };
  return model;
}

function noFile(partition: string, head: tree.Name, scope: Scope): undefined {
  const help = 'as in `core web file "cores/4711.vmcore"`';
  return fail(scope, 'E0343', head, `\`core ${partition}\` names no file`, 'which dump?', help);
}

function textOf(clause: tree.Clause | undefined, scope: Scope): string | undefined {
  const expr = clause && single(clause.values, clause.word, scope);
  const value = expr && evaluate(expr, scope);
  if (clause === undefined || value === undefined) return undefined;
  if (value.kind === 'string' && value.value !== '') return value.value;
  return fail(
    scope,
    'E0308',
    expr ?? clause,
    `\`${clause.word.text}\` takes a text`,
    'no text',
    'as in `"…"`',
  );
}

/** The dump's path from the project's root; it is written as seen from the spec. */
function fileOf(clause: tree.Clause, scope: Scope): string | undefined {
  const written = textOf(clause, scope);
  if (written === undefined) return undefined;
  const { unit } = scope;
  const relative = /^\.\.?\//.test(written) ? written : `./${written}`;
  const file = /^[/~]|\\|^[A-Za-z]:/.test(written) ? undefined : resolveImport(unit.file, relative);
  if (typeof file !== 'string') {
    const help = 'write it as seen from this file, with `/`, as in "cores/4711.vmcore"';
    return fail(scope, 'E0341', clause, `\`${written}\` is no file of the project`, 'outside of it', help);
  }
  const problem = unit.look(file);
  if (problem === undefined) return file;
  const outside = problem === 'link_outside' || problem === 'outside_root';
  return fail(
    scope,
    outside ? 'E0341' : 'E0342',
    clause,
    `the dump \`${written}\` cannot be had: ${READ_PROBLEMS[problem] ?? 'it is not in the project'}`,
    'this one',
    'dumps are large: see to it that it is there before the run, or `skip` the scenario',
  );
}

/** Its first digits are enough. */
function sha256Of(clause: tree.Clause | undefined, scope: Scope): string | undefined {
  const text = textOf(clause, scope)?.toLowerCase();
  if (text === undefined || clause === undefined) return undefined;
  if (/^[0-9a-f]+$/.test(text) && text.length >= LEAST_DIGITS && text.length <= 64) return text;
  return fail(
    scope,
    'E0344',
    clause,
    `\`${text}\` is no SHA-256`,
    'not this',
    `the first ${LEAST_DIGITS} to 64 of its hex digits, as \`sha256sum\` prints them`,
  );
}

/** What a core file tells nothing of: how large the machine was, and who ruled it. */
function topologyOf(
  models: readonly CoreModel[],
  scope: Scope,
  first: tree.Phrase | undefined,
): TopologyModel {
  const span = first === undefined ? { file: scope.unit.file, start: 0, end: 0 } : spanOf(scope.unit, first);
  const cpus = { mode: 'owned', cpus: [], vcpus: CPU_LIMIT, weight: 1 } as const;
  const memory_bytes = 64 * GIB;
  const model: TopologyModel = {
    machine: { cpus: [], memory_bytes, devices: [], iommu: 'off', slice_ns: 10 * NS_PER_MS, span },
    lpars: models.map((core) => ({
      name: core.partition,
      cpus,
      memory_bytes,
      devices: [],
      kernel: DEFAULT_KERNEL,
      metadata: DEFAULT_METADATA,
      span: core.span,
    })),
    ambulances: [
      { name: AMBULANCE, cpus, memory_bytes: MIB, attends: models.map(({ partition }) => partition), span },
    ],
  };
  freezeDeep(model);
  return model;
}

/** Sentences of a scenario that a core file leaves without a meaning; each is reported. */
export function refuseMachine(node: tree.Scenario, scope: Scope): void {
  for (const item of node.body) {
    const head = item.kind === 'trigger' || item.kind === 'phrase' ? item.head : undefined;
    if (head === undefined || (item.kind === 'phrase' && !OF_MACHINES.has(head.text))) continue;
    const core = node.body.find((one) => one.kind === 'phrase' && isCore(one)) ?? node.head;
    const help = 'a core file is all the machine there is, and nothing runs on it';
    fail(scope, 'E0345', head, `\`${head.text}\` does not go with \`core\``, 'of a machine that runs', help, [
      label(scope.unit, core, 'a core file'),
    ]);
  }
}

/** `budget 2 s memory 300 MiB`: how long the rescue may take for all core files, and how much of each it may hold. */
export function budgetOf(phrase: tree.Phrase | undefined, cores: boolean, scope: Scope): Scenario['budget'] {
  if (phrase === undefined) return undefined;
  if (!cores)
    return fail(
      scope,
      'E0347',
      phrase,
      '`budget` is of scenarios with a `core`',
      'no core file',
      'elsewhere time is virtual: write `within`',
    );
  const clauses = clausesOf(phrase.head, phrase.clauses, ['memory'], scope);
  const time_ns = wantTime(phrase.values, phrase.head, { low: NS_PER_MS, high: 3600 * NS_PER_S }, scope);
  const memory = clauseNamed(clauses, 'memory');
  const memory_bytes = memory && wantSize(memory.values, memory.word, { low: MIB, high: 64 * GIB }, scope);
  if (time_ns === undefined || (memory !== undefined && memory_bytes === undefined)) return undefined;
  return {
    time_ns,
    ...(memory_bytes === undefined ? {} : { memory_bytes }),
    span: spanOf(scope.unit, phrase),
  };
}
