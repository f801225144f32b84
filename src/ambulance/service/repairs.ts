import { NO_FOLD, trueHex } from '../../base/fold.ts';
import type { Repair, RepairWrite } from '../../patient/repair.ts';
import type { Case } from '../diagnose/case.ts';
import type { Draft, DraftRepair } from '../draft.ts';

const PAGE_BYTES = 4096;

/** What would mend the findings that something is known to mend, in their order. Nothing is written. */
export function repairsOf({ patient, findings }: Case): readonly Repair[] {
  const repairs: Repair[] = [];
  for (const { finding, draft } of findings) {
    if (draft.repair === undefined) continue;
    const { kind, acts, would_lose, loses, declined } = draft.repair;
    const writes = writesOf(draft, draft.repair, patient.name);
    const why = declined ?? (writes === undefined ? 'NO_PLACE' : undefined);
    repairs.push({
      finding: finding.index,
      code: finding.code,
      kind,
      place: finding.place,
      physical: finding.physical,
      acts: acts.map(({ verb, place }) => ({ verb, place: `${patient.name}.${place}` })),
      would_lose,
      writes: writes ?? [],
      ...(loses === undefined ? {} : { loses }),
      ...(why === undefined ? {} : { declined: why }),
    });
  }
  return repairs;
}

/** By guest-physical address, cut at the ends of pages; undefined when one of them is mapped to nothing. */
function writesOf(draft: Draft, repair: DraftRepair, patient: string): RepairWrite[] | undefined {
  const writes: RepairWrite[] = [];
  for (const { place, address, bytes, mask } of repair.writes) {
    for (let done = 0; done < bytes.length;) {
      const physical = draft.space?.physical(address + done) ?? -1;
      if (physical < 0) return undefined;
      const end = done + PAGE_BYTES - (physical % PAGE_BYTES);
      const part = bytes.subarray(done, end);
      const at = trueHex(draft.space?.fold ?? NO_FOLD, address + done);
      writes.push({
        place: `${patient}.${place}`,
        address: at,
        physical,
        bytes: part,
        ...(mask ? { mask: mask.subarray(done, end) } : {}),
      });
      done += part.length;
    }
  }
  return writes;
}
