import { describe, expect, it } from 'vitest';
import { inFrame } from '../../src/language/codes/doc.ts';
import { compile } from '../../src/language/compile.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { exampleHost } from '../support/example-host.ts';

const compiled = (text: string): ReturnType<typeof compile> =>
  compile(['example.spec'], exampleHost(inFrame('scenario', text)));
const codes = (text: string): string[] => compiled(text).diagnostics.map(({ code }) => code);
const model = (text: string): Scenario => {
  const { value, diagnostics } = compiled(text);
  expect(diagnostics).toEqual([]);
  return value[0]?.scenarios[0] as Scenario;
};
const service = (...steps: string[]): string => `on rescue.diagnosed: service web {\n${steps.join('\n')}\n}`;

describe('a service', () => {
  it('is an action with its steps in order, or none by advice', () => {
    const { triggers } = model(
      service(
        'park web.cpus',
        'release web.locks["sb_lock"] only_if orphan',
        'set web.orders[3].qty to 7',
        'verify web',
        'resume web',
      ),
    );
    expect(triggers[0]?.actions.map(({ verb, steps }) => [verb, steps?.map((step) => step.verb)])).toEqual([
      ['service', ['park', 'release', 'set', 'verify', 'resume']],
    ]);
    expect(triggers[0]?.actions[0]?.steps?.[2]?.clauses['to']).toMatchObject([{ kind: 'int', value: 7n }]);
    expect(model('at 40 ms: service web by advice').triggers[0]?.actions[0]).not.toHaveProperty('steps');
    expect(model('at 40 ms: summon rescue to web for service').triggers[0]?.actions).toHaveLength(1);
  });

  it.each([
    ['park web.cpus; park web.cpus; set web.orders[3].qty to 7; verify web; resume web', 'E0528'],
    ['park web.cpus; set web.orders[3].qty to 7; verify web; verify web; resume web', 'E0528'],
    ['park web.cpus; set web.orders[3].qty to 7; resume web; verify web', 'E0527'],
    ['park web.cpus; set web.orders[3].qty to 7; resume web; resume web', 'E0528'],
    ['park web.cpus; set web.orders[3].qty to 7; resume web', 'E0529'],
    ['park web.cpus; verify web; set web.orders[3].qty to 7; resume web', 'E0529'],
    ['set web.orders[3].qty to 7; verify web; resume web', 'E0526'],
    ['park web.cpus; verify web; resume web', 'E0531'],
    ['park db.cpus; set web.orders[3].qty to 7; verify web; resume web', 'E0530'],
    ['park web.cpus; set web.orders[3].qty to 7; verify db; resume web', 'E0530'],
    ['park web; set web.orders[3].qty to 7; verify web; resume web', 'E0510'],
    ['park web.cpus; set web.cpus[0].rip to 7; verify web; resume web', 'E0510'],
    ['park web.cpus; set web.orders[3].qty; verify web; resume web', 'E0509'],
    ['park web.cpus; release web.locks["sb_lock"]; verify web; resume web', 'E0509'],
    ['park web.cpus; release web.locks["sb_lock"] only_if free; verify web; resume web', 'E0307'],
    ['park web.cpus; set web.orders[3].qty to 7 if yes; verify web; resume web', 'E0508'],
    ['park web.cpus; let x = 3; verify web; resume web', 'E0525'],
    ['park web.cpus; at 3 ms: panic web; verify web; resume web', 'E0525'],
    ['park web.cpus; set web.orders[3].qty to 7 { zero web.cpus[0].rip }; verify web; resume web', 'E0525'],
  ])('%s', (steps, code) => {
    expect(codes(service(...steps.split('; ')))).toEqual([code]);
  });

  it.each([
    ['at 40 ms: service web', 'E0531'],
    ['at 40 ms: service web by advice { park web.cpus }', 'E0531'],
    ['at 40 ms: service web by force', 'E0307'],
    ['at 40 ms: service web.cpus by advice', 'E0510'],
    [
      'change rescue { attends db }\non rescue.diagnosed: service web by advice\nexpect { guest web is healthy }',
      'E0522',
    ],
    [
      'change rescue { attends db }\nat 40 ms: service web by advice\nexpect { guest web is healthy }',
      'E0522',
    ],
    ['at 40 ms: kill web', 'E0510'],
    ['at 40 ms: kill rescue with 3', 'E0508'],
    ['at 40 ms: kill rescu', 'E0614'],
  ])('%s', (text, code) => {
    expect(codes(text)).toEqual([code]);
  });

  it("may be part of a fault of one's own", () => {
    const text =
      'import { pair } from "./machines.spec"\nfault mend(which) { service which by advice }\nscenario "s" {\n  uses pair\n  at 1 ms: mend web\n  expect { service web is declined }\n}';
    const { value, diagnostics } = compile(['example.spec'], exampleHost(text));
    expect(diagnostics).toEqual([]);
    expect(value[0]?.scenarios[0]?.triggers[0]?.actions).toMatchObject([
      { verb: 'service', from_fault: 'mend' },
    ]);
  });
});

