import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The browser's modules, each after those it imports. */
const MODULES: readonly string[] = [
  'dom',
  'topology',
  'labels',
  'lanes',
  'timeline',
  'memory',
  'source',
  'rescue',
  'service',
  'run',
  'page',
];

export interface Assets {
  readonly style: string;
  readonly script: string;
  /** Contents of the page's Content-Security-Policy: this style and this script, and nothing else from anywhere. */
  readonly policy: string;
}

/** Reads the style and joins the modules into one script. The page needs nothing beside it. */
export function readAssets(): Assets {
  const style = read('report.css');
  const script = `'use strict';\n${MODULES.map(plainScript).join('\n')}`;
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return { style, script, policy };
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

/**
 * One module as a function that is called at once: its imports become the other functions' results, its exports its
 * own. The modules keep to the few forms that this reads: `import { names } from './module.js';` and `export function`
 * or `export class`.
 */
function plainScript(name: string): string {
  const module = read(`browser/${name}.js`);
  const exported = [...module.matchAll(/^export (?:function|class|const) (\w+)/gm)].map(([, word]) => word);
  const body = module
    .replace(/^import (\{[^}]*\}) from '\.\/(\w+)\.js';$/gm, 'const $1 = $2;')
    .replace(/^export /gm, '');
  return `const ${name} = (() => {\n${body}return { ${exported.join(', ')} };\n})();`;
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
