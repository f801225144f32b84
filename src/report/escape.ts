import { visible } from '../text/escape.ts';

/**
 * One line: every character that does not show, or reorders what does, line ends and tabs among them, is shown as an
 * escape.
 */
export function oneLine(text: string): string {
  return withoutCommands(visible(text));
}

/** Several lines: as `oneLine`, but line feeds and tabs stay. `\r\n` becomes `\n`. */
export function manyLines(text: string): string {
  return withoutCommands(text.replaceAll('\r\n', '\n').replace(/[^\n\t]+/g, visible));
}

/**
 * Nothing in the text is a command to GitHub Actions, which looks for them in all that a step prints: `##[name]`
 * anywhere in a line, `::name` at the start of one.
 */
export function withoutCommands(text: string): string {
  return text.replaceAll('##[', String.raw`#\x23[`).replace(/^([ \t]*):(?=:[A-Za-z])/gm, String.raw`$1\x3a`);
}

/** Cuts a text to `limit` UTF-16 units, never inside a surrogate pair, and says how much was left out. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit;
  return `${text.slice(0, end)} … (${text.length - end} more characters)`;
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, in an element or in a quoted attribute. */
export function htmlText(text: string): string {
  return manyLines(text).replace(/[&<>"']/g, (character) => HTML[character] as string);
}

/** JSON that is safe inside a `<script>` element: it holds no `<`, `>`, `&`, U+2028 or U+2029. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
