// A hook of Node's module loader: TypeScript without its types, for Nodes that do not strip them themselves.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The compiler that Vitest brings along, wherever npm has put it. */
const beside = (from, name) => createRequire(from.resolve(name));
const vite = beside(beside(createRequire(import.meta.url), 'vitest/package.json'), 'vite/package.json');
const { transformSync } = await import(pathToFileURL(vite.resolve('rolldown/utils')).href);

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const file = fileURLToPath(url);
  const { code, map, errors } = transformSync(file, await readFile(file, 'utf8'), { sourcemap: true });
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0].message}`);
  const json = Buffer.from(JSON.stringify(map)).toString('base64');
  const source = `${code}\n//# sourceMappingURL=data:application/json;base64,${json}\n`;
  return { format: 'module', source, shortCircuit: true };
}
