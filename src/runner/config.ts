import type { TargetName } from '../model/scenario.ts';
import type { Span } from '../text/span.ts';

export const CONFIG_FILE = 'siren.yaml';
export const REPORTERS = ['html', 'json', 'junit'] as const;
export type ReporterName = (typeof REPORTERS)[number];

/** A file, folder or `file.spec:LINE` as somebody wrote it, and where: on the command line or in siren.yaml. */
export interface PathArgument {
  readonly text: string;
  readonly span: Span;
  /** What to do when it is not there. */
  readonly help?: string;
}

/** A tag of the project, and why it is there. */
export interface ProjectTag {
  readonly name: string;
  readonly doc: string;
  readonly span: Span;
}

/** What siren.yaml says; every key may be left out. */
export interface Config {
  /** Files and folders that `siren run` takes when none is named, relative to the project's root. Default `specs`. */
  readonly paths: readonly PathArgument[];
  readonly target: TargetName;
  /** 0 runs in the main thread, without protection by the timeout; absent: as many as there are CPUs. */
  readonly workers?: number;
  /** Folder for reports, relative to the project's root. */
  readonly reports: string;
  readonly reporters: readonly ReporterName[];
  /** Wall seconds that one run may take. */
  readonly timeout_s: number;
  readonly seed?: number;
  readonly tags: readonly ProjectTag[];
}

export const DEFAULT_CONFIG: Config = {
  paths: [{ text: 'specs', span: { file: CONFIG_FILE, start: 0, end: 0 } }],
  target: 'sim',
  reports: 'reports',
  reporters: REPORTERS,
  timeout_s: 60,
  tags: [],
};

export const MAX_WORKERS = 256;
