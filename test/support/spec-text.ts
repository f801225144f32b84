import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Simulation } from '../../src/execute/simulation.ts';
import { Run } from '../../src/execute/run.ts';
import type { TwinLine } from '../../src/execute/twin-line.ts';
import { Injector } from '../../src/fault/injector.ts';
import { compile } from '../../src/language/compile.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { REPOSITORY } from './built.ts';
import { SHIPPED } from './library.ts';
import { memoryHost } from './memory-host.ts';

const MACHINES = 'specs/lib/machines.spec';

/** The one scenario of a text that may use the shipped topologies by name. */
export function scenarioOf(body: string): Scenario {
  const [scenario] = scenariosOf(body);
  if (scenario === undefined) throw new Error('there is no scenario');
  return scenario;
}

/** The scenarios of such a text, in their order. */
export function scenariosOf(body: string): readonly Scenario[] {
  const text = `import { two_partitions, three_sharing } from "./lib/machines.spec"\n${body}`;
  const host = memoryHost({
    'specs/a.spec': text,
    [MACHINES]: readFileSync(join(REPOSITORY, MACHINES), 'utf8'),
  });
  const { value, diagnostics } = compile(['specs/a.spec'], host, { library: SHIPPED });
  const wrong = diagnostics.filter((one) => one.severity === 'error');
  if (wrong.length > 0) throw new Error(wrong.map((one) => `${one.code} ${one.message}`).join('\n'));
  return (value[0]?.scenarios ?? []).map((scenario) => ({ ...scenario, library: SHIPPED }));
}

export interface Broken {
  readonly run: Run<Simulation>;
  readonly injector: Injector;
}

/** A scenario's machine with its faults and nobody to help, from t = 0 to just before `until_ns`. */
export function breakOnly(scenario: Scenario, line: TwinLine, until_ns: number): Broken {
  const run = new Run(line.at(0), scenario.duration_ns, []);
  const injector = new Injector({
    scenario,
    seed: 1,
    target: run.machine.target,
    twin: (now_ns) => line.at(now_ns).target,
    hooks: { summon: () => true, service: () => true, kill: () => true },
  });
  run.drive(injector);
  run.advance(until_ns);
  return { run, injector };
}
