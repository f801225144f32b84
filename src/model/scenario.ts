import type { Span } from '../text/span.ts';
import type { Expression, Path } from './expression.ts';
import type { TopologyModel } from './machine.ts';
import type { LibraryModel } from './structure.ts';

export type TargetName = 'sim' | 'qemu' | 'core';

/**
 * One scenario, one table row: checked, expanded, frozen, plain data (structuredClone keeps it whole). The narrow
 * waist: `language` makes it, everything after reads it and nothing else.
 */
export interface Scenario {
  /** `file :: name`, unique in a run and stable between runs. */
  readonly id: string;
  /** With table values filled in. Unique in its file. */
  readonly name: string;
  readonly doc?: string;
  readonly file: string;
  /** Line of the `scenario` word, from 1. */
  readonly line: number;
  readonly span: Span;
  readonly tags: readonly string[];
  readonly targets: readonly TargetName[];
  /** At least one; the runner makes one run for each. Default [1]. */
  readonly seeds: readonly number[];
  readonly skip?: { readonly reason: string; readonly span: Span };
  /** `until` is `YYYY-MM-DD`; after that day the xfail no longer excuses. */
  readonly xfail?: { readonly reason: string; readonly until?: string; readonly span: Span };
  readonly duration_ns: number;
  readonly topology: TopologyModel;
  readonly triggers: readonly Trigger[];
  readonly claims: readonly Claim[];
  /**
   * `let` bindings that only a run can tell: measured values and places with `[any]`, evaluated once, where they are
   * first used. A path's root may be such a name. Constants and plain places have already replaced their name.
   */
  readonly lets: readonly { readonly name: string; readonly value: Expression; readonly span: Span }[];
  /** Structures that the file declares or imports, and what those need; what ships is not in it. Absent: none. */
  readonly library?: LibraryModel;
  /** Of a scenario for `core`: the files that its partitions lie in. Absent: it runs on a machine. */
  readonly cores?: readonly CoreModel[];
  /** What looking at its core files may cost. */
  readonly budget?: { readonly time_ns: number; readonly memory_bytes?: number; readonly span: Span };
}

/** `core web file "cores/4711.vmcore" sha256 "9f2c6d0e4b1a" kernel "6.1.0-56-cloud-amd64"`. */
export interface CoreModel {
  readonly partition: string;
  /** From the project's root, with `/`, inside of it. */
  readonly file: string;
  /** The first 8 to 64 hex digits, lower case. */
  readonly sha256?: string;
  /** What the kernel in it must call itself. */
  readonly release?: string;
  /**
   * An earlier dump of the same boot, from when all was well: what is compared with memory as it was is compared with
   * it. From the project's root.
   */
  readonly booted?: { readonly file: string; readonly span: Span };
  readonly span: Span;
  /** Of the clause that names the file. */
  readonly file_span: Span;
}

/** What a trigger waits for in a run: `web.register`, `web.tasks["nginx"].run nth 3`, `rescue.diagnosed`. */
export interface EventPattern {
  /** Partition or ambulance or device (`web.disk0` is subject `web`, place `disk0`). */
  readonly subject: string;
  /** Event kind of target/events.ts: `register`, `boot_complete`, `run`, `diagnosed` … */
  readonly event: string;
  /** The object between subject and event, when there is one: `web.tasks["nginx"]`. */
  readonly place?: Path;
  /** Fires on the nth occurrence, from 1; of `on each`, how many occurrences a run is for. */
  readonly nth: number;
  readonly span: Span;
}

export type When =
  | { readonly kind: 'at'; readonly time_ns: number }
  | { readonly kind: 'every'; readonly period_ns: number; readonly from_ns: number; readonly to_ns: number }
  /** `each`: one run for every occurrence; a run that counts fires at none of them. */
  | { readonly kind: 'on'; readonly pattern: EventPattern; readonly each?: true };

export interface Trigger {
  readonly when: When;
  /** `called NAME`. */
  readonly name?: string;
  readonly condition?: Expression;
  /** In order, all at one instant. User faults are already expanded into built-in verbs. */
  readonly actions: readonly Action[];
  readonly span: Span;
}

/** A built-in verb of model/verbs.ts applied to a place. */
export interface Action {
  readonly verb: string;
  /** What the verb acts on; absent where the verb takes none. */
  readonly subject?: Expression;
  /** `to VALUE`, `bit 3`, `mode write`: clause word to its values. */
  readonly clauses: Readonly<Record<string, readonly Expression[]>>;
  /** Of `service`: what is to be done, in order; absent: `by advice`. */
  readonly steps?: readonly Action[];
  /** Name of the user's `fault` this came from. */
  readonly from_fault?: string;
  readonly span: Span;
}

export type Observer = 'guest' | 'hypervisor' | 'verdict' | 'diagnosis' | 'service' | 'bystander' | 'check';

/**
 * One sentence of `expect`. `OBSERVER subjects is [not] states clauses`; for `check`, `condition` alone says it.
 */
export interface Claim {
  readonly observer: Observer;
  /** `web`, `web.tasks`, `web.*`; the root `others` stands for every attended structure that no other claim names. */
  readonly subjects: readonly Path[];
  readonly negated: boolean;
  /** One or more words joined by `or`, from model/vocabulary.ts. */
  readonly states: readonly string[];
  /** `with CODE {, CODE}`. */
  readonly codes: readonly string[];
  /** `at PLACE {, PLACE}`. */
  readonly places: readonly Expression[];
  /** `by SIGN {or SIGN}`. */
  readonly signs: readonly string[];
  /** `via LIVE_REGION|boot_copy|note_scan`. */
  readonly via?: string;
  /** `within D [of NAME[.activated]]`; without `of`, counted from t = 0. */
  readonly within?: { readonly limit_ns: number; readonly of?: NamedMoment };
  /** `rank 1..2`; default for diagnosis is 1..1. */
  readonly rank?: { readonly low: number; readonly high: number };
  /**
   * `except PATH {, PATH}`: structures of a verdict; of a bystander the partitions whose traffic with it does not
   * count.
   */
  readonly except: readonly Path[];
  /** `slack D`: by how much times may differ, in nanoseconds. Of bystanders only. */
  readonly slack_ns?: number;
  /** `from AMBULANCE`. */
  readonly from?: string;
  /** `until EVENT`. */
  readonly until?: EventPattern;
  /** `if EXPR`: a `bool` where the row decides (false: not judged, and reported as such), else of the run. */
  readonly condition?: Expression;
  /** `given NAME.activated`: judged only if that came to pass. */
  readonly given?: NamedMoment;
  /** The condition of a `check`. */
  readonly check?: Expression;
  /** The sentence as written, for reports. */
  readonly text: string;
  readonly span: Span;
}

/** A `called` name, and which of its moments; or an event. */
export interface NamedMoment {
  /** As written. */
  readonly name: string;
  readonly moment: 'fired' | 'activated' | 'event';
  /** Of `event`: its first occurrence. */
  readonly event?: EventPattern;
  readonly span: Span;
}

/** What the compiler makes of one file. */
export interface SpecModel {
  readonly file: string;
  readonly tags: readonly { readonly name: string; readonly doc: string; readonly span: Span }[];
  readonly scenarios: readonly Scenario[];
  /** Structures that it declares or imports, and what those need. */
  readonly library: LibraryModel;
}
