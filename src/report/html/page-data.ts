import type { LparModel, TopologyModel } from '../../model/machine.ts';
import type { RunOutcome } from '../../record/outcome.ts';
import type { PartitionSummary } from '../../record/record.ts';
import type { Job } from '../../runner/events.ts';
import type { TraceEvent } from '../../target/events.ts';
import { diagnosticText } from '../diagnostic-text.ts';
import { clip } from '../escape.ts';
import { problemsOf } from '../failure-text.ts';
import type { RunResult } from '../results.ts';
import { type Detail, runResult } from '../run-result.ts';
import type { Sources } from '../sources.ts';

/** What the page knows of one run: its part of results.json, and what only a picture needs. */
export interface PageRun extends RunResult {
  readonly doc?: string;
  readonly duration_ns: number;
  /** Of machines that really ran: its times are theirs, and no run of it repeats to the bit. */
  readonly real?: true;
  /** Which of the page's topologies. */
  readonly topology: number;
  /** Lines of the scenario in its file, from 1, both included; `text` is a number of the page's sources or -1. */
  readonly source: { readonly text: number; readonly first: number; readonly last: number };
  readonly beats: readonly PageBeats[];
  /** Diagnostics of unmet claims and complaints, as the terminal shows them. */
  readonly problems: readonly string[];
}

/** Heartbeats of one partition: each one, or stretches of regular beating where there are too many to draw. */
interface PageBeats {
  readonly partition: string;
  /** Microseconds of virtual time. */
  readonly ticks?: readonly number[];
  readonly stretches?: readonly (readonly [from_us: number, to_us: number, count: number])[];
}

/** What is drawn of a machine. */
export interface PageTopology {
  readonly cpus: readonly number[];
  readonly memory_bytes: number;
  readonly iommu: string;
  readonly slice_ns: number;
  readonly devices: readonly { readonly kind: string; readonly name: string }[];
  readonly lpars: readonly PageLpar[];
  readonly ambulances: readonly {
    readonly name: string;
    readonly cpus: PageCpus;
    readonly memory_bytes: number;
    readonly attends: readonly string[];
  }[];
  readonly shared: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly between: readonly [string, string];
  }[];
}

export interface PageCpus {
  readonly mode: string;
  readonly cpus: readonly number[];
  readonly vcpus: number;
  readonly weight: number;
  readonly minimum?: number;
}

export interface PageLpar {
  readonly name: string;
  readonly cpus: PageCpus;
  readonly memory_bytes: number;
  readonly devices: readonly {
    readonly mode: string;
    readonly device: string;
    readonly weight: number;
  }[];
  readonly workload: string;
  readonly heartbeat_ns: number;
  readonly heartbeat_by: string;
  readonly describes: readonly string[];
  readonly seal: string;
}

const MOST_TICKS = 250;
const MOST_STRETCHES = 50;
const PROBLEMS_SHOWN = 30;

export function pageRun(
  job: Job,
  outcome: RunOutcome,
  sources: Sources,
  detail: Detail,
  places: { readonly topology: number; readonly text: number; readonly target: string },
): PageRun {
  const { scenario } = job;
  const source = sources(scenario.file);
  const last = source?.position(Math.max(scenario.span.start, scenario.span.end - 1)).line ?? scenario.line;
  const problems = problemsOf(outcome)
    .slice(0, PROBLEMS_SHOWN)
    .map((problem) => clip(diagnosticText(problem, sources), 8000));
  return {
    ...runResult(job, outcome, sources, detail),
    ...(scenario.doc === undefined ? {} : { doc: clip(paragraphs(scenario.doc), 4000) }),
    duration_ns: scenario.duration_ns,
    ...(places.target === 'qemu' ? { real: true } : {}),
    topology: places.topology,
    source: {
      text: places.text,
      first: scenario.line,
      last: Math.max(scenario.line, Math.min(last, scenario.line + 400)),
    },
    beats: (outcome.record?.partitions ?? []).map((partition) =>
      beatsOf(partition, outcome.record?.events ?? []),
    ),
    problems,
  };
}

