import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** One guest and its rescuer: the least that can run. */
export const SOLO = `topology solo {
  machine { cpus 0..2; memory 128 MiB; block disk0; network eth0 }
  lpar web {
    owns cpus 0..1
    owns memory 64 MiB
    owns device disk0
    kernel linux { workload web_server; heartbeat 5 ms by fork }
  }
  ambulance rescue { owns cpus 2; owns memory 32 MiB; attends web }
}
`;

/** Makes a project in a new folder; returns the folder. */
export function makeProject(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'siren-project-')));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

/** A scenario that ends as \`outcome\` says. */
export function scenarioText(name: string, outcome: 'pass' | 'fail', more = '', length = '20 ms'): string {
  return `
scenario "${name}" {
  uses solo
  run ${length}
${more === '' ? '' : `  ${more}\n`}
  expect { guest web is ${outcome === 'pass' ? 'healthy' : 'panicked'} }
}
`;
}
