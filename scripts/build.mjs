// Compiles src/ and copies what the built program reads beside it. The new dist/ takes the place of the old one at the
// end, so that a build which is stopped or fails leaves a program that runs. The library of structures is compiled
// here, so that no run has to.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ASSET = /\.(css|js|json)$/;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const fresh = join(root, `dist.${process.pid}.tmp`);
const old = `${fresh}.old.tmp`;

try {
  const compile = [tsc, '-p', join(root, 'tsconfig.json'), '--outDir', fresh];
  execFileSync(process.execPath, compile, { stdio: 'inherit' });
  for (const name of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!ASSET.test(name) || name.endsWith('tsconfig.json')) continue;
    mkdirSync(dirname(join(fresh, name)), { recursive: true });
    cpSync(join(root, 'src', name), join(fresh, name));
  }
  bundleParser();
  await writeLibrary();
  try {
    renameSync(join(root, 'dist'), old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  renameSync(fresh, join(root, 'dist'));
} catch (error) {
  // The compiler has said what is wrong.
  if (error.status === undefined) throw error;
  process.exitCode = 1;
} finally {
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
}

/** The bundle that chevrotain ships, in place of the module that imports it: one file to load, not 700. */
function bundleParser() {
  const { resolve } = createRequire(import.meta.url);
  const library = dirname(dirname(dirname(resolve('chevrotain'))));
  const { version, license } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
  const notice = `// chevrotain ${version}, ${license}: see LICENSE.txt in that package. With lodash-es, MIT.\n`;
  const bundle = readFileSync(join(library, 'lib', 'chevrotain.mjs'), 'utf8');
  writeFileSync(join(fresh, 'language', 'chevrotain.js'), notice + bundle);
}

/** specs/lib as data. What is wrong in it fails the build. */
async function writeLibrary() {
  const { compileLibrary, encodeLibrary } = await import(pathToFileURL(join(fresh, 'runner', 'library.js')));
  const { library, diagnostics } = await compileLibrary(root);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  for (const { code, message, labels } of errors) {
    console.error(`error[${code}]: ${message} (${labels[0]?.span.file ?? ''})`);
  }
  if (errors.length > 0) throw Object.assign(new Error('the library has errors'), { status: 1 });
  writeFileSync(join(fresh, 'library.json'), encodeLibrary(library));
}
