import { attend } from '../ambulance/attend.ts';
import type { Scenario } from '../model/scenario.ts';
import { NO_LIBRARY } from '../model/structure.ts';
import type { AmbulanceReport } from '../patient/report.ts';
import { worldOf } from '../place/world.ts';
import type { DumpedMachine } from '../targets/core/open.ts';
import { coreTarget } from '../targets/core/core-target.ts';
import { factsOf } from '../verdict/facts.ts';
import type { Finished } from './scenario.ts';

/** Nothing happens on a core file. */
const NO_TRACE = '0'.repeat(16);

/**
 * Has an ambulance look at the machines of a scenario that lie in core files. Nothing runs, so nothing fires, and there
 * is no hypervisor who could have noticed anything.
 */
export function runCores(
  scenario: Scenario,
  seed: number,
  machines: readonly DumpedMachine[],
  release: () => void,
): Finished {
  const ambulance = scenario.topology.ambulances[0]?.name ?? '';
  const library = scenario.library ?? NO_LIBRARY;
  const memory = scenario.budget?.memory_bytes;
  const limits = memory === undefined ? {} : { limits: { bytes: memory } };
  const reports: AmbulanceReport[] = machines.map(
    ({ patient }) => attend(patient, { ambulance, library, ...limits }).report,
  );
  return {
    record: {
      seed,
      duration_ns: 0,
      trace_hash: NO_TRACE,
      events: [],
      events_dropped: 0,
      receipts: [],
      reports,
      services: [],
      audit: [],
      partitions: reports.map(({ patient, health, log_tail }) => ({
        name: patient,
        health,
        heartbeats: 0,
        cpu_time_ns: 0,
        boot_complete_ns: 0,
        console: log_tail,
      })),
      twins: [],
    },
    facts: factsOf(worldOf(scenario, coreTarget(machines), seed)),
    occurrences: () => 0,
    release,
  };
}
