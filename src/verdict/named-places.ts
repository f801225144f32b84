import { fromBigint } from '../base/address.ts';
import type { RunRecord } from '../record/record.ts';
import type { RunFacts } from './facts.ts';

const BARE = /^(\w+)\.address\(0x([0-9a-f]{16})\)$/;

/**
 * The record with names where an ambulance could give an address only: what it looks at says where an object is, not
 * which of its owner's that is. Addresses stay as they are, and decide.
 */
export function withNames(record: RunRecord, facts: RunFacts): RunRecord {
  const known = new Map<string, string>();
  const named = (place: string): string => {
    const [, partition, hex] = BARE.exec(place) ?? [];
    if (partition === undefined || hex === undefined) return place;
    const found = known.get(place) ?? nameOf(partition, hex) ?? place;
    known.set(place, found);
    return found;
  };
  const nameOf = (partition: string, hex: string): string | undefined => {
    const name = facts.nameOf?.(partition, fromBigint(BigInt(`0x${hex}`)));
    return name === undefined ? undefined : `${partition}.${name}`;
  };
  const at = <T extends { readonly place: string }>(one: T): T => ({ ...one, place: named(one.place) });
  const bare = ({ place }: { readonly place: string }): boolean => BARE.test(place);
  const { reports, services } = record;
  if (!reports.some(({ findings, diagnosis }) => findings.some(bare) || diagnosis.some(bare))) return record;
  return {
    ...record,
    reports: reports.map((one) => ({
      ...one,
      findings: one.findings.map(at),
      diagnosis: one.diagnosis.map(at),
    })),
    services: services.map((one) => ({ ...one, repaired: one.repaired.map(at) })),
  };
}
