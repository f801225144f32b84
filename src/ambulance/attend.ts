import type { Fold } from '../base/fold.ts';
import { NO_FOLD, trueHex } from '../base/fold.ts';
import { readPrintkLines } from '../formats/printk-ring.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { Patient, PatientCpu } from '../patient/patient.ts';
import type { Repair } from '../patient/repair.ts';
import type { AmbulanceReport, Finding, StructureVerdict } from '../patient/report.ts';
import type { Attachment } from './attach.ts';
import { attach } from './attach.ts';
import type { Case } from './diagnose/case.ts';
import { consequences } from './diagnose/consequences.ts';
import { diagnose, healthOf } from './diagnose/diagnose.ts';
import type { Conclusion, Inspected } from './inspect.ts';
import { inspect } from './inspect.ts';
import type { AmbulanceLimits } from './limits.ts';
import { DEFAULT_LIMITS, Meter } from './limits.ts';
import { openSubject } from './subject.ts';
import { structuresOf } from './structures.ts';
import type { Subject } from './subject.ts';
import { PhysicalCache } from './physical-cache.ts';
import { repairsOf } from './service/repairs.ts';
import { link } from '../structure/link.ts';
import type { CpuView } from '../structure/session.ts';
import { contextOf } from './context.ts';
import { regionDrafts } from './region.ts';
import { bareCpus, bareLog } from './bare.ts';
import { observe } from './cpus.ts';
import type { Draft } from './draft.ts';

export interface AttendOptions {
  /** Name of the ambulance, for the report. */
  readonly ambulance: string;
  /** What it knows: structures, locators, validators. */
  readonly library: LibraryModel;
  readonly limits?: Partial<AmbulanceLimits>;
  /** What takes long is left for last, and the rest told before: `Attended.goOn`. */
  readonly in_parts?: boolean;
}

/** What an ambulance has found, what it would do about it, and what that took in virtual nanoseconds. */
export interface Attended {
  readonly report: AmbulanceReport;
  readonly repairs: readonly Repair[];
  readonly cost_ns: number;
  /** What every CPU was doing; none where the kernel could not be opened. */
  readonly cpus: readonly CpuView[];
  /** The same CPUs, and their registers; undefined for one whose registers are not to be had. */
  readonly processors: readonly (PatientCpu | undefined)[];
  /** Why the kernel could not be opened; undefined when it could. */
  readonly closed?: string;
  /**
   * Where some structures did not end within the steps that each has at first, and are `unreachable` in the report:
   * looks at them as far as the limits allow. `cost_ns` is then of all; the report is the same one where that brought
   * nothing.
   */
  readonly goOn?: () => Attended;
}

const LOG_LINES = 64;
const LOG_TAIL = 12;

/**
 * Attends a patient: gets the region, opens the kernel, validates what is described, and diagnoses. Never throws,
 * whatever the memory holds, and is bounded by its limits. `cost_ns` is what its reading and thinking take in virtual
 * time on the ambulance's own CPUs; what the patient was let run (`letRun`) has already passed.
 */
export function attend(patient: Patient, options: AttendOptions): Attended {
  const meter = new Meter({ ...DEFAULT_LIMITS, ...options.limits });
  const memory = new PhysicalCache(patient, meter);
  const attached_ns = patient.now();
  const attachment = attach(patient, memory);
  const opened = openSubject(patient, memory, attachment, options.library);
  const subject = opened.ok ? opened.value : undefined;
  const logged = (): readonly string[] => (subject ? readPrintkLines(subject, LOG_LINES) : []);
  const inspected =
    subject &&
    inspect(patient, subject, memory, attachment, options.library, meter, logged, options.in_parts);
  const looked: Looked = { patient, memory, attachment, subject, meter, logged, options, attached_ns };
  const first = tell(looked, inspected, opened.ok ? undefined : closedBy(opened, patient));
  if (inspected?.goOn === undefined) return first;
  const { goOn } = inspected;
  return {
    ...first,
    goOn: () => {
      const then = goOn();
      const brought = then.conclusions.some(
        ({ verdict, drafts }, at) =>
          verdict !== inspected.conclusions[at]?.verdict ||
          drafts.length !== inspected.conclusions[at]?.drafts.length,
      );
      return brought ? tell(looked, then, undefined) : { ...first, cost_ns: meter.cost() };
    },
  };
}

/** What is looked at, and by what. */
interface Looked {
  readonly patient: Patient;
  readonly memory: PhysicalCache;
  readonly attachment: Attachment;
  readonly subject: Subject | undefined;
  readonly meter: Meter;
  readonly logged: () => readonly string[];
  readonly options: AttendOptions;
  readonly attached_ns: number;
}

