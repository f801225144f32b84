import { manyLines, oneLine } from './escape.ts';

/** One line of plain text in Markdown: nothing in it is markup, HTML, a mention or the end of a table cell. */
export function markdownText(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_{}[\]()#+!|~<>&@$-]/g, (character) => ENTITIES[character] ?? `\\${character}`)
    .replace(/:\/\//g, ':&#47;&#47;');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '@': '&#64;',
  $: '&#36;',
  '|': '&#124;',
};

/** A fenced block whose fence is longer than any run of backticks in it. */
export function codeBlock(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${manyLines(text)}\n${fence}\n`;
}
