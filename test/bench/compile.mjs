// Warm compilation in MB/s beside the same parser alone, recovery and all.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './processes.mjs';
import { writeSpecs } from './scenarios.mjs';

const ROUNDS = 15;
/** The engine goes on optimizing the checker, whose functions are many and short, for some ten rounds. */
const WARM_UP = 10;

export async function compileRates() {
  const { compile } = await import('../../dist/language/compile.js');
  const { parse } = await import('../../dist/language/parse.js');
  const { Problems } = await import('../../dist/language/problems.js');
  const { shippedLibrary } = await import('../../dist/runner/library.js');
  const library = await shippedLibrary();
  const directory = mkdtempSync(join(tmpdir(), 'siren-bench-'));
  const texts = writeSpecs(directory);
  rmSync(directory, { recursive: true, force: true });
  const encoder = new TextEncoder();
  const bytes = new Map([...texts].map(([name, text]) => [name, encoder.encode(text)]));
  const host = {
    read: (file) =>
      bytes.has(file) ? { ok: true, bytes: bytes.get(file) } : { ok: false, reason: 'missing' },
  };
  const files = [...texts.keys()].filter((name) => name.includes('part-'));
  let total = 0;
  for (const one of bytes.values()) total += one.length;
  const time = (work) => {
    const started = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - started) / 1e9;
  };
  const compiling = [];
  const parsing = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const whole = time(() => {
      const { diagnostics } = compile(files, host, { library });
      if (diagnostics.length > 0)
        throw new Error(`the bench's own specs have errors: ${diagnostics[0].message}`);
    });
    const alone = time(() => {
      for (const [name, text] of texts) parse(name, text, new Problems());
    });
    if (round < WARM_UP) continue;
    compiling.push(whole);
    parsing.push(alone);
  }
  return {
    megabytes: total / 1e6,
    compile_mb_s: total / 1e6 / median(compiling),
    parser_mb_s: total / 1e6 / median(parsing),
    ratio: median(parsing) / median(compiling),
  };
}
