import type { Finding } from '../../patient/report.ts';
import type { Patient } from '../../patient/patient.ts';
import type { Attachment } from '../attach.ts';
import type { Inspected } from '../inspect.ts';
import type { Subject } from '../subject.ts';
import type { Draft } from '../draft.ts';

/** All that a diagnosis is drawn from. */
export interface Case {
  readonly patient: Patient;
  readonly attachment: Attachment;
  /** Undefined when the kernel could not be opened. */
  readonly subject: Subject | undefined;
  readonly inspected: Inspected | undefined;
  /** The findings in the order of the report, each with what it was made from. */
  readonly findings: readonly { readonly finding: Finding; readonly draft: Draft }[];
  /** The newest lines of the log, oldest first. */
  readonly log: readonly string[];
}

/** A cause in the making; the likeliest has the highest weight. */
export interface Cause {
  readonly cause: string;
  readonly weight: number;
  /** As a spec would write it, without the patient's name; '' when it is nowhere in particular. */
  readonly place: string;
  /** 16 hex digits or ''. */
  readonly address: string;
  readonly physical: number;
  readonly evidence: readonly string[];
  /** Findings it explains. */
  readonly explains: readonly number[];
}

/** First line of an oops in the log; '' when there is none. */
export function oopsLine(log: readonly string[]): string {
  return (
    log.find((line) =>
      /^(?:BUG: (?:kernel|unable)|kernel BUG at|general protection fault|invalid opcode|Oops: )/.test(line),
    ) ?? ''
  );
}

/** What the kernel said when it panicked; '' when it did not. */
export function panicLine(log: readonly string[]): string {
  return log.find((line) => line.startsWith('Kernel panic - not syncing')) ?? '';
}

/** What the list checks said. */
export function listBugLine(log: readonly string[]): string {
  return log.find((line) => /^list_(?:add|del) /.test(line)) ?? '';
}
