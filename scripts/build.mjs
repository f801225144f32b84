// Compiles src/ to dist/ and copies the few files that are not TypeScript.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' });
for (const asset of ['report/html/report.css', 'report/html/report.js']) {
  try {
    cpSync(join(root, 'src', asset), join(root, 'dist', asset));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