function beatsOf(partition: PartitionSummary, events: readonly TraceEvent[]): PageBeats {
  const { name } = partition;
  const ticks: number[] = [];
  for (const { kind, subject, time_ns } of events)
    if (kind === 'heartbeat' && subject === name) ticks.push(Math.round(time_ns / 1000));
  if (ticks.length === 0) return { partition: name, stretches: knownStretches(partition) };
  return ticks.length <= MOST_TICKS
    ? { partition: name, ticks }
    : { partition: name, stretches: stretchesOf(ticks) };
}

/**
 * Where the record dropped the beats themselves: from boot to the last one, with the longest pause left open when it is
 * a pause.
 */
function knownStretches(partition: PartitionSummary): readonly (readonly [number, number, number])[] {
  const { heartbeats, heartbeat, boot_complete_ns } = partition;
  if (heartbeats === 0 || heartbeat?.last_ns === undefined) return [];
  const us = (time_ns: number): number => Math.round(time_ns / 1000);
  const [from, to] = [Math.max(0, boot_complete_ns), heartbeat.last_ns];
  const { longest_from_ns, longest_ns } = heartbeat;
  const usual = (to - from) / heartbeats;
  const after = longest_from_ns + longest_ns;
  if (longest_ns <= 2.5 * usual || longest_from_ns <= from || after > to)
    return [[us(from), us(to), heartbeats]];
  const before = Math.round((heartbeats * (longest_from_ns - from)) / (to - from - longest_ns));
  return [
    [us(from), us(longest_from_ns), before],
    [us(after), us(to), Math.max(0, heartbeats - before)],
  ];
}

/** Joins beats whose distance is at most two and a half times the usual one: a longer silence stays visible. */
function stretchesOf(ticks: readonly number[]): readonly (readonly [number, number, number])[] {
  const gaps = ticks.slice(1).map((tick, index) => tick - (ticks[index] as number));
  const usual = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? 0;
  const stretches: [number, number, number][] = [];
  for (const tick of ticks) {
    const open = stretches.at(-1);
    if (open === undefined || (tick - open[1] > 2.5 * usual && stretches.length < MOST_STRETCHES))
      stretches.push([tick, tick, 1]);
    else {
      open[1] = tick;
      open[2]++;
    }
  }
  return stretches;
}

export function pageTopology(topology: TopologyModel): PageTopology {
  const { machine, lpars, ambulances } = topology;
  return {
    cpus: machine.cpus,
    memory_bytes: machine.memory_bytes,
    iommu: machine.iommu,
    slice_ns: machine.slice_ns,
    devices: machine.devices.map(({ kind, name }) => ({ kind, name })),
    lpars: lpars.map(pageLpar),
    ambulances: ambulances.map(({ name, cpus, memory_bytes, attends }) => ({
      name,
      cpus: pageCpus(cpus),
      memory_bytes,
      attends,
    })),
    shared: (topology.shared_memory ?? []).map(({ name, bytes, between }) => ({ name, bytes, between })),
  };
}

function pageLpar(lpar: LparModel): PageLpar {
  return {
    name: lpar.name,
    cpus: pageCpus(lpar.cpus),
    memory_bytes: lpar.memory_bytes,
    devices: lpar.devices.map(({ mode, device, weight }) => ({ mode, device, weight })),
    workload: lpar.kernel.workload,
    heartbeat_ns: lpar.kernel.heartbeat_ns,
    heartbeat_by: lpar.kernel.heartbeat_by,
    describes: lpar.metadata.describes,
    seal: lpar.metadata.seal,
  };
}

function pageCpus({ mode, cpus, vcpus, weight, minimum }: PageCpus): PageCpus {
  return { mode, cpus, vcpus, weight, ...(minimum === undefined ? {} : { minimum }) };
}

/** Where a line of the source ended says nothing: only an empty one begins a paragraph. */
function paragraphs(doc: string): string {
  return doc.replace(/(\S)[ \t]*\n(?=\S)/g, '$1 ');
}
