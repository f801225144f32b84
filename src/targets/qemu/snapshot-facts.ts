import type { ProgressWords } from './progress-words.ts';

/** What is known of a snapshot beside the machine itself. */
export interface SnapshotFacts {
  /** How long the guest had been switched on, nanoseconds. */
  readonly boot_ns: number;
  /** Where and how much the guest registered, guest-physical. */
  readonly region: { readonly physical: number; readonly bytes: number };
  /** The registered VMCOREINFO's text. */
  readonly vmcoreinfo: string;
  /** What the console said while it booted. */
  readonly console: string;
  /** By processor; absent where the kernel does not tell. */
  readonly progress?: readonly ProgressWords[];
}

/** What a snapshot's other files were when they were written. */
export interface SnapshotSeal {
  readonly ram_bytes: number;
  /** Seconds since 1970: RAM is too large to be read each time, and nobody ever writes to it again. */
  readonly ram_written_s: number;
  /** Of `state`, in hex. */
  readonly state_sha256: string;
}

/** Why a snapshot is not to be restored. */
export interface SnapshotDamage {
  readonly code:
    /** facts.json cannot be read, or says what it cannot say. */
    | 'FACTS'
    /** It was made by another version of Siren. */
    | 'VERSION'
    /** `ram` is not what it was. */
    | 'RAM'
    /** `state` is not what it was. */
    | 'STATE'
    /** QEMU does not load it. */
    | 'REFUSED';
  readonly message: string;
}

/** Bumped when facts.json or what lies beside it changes. */
const SNAPSHOT_FORMAT = 2;

/** No guest has more. */
const CPUS = 4096;
const TEXT_LENGTH = 2 ** 22;

/** Text of facts.json. */
export function factsText(facts: SnapshotFacts, seal: SnapshotSeal): string {
  return `${JSON.stringify({ format: SNAPSHOT_FORMAT, seal, ...facts })}\n`;
}

/** Reads facts.json; every field is looked at. */
export function readFacts(
  text: string,
): { readonly facts: SnapshotFacts; readonly seal: SnapshotSeal } | SnapshotDamage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { code: 'FACTS', message: 'facts.json is no JSON' };
  }
  if (!isRecord(value)) return { code: 'FACTS', message: 'facts.json holds no object' };
  if (value['format'] !== SNAPSHOT_FORMAT)
    return { code: 'VERSION', message: 'it was made by another version' };
  const wrong = Object.keys(FIELDS).find((name) => FIELDS[name]?.(value[name]) !== true);
  if (wrong !== undefined) return { code: 'FACTS', message: `facts.json: '${wrong}' is not what it can be` };
  const { boot_ns, region, vmcoreinfo, console, progress, seal } = value as unknown as SnapshotFacts & {
    readonly seal: SnapshotSeal;
  };
  return { facts: { boot_ns, region, vmcoreinfo, console, ...(progress && { progress }) }, seal };
}

type Check = (value: unknown) => boolean;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Check = (value) => typeof value === 'string' && value.length <= TEXT_LENGTH;
/** Counts, and addresses of memory: never negative, and below what x86-64 can address. */
const isNumber: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 52;
const hasNumbers = (value: unknown, ...names: readonly string[]): boolean =>
  isRecord(value) && names.every((name) => isNumber(value[name]));
const isProgress: Check = (value) =>
  hasNumbers(value, 'interrupts', 'interrupts_bytes', 'ticks', 'switches', 'current', 'idle');

const FIELDS: Readonly<Record<string, Check>> = {
  boot_ns: (value) => isNumber(value) && value !== 0,
  region: (value) => hasNumbers(value, 'physical', 'bytes') && isRecord(value) && value['bytes'] !== 0,
  vmcoreinfo: (value) => isText(value) && value !== '',
  console: isText,
  progress: (value) =>
    value === undefined || (Array.isArray(value) && value.length <= CPUS && value.every(isProgress)),
  seal: (value) =>
    hasNumbers(value, 'ram_bytes', 'ram_written_s') &&
    isRecord(value) &&
    /^[0-9a-f]{64}$/.test(String(value['state_sha256'])),
};
