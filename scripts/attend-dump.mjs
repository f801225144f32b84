// The ambulance in a process of its own: node scripts/attend-dump.mjs DUMP [DIST] prints its report on the patient in a
// dump as JSON. Memory, registers, region and what it knows of structures are all that it is given; no target is
// loaded.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [file, dist = new URL('../dist', import.meta.url).pathname] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(resolve(dist, path)).href);
const { attend } = await load('ambulance/attend.js');
const { openDump } = await load('patient/dump.js');
const { shippedLibrary } = await load('runner/library.js');

const patient = openDump(readFileSync(file));
if (typeof patient === 'string') {
  process.stderr.write(`${file}: ${patient}\n`);
  process.exitCode = 3;
} else {
  process.stdout.write(
    `${JSON.stringify(attend(patient, { ambulance: 'rescue', library: await shippedLibrary() }).report)}\n`,
  );
}
