/*
 * Writes every report of the fixture outcomes into a folder, to be looked at:
 *   node test/support/sample-report.mjs FOLDER [number of runs]
 * The same page with real data is what `siren run` writes to reports/report.html.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const [folder, count] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node test/support/sample-report.mjs FOLDER [RUNS]');
  process.exit(3);
}
mkdirSync(folder, { recursive: true });
const { module } = await runnerImport(fileURLToPath(new URL('sample-report.ts', import.meta.url)));
await module.writeSample(folder, Number(count ?? 0));
console.log(`written: ${join(folder, 'report.html')}, junit.xml, results.json, console.txt, summary.md`);
