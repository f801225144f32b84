import { manyLines, oneLine } from './escape.ts';

/*
 * XML 1.0 text. What XML cannot hold (C0 controls, lone surrogates, U+FFFE, U+FFFF) breaks a whole file wherever it stands, and
 * guest memory holds all of it; escape.ts shows it as `\x1b`, and bidirectional controls with it. Colour never gets here.
 */
const QUOTED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const DANGEROUS = /[^\u0020-\u007e]|[&<>"]|##\[/;

/** One line in double quotes, quotes included. */
export function attribute(text: string): string {
  if (!DANGEROUS.test(text)) return `"${text}"`;
  return `"${oneLine(text).replace(/[&<>"]/g, (character) => QUOTED[character] as string)}"`;
}

/** Several lines of character data; `]]>` is split over two sections. */
export function cdata(text: string): string {
  return `<![CDATA[${manyLines(text).replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}
