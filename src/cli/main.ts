// The first thing that runs. `--version` must cost no more than starting Node, so nothing is imported before it is
// answered.
import { readFileSync } from 'node:fs';
import * as module from 'node:module';

/** Siren's own version. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** From Node 22.1 on, compiled code is kept between starts; workers find it by the variable. */
function keepCompiledCode(): void {
  const { enableCompileCache, getCompileCacheDir } = module as {
    enableCompileCache?: () => unknown;
    getCompileCacheDir?: () => string | undefined;
  };
  enableCompileCache?.();
  const folder = getCompileCacheDir?.();
  if (folder !== undefined) process.env['NODE_COMPILE_CACHE'] ??= folder;
}

async function main(words: readonly string[]): Promise<number> {
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  keepCompiledCode();
  const { runProgram } = await import('./program.ts');
  return runProgram(words, version());
}

/** What a user can do about a mistake of ours; the stack only for who asks for it. */
function lastResort(error: unknown): void {
  const message = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  const stack = process.env['SIREN_DEBUG'] !== undefined && error instanceof Error ? `${error.stack}\n` : '';
  process.stderr.write(
    `siren itself failed: ${message}\n${stack}` +
      `  This is a mistake in Siren, not in your specs. Please report it with the command and the specs that lead here;\n` +
      `  SIREN_DEBUG=1 prints where it happened.\n`,
  );
}

// A reader that goes away (`siren list | head`, a closed terminal) is no reason to fail. A full disk behind `>` is one,
// and none to leave the reports unwritten.
let unwritten = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO' || unwritten) return;
    unwritten = true;
    if (stream === process.stdout) process.stderr.write(`error: cannot write the output: ${error.message}\n`);
  });
}
process.on('exit', () => {
  if (unwritten) process.exitCode = 4;
});
process.on('uncaughtException', (error) => {
  lastResort(error);
  process.exit(4);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  lastResort(error);
  process.exitCode = 4;
}
