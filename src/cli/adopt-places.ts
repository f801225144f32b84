import { compile } from '../language/compile.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { AmbulanceReport } from '../patient/report.ts';
import { worldOf } from '../place/world.ts';
import { coreTarget } from '../targets/core/core-target.ts';
import type { DumpedMachine } from '../targets/core/open.ts';
import { factsOf } from '../verdict/facts.ts';

const FILE = 'places.spec';
/** As many places as a report keeps findings of a few structures; the rest goes by address. */
const PLACES_TRIED = 128;

/**
 * Places of a report that a spec can name: those whose name leads, in the very dump, to what was found. Elsewhere a
 * name may be what is damaged, or the ambulance's own.
 */
export function placesByName(
  machine: DumpedMachine,
  report: AmbulanceReport,
  library: LibraryModel,
): ReadonlySet<string> {
  const found = new Map<string, number>();
  for (const { place, physical } of [...report.findings, ...report.diagnosis])
    if (physical >= 0 && place.startsWith(`${report.patient}.`) && found.size < PLACES_TRIED)
      found.set(place, physical);
  const text = [...found.keys()].map((place, index) => scenarioAt(report.patient, place, index)).join('\n');
  const { value } = compile(
    [FILE],
    { read: () => ({ ok: true, bytes: new TextEncoder().encode(text) }), look: () => undefined },
    { library },
  );
  const target = coreTarget([machine]);
  const named = new Set<string>();
  for (const scenario of value[0]?.scenarios ?? []) {
    const place = [...found.keys()][Number(scenario.name)];
    const written = scenario.claims[0]?.places[0];
    const led = written && factsOf(worldOf(scenario, target, 1)).place(written);
    if (place === undefined || !led?.ok || led.value.kind !== 'bytes') continue;
    if (led.value.runs[0]?.physical === found.get(place)) named.add(place);
  }
  return named;
}

/** A scenario for each, so that a name that is none costs itself only. */
function scenarioAt(patient: string, place: string, index: number): string {
  return `scenario "${index}" { targets core; core ${patient} file "dump"; expect { diagnosis ${patient} is oops at ${place.replaceAll('\n', ' ')} } }`;
}
