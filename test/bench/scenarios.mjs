// Two thousand scenarios written out one by one, and the peer's two thousand of three empty steps.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SCENARIOS = 2000;
const FILES = 20;

const TOPOLOGY = `topology pair {
  machine { cpus 0..4; memory 256 MiB; block disk0; network eth0 }
  lpar web {
    owns cpus 0..1
    owns memory 64 MiB
    owns device disk0
    shares device eth0
    kernel linux { workload web_server; heartbeat 10 ms by fork }
  }
  lpar db {
    owns cpus 2..3
    owns memory 64 MiB
    shares device eth0
    kernel linux { workload database; heartbeat 10 ms by fork }
  }
  ambulance rescue { owns cpus 4; owns memory 32 MiB; attends web, db }
}
`;

/** Four faults, each with the verdict that must be reached; \`at\` differs from scenario to scenario. */
const FAULTS = [
  {
    action: 'leak web.locks["tasklist_lock"] mode write',
    verdict: 'web.locks is corrupt with LOCK_NO_HOLDER at web.locks["tasklist_lock"]',
    summoned: false,
  },
  {
    action: 'set web.tasks["nginx"].tasks.next to 0xdead_0000_0000_0100',
    verdict: 'web.tasks is corrupt with LIST_NEXT_POISON at web.tasks["nginx"].tasks.next',
    summoned: true,
  },
  {
    action: 'set web.orders[5].qty to 5000',
    verdict: 'web.orders is corrupt with ORDER_RANGE at web.orders[5].qty',
    summoned: true,
  },
  {
    action: 'fill web.tasks["sshd"].comm with 0xff',
    verdict: 'web.tasks is corrupt with TASK_COMM at web.tasks["sshd"].comm',
    summoned: true,
  },
];

function scenario(number) {
  const fault = FAULTS[number % FAULTS.length];
  const at = 30 + (number % 8) * 2;
  const summon = fault.summoned ? `  at ${at * 1000 + 100} us: summon rescue to web for inspection\n` : '';
  return `
scenario "number ${number}" {
  uses pair
  seeds ${(number % 5) + 1}
  run 100 ms

  at ${at} ms called harm: ${fault.action}
${summon}
  expect {
    verdict   ${fault.verdict}
    verdict   others is intact
    bystander db is contained
    bystander db is undisturbed
  }
}
`;
}

/** Writes the project into \`directory\`; returns the spec files' texts by name. */
export function writeSpecs(directory) {
  mkdirSync(join(directory, 'specs'), { recursive: true });
  writeFileSync(join(directory, 'siren.yaml'), 'paths: [specs]\n');
  const texts = new Map([['specs/lib/pair.spec', TOPOLOGY]]);
  for (let file = 0; file < FILES; file++) {
    let text = 'import { pair } from "./lib/pair.spec"\n';
    for (let number = file; number < SCENARIOS; number += FILES) text += scenario(number);
    texts.set(`specs/part-${String(file).padStart(2, '0')}.spec`, text);
  }
  mkdirSync(join(directory, 'specs', 'lib'), { recursive: true });
  for (const [name, text] of texts) writeFileSync(join(directory, name), text);
  return texts;
}

/** cucumber-js finds its step definitions and itself through the project's own node_modules. */
export function writePeer(directory, nodeModules) {
  mkdirSync(join(directory, 'features', 'steps'), { recursive: true });
  let feature = 'Feature: empty\n';
  for (let number = 0; number < SCENARIOS; number++) {
    feature += `\n  Scenario: number ${number}\n    Given a\n    When b\n    Then c\n`;
  }
  writeFileSync(join(directory, 'features', 'empty.feature'), feature);
  writeFileSync(
    join(directory, 'features', 'steps', 'steps.js'),
    "const { Given, When, Then } = require('@cucumber/cucumber');\nGiven('a', () => {});\nWhen('b', () => {});\nThen('c', () => {});\n",
  );
  writeFileSync(join(directory, 'package.json'), '{}\n');
  symlinkSync(nodeModules, join(directory, 'node_modules'));
}