describe('claims about rescues', () => {
  const claims = (text: string): string[] =>
    codes(`at 40 ms called mend: service web by advice\nexpect { ${text} }`);

  it.each([
    'service web is done from rescue within 10 ms of mend',
    'service web is rolled_back by verify or lease with LIST_CYCLE',
    'service web is not declined with WOULD_LOSE_DATA or NO_REPAIR',
    'guest web is healthy within 5 ms of rescue.resume',
    'guest web is healthy given rescue.write',
    'guest web.cpus is parked until rescue.release',
    'hypervisor rescue is failed by lease within 10 ms of mend',
    'hypervisor rescue is healthy; hypervisor rescue.grants is not revoked',
    'check before(rescue.attach, web.memory) == before(web.tasks["nginx"].run, web.memory)',
  ])('%s', (text) => {
    expect(claims(text)).toEqual([]);
  });

  it.each([
    ['service web is finished', 'E0702'],
    ['service web.tasks is done', 'E0712'],
    ['service rescue is done', 'E0712'],
    ['service web is done by heartbeats', 'E0703'],
    ['service web is done with NO_SUCH', 'E0704'],
    ['service web is done from web', 'E0719'],
    ['service web is done at web.tasks["nginx"].pid', 'E0508'],
    ['service db is done', 'E0730'],
    ['guest web is healthy within 5 ms of rescue.resumes', 'E0506'],
    ['guest web is healthy within 5 ms of web.disk0.attach', 'E0506'],
    ['hypervisor rescue is parked', 'E0702'],
    ['hypervisor rescue.grants is failed', 'E0702'],
    ['hypervisor rescue.findings is revoked', 'E0712'],
    ['check before(web, web.memory) == before(rescue.attach, web.memory)', 'E0506'],
    ['check before(3 ms, web.memory) == web.memory', 'E0506'],
  ])('%s', (text, code) => {
    expect(claims(text)).toEqual([code]);
  });
});

it('a row of a table that orders no service may leave the claim out', () => {
  const text = (condition: string): string =>
    `import { pair } from "./machines.spec"\nscenario "{asked}" for asked in [true, false] {\n  uses pair\n  at 40 ms: service web by advice if asked\n  at 41 ms: panic web\n  expect { service web is declined${condition}; verdict web.* is any }\n}`;
  const told = (condition: string): string[] =>
    compile(['example.spec'], exampleHost(text(condition))).diagnostics.map(({ code }) => code);
  expect(told(' if asked')).toEqual([]);
  expect(told('')).toEqual(['E0730']);
});

describe('an ambulance', () => {
  const party = (text: string): ReturnType<typeof compile> =>
    compiled(`change rescue { ${text} }\nat 40 ms: summon rescue to web`);

  it('stands by when it says so', () => {
    const standby = (text: string): unknown =>
      party(text).value[0]?.scenarios[0]?.topology.ambulances[0]?.standby;
    expect([standby('standby yes'), standby('standby no'), standby('attends web')]).toEqual([
      true,
      undefined,
      undefined,
    ]);
    expect(party('standby 3').diagnostics.map(({ code }) => code)).toEqual(['E0308']);
    expect(party('standby yes; standby no').diagnostics.map(({ code }) => code)).toEqual(['E0310']);
  });
});
