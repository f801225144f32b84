import type { SavedAudit } from './audit.ts';
import type { SavedGrants } from './grants.ts';
import type { Ward } from './hypervisor.ts';
import type { SavedRescues } from './rescues.ts';

/** The hypervisor's whole state. */
export interface SavedHypervisor {
  readonly wards: readonly Ward[];
  readonly audit: SavedAudit;
  readonly grants: SavedGrants;
  readonly rescues: SavedRescues;
}

const VERSION = 2;

/** As JSON: bytes become base64, bigints decimal strings, each under a key that says so. */
export function packState(state: SavedHypervisor): string {
  return JSON.stringify({ version: VERSION, ...state }, (_, value: unknown) => {
    if (typeof value === 'bigint') return { $bigint: value.toString() };
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
    return value;
  });
}

/** Undefined when the text is no state of a hypervisor over so many partitions. */
export function unpackState(text: string, partitions: number): SavedHypervisor | undefined {
  let state: unknown;
  try {
    state = JSON.parse(text, (_, value: unknown) => unpackValue(value));
  } catch {
    return undefined;
  }
  if (!isRecord(state) || state['version'] !== VERSION) return undefined;
  const { wards, audit, grants, rescues } = state;
  if (!Array.isArray(wards) || wards.length !== partitions || !wards.every(isWard)) return undefined;
  if (!isRecord(audit) || !Array.isArray(audit['kept'])) return undefined;
  if (!isRecord(rescues) || !Array.isArray(rescues['leases']) || !Array.isArray(rescues['lost']))
    return undefined;
  if (!Array.isArray(rescues['journals'])) return undefined;
  if (!isRecord(grants) || !Array.isArray(grants['grants'])) return undefined;
  return state as unknown as SavedHypervisor;
}

function unpackValue(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { $bigint, $bytes } = value;
  if (typeof $bigint === 'string' && /^\d{1,20}$/.test($bigint)) return BigInt($bigint);
  if (typeof $bytes === 'string') return new Uint8Array(Buffer.from($bytes, 'base64'));
  return value;
}

function isWard(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value['registry'])) return false;
  const { watched } = value;
  return isRecord(watched) && Array.isArray(watched['signs']) && typeof watched['last_beat_ns'] === 'number';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