/** What is to be said of what was seen. */
function tell(looked: Looked, inspected: Inspected | undefined, closed: Closed | undefined): Attended {
  const { patient, memory, attachment, subject, meter, logged, options, attached_ns } = looked;
  const fold = subject?.space.fold ?? NO_FOLD;
  const conclusions =
    inspected?.conclusions ??
    unopened(attachment, options.library, closed ?? { code: 'NO_SYMBOL', message: '' });
  const metadata = regionDrafts(attachment, subject);
  const drafts = [...metadata, ...conclusions.flatMap((one) => one.drafts)];
  const log = subject ? logged() : bareLog(memory, attachment.info, LOG_LINES);
  const findings = finish(patient, subject, drafts, log, options.library);
  const of: Case = {
    patient,
    attachment,
    subject,
    inspected,
    findings: findings.map((finding, index) => ({ finding, draft: drafts[index] as Draft })),
    log,
  };
  const diagnosis = diagnose(of);
  const repairs = repairsOf(of);
  memory.forget();
  const cost_ns = meter.cost();
  const report: AmbulanceReport = {
    ambulance: options.ambulance,
    patient: patient.name,
    reason: patient.reason,
    attached_ns,
    diagnosed_ns: patient.now() + cost_ns,
    via: attachment.via,
    health: healthOf(of, diagnosis),
    verdicts: [
      metadataVerdict(attachment),
      ...conclusions.map((one) => verdictOf(one, attachment, patient.name, fold)),
    ],
    findings,
    diagnosis,
    bytes_read: meter.bytes,
    log_tail: log.slice(-LOG_TAIL),
    notes: inspected?.notes ?? [],
  };
  return {
    report,
    repairs,
    cost_ns,
    cpus: inspected?.cpus ?? (subject ? observe(subject) : bareCpus(patient)),
    processors: subject?.processors ?? patient.cpus,
    ...(closed === undefined ? {} : { closed: closed.message }),
  };
}

function metadataVerdict(attachment: Attachment): StructureVerdict {
  const { verdict, code, via, entries } = attachment;
  return {
    structure: 'metadata',
    verdict,
    ...(code === undefined ? {} : { code }),
    via,
    elements: entries,
    rereads: 0,
  };
}

function verdictOf(one: Conclusion, attachment: Attachment, patient: string, fold: Fold): StructureVerdict {
  const { place = '', address = NaN, message } = one;
  return {
    structure: one.structure,
    verdict: one.verdict,
    ...(one.code === undefined ? {} : { code: one.code }),
    ...(place === '' ? {} : { place: `${patient}.${place}` }),
    ...(Number.isFinite(address) ? { address: trueHex(fold, address) } : {}),
    ...(message === undefined || message === '' ? {} : { message }),
    via: attachment.via,
    elements: one.elements,
    rereads: one.rereads,
    ...(one.left_out === undefined ? {} : { findings_left_out: one.left_out }),
  };
}

/** Why the kernel could not be opened. */
interface Closed {
  readonly code: string;
  readonly message: string;
}

function closedBy({ code, message }: { code?: string; message: string }, { absent }: Patient): Closed {
  if (code === 'LAYOUT') return { code: 'FIVE_LEVELS', message };
  return { code: absent === undefined ? 'NO_SYMBOL' : 'NOT_IN_FILE', message };
}

/** Without symbols nothing can be found: what is described is unreachable, the rest unchecked. */
function unopened(attachment: Attachment, library: LibraryModel, closed: Closed): Conclusion[] {
  return structuresOf(attachment, library).map(({ structure, why }) => {
    const nothing = { structure, elements: 0, rereads: 0, drafts: [], message: closed.message };
    if (attachment.via === 'none') return { ...nothing, verdict: 'unreachable', code: 'NO_REGION' };
    return attachment.info !== undefined && why?.verdict === 'unchecked'
      ? { ...nothing, ...why }
      : { ...nothing, verdict: 'unreachable', code: closed.code };
  });
}

function finish(
  patient: Patient,
  subject: Subject | undefined,
  drafts: readonly Draft[],
  log: readonly string[],
  library: LibraryModel,
): Finding[] {
  const linked = link(library, subject?.btf, subject?.space.fold);
  const findings = drafts.map((draft, index): Finding => {
    const context = subject && contextOf(draft, linked);
    return {
      index,
      structure: draft.structure,
      code: draft.code,
      place: `${patient.name}.${draft.place}`,
      address: Number.isFinite(draft.address) ? trueHex(subject?.space.fold ?? NO_FOLD, draft.address) : '',
      physical: draft.physical,
      bytes: draft.bytes,
      message: draft.message,
      ...(context ? { context } : {}),
    };
  });
  const pairs = findings.map((finding, index) => ({ finding, draft: drafts[index] as Draft }));
  const follows = consequences(pairs, log);
  return findings.map((finding) => {
    const consequence_of = follows.get(finding.index);
    return consequence_of === undefined ? finding : { ...finding, consequence_of };
  });
}
