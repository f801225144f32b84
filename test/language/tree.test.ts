import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lex } from '../../src/language/lex.ts';
import { parse } from '../../src/language/parse.ts';
import { Problems } from '../../src/language/problems.ts';
import { Source } from '../../src/text/source.ts';

const FOLDER = join(import.meta.dirname, 'good');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.spec'));

/** `3:5 Word web`: line and column, the token's name, what is written. */
function tokens(file: string, text: string): string {
  const source = new Source(file, text);
  return lex(file, text, new Problems())
    .tokens.map(({ startOffset, tokenType, image }) => {
      const { line, column } = source.position(startOffset);
      return `${line}:${column} ${tokenType.name} ${image === '\n' ? '\\n' : image}\n`;
    })
    .join('');
}

/** One node a line, with what it is made of set in below it: `phrase [12..40]`. */
function outline(value: unknown, name: string, depth: number): string {
  const at = `${'  '.repeat(depth)}${name}`;
  if (Array.isArray(value))
    return value.length === 0
      ? `${at} []\n`
      : value.map((one, index) => outline(one, `${name}[${index}]`, depth)).join('');
  if (typeof value !== 'object' || value === null) return `${at} ${String(value)}\n`;
  const { kind, start, end, ...parts } = value as Record<string, unknown>;
  const span = start === undefined ? '' : ` [${String(start)}..${String(end)}]`;
  const inner = Object.entries(parts).filter(([, part]) => part !== undefined);
  const only = inner[0];
  if (inner.length === 1 && only !== undefined && typeof only[1] === 'string')
    return `${at} ${kind === undefined ? '' : `${String(kind)} `}${JSON.stringify(only[1])}${span}\n`;
  const head = `${at}${kind === undefined ? '' : ` ${String(kind)}`}${span}\n`;
  return head + inner.map(([key, part]) => outline(part, key, depth + 1)).join('');
}

describe('a good spec', () => {
  it.each(files)('%s has its tokens and its tree', async (name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    const { tree, whole } = parse(name, text, new Problems());
    expect(whole).toBe(true);
    await expect(tokens(name, text)).toMatchFileSnapshot(join(FOLDER, name.replace('.spec', '.tokens.txt')));
    await expect(outline(tree.declarations, 'declarations', 0)).toMatchFileSnapshot(
      join(FOLDER, name.replace('.spec', '.tree.txt')),
    );
  });
});
