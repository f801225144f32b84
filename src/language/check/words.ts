import { DIAGNOSES } from '../../model/diagnoses.ts';
import { FINDINGS } from '../../model/findings.ts';
import {
  BYSTANDER_STATES,
  GUEST_SIGNS,
  GUEST_STATES,
  HYPERVISOR_SIGNS,
  HYPERVISOR_STATES,
  MISREGISTRATIONS,
  REFUSALS,
  SERVICE_CODES,
  SERVICE_SIGNS,
  SERVICE_STATES,
  VERDICTS,
  VIA,
} from '../../model/vocabulary.ts';

const SETTING_WORDS: readonly string[] = [
  'strict',
  'off',
  'on',
  'yes',
  'no',
  'none',
  'any',
  'elapsed',
  'read',
  'write',
  'fork',
  'thread',
  'linux',
  'web_server',
  'database',
  'compile',
  'idle',
  'crc32c',
  'inspection',
  'service',
  'advice',
  'orphan',
  'sim',
  'qemu',
  'core',
];

/** Every bare word that means something somewhere: any other one in an expression is a slip. */
export const KNOWN_WORDS: ReadonlySet<string> = new Set([
  ...Object.keys(GUEST_STATES),
  ...Object.keys(GUEST_SIGNS),
  ...Object.keys(HYPERVISOR_STATES),
  ...Object.keys(HYPERVISOR_SIGNS),
  ...Object.keys(REFUSALS),
  ...MISREGISTRATIONS,
  ...Object.keys(BYSTANDER_STATES),
  ...Object.keys(SERVICE_STATES),
  ...Object.keys(SERVICE_SIGNS),
  ...Object.keys(SERVICE_CODES),
  ...VERDICTS,
  ...VIA,
  ...DIAGNOSES.keys(),
  ...FINDINGS.keys(),
  ...SETTING_WORDS,
]);

/** A list of one word of the vocabulary, one for all claims that hold it: models live long, and words are few. */
export function alone(word: string): readonly string[] {
  let list = ALONE.get(word);
  if (list === undefined) ALONE.set(word, (list = Object.freeze([word])));
  return list;
}
const ALONE = new Map<string, readonly string[]>();

/** The value of a record at a user's key, never one that it inherits. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
