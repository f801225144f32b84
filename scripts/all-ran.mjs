// Exit 1 when a run was skipped or nothing passed: where everything is installed, `skipped` hides what nobody looked
// at. `node scripts/all-ran.mjs results.json`
import { readFileSync } from 'node:fs';

const { target, summary, runs } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const skipped = runs.filter(({ status }) => status === 'skipped');
for (const { scenario, reason } of skipped) console.error(`skipped on ${target}: ${scenario}: ${reason}`);
if (summary.passed === 0) console.error(`nothing passed on ${target}`);
process.exit(skipped.length > 0 || summary.passed === 0 ? 1 : 0);
