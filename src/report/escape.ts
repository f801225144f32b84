/**
 * Characters that must never reach a terminal, a log or a page as they are: C0 and C1 controls, DEL, bidirectional controls (they
 * reorder what a reader sees), line and paragraph separators, the byte-order mark, non-characters and lone surrogates.
 * Guest memory ends up in messages, so all of these will happen.
 */
const HOSTILE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|##\[/g;

/** `\x1b`, `\u202e`: how one UTF-16 unit is shown when it must not be itself. */
function shown(character: string): string {
  // `##[` starts a command in the log of GitHub Actions wherever it stands in a line.
  if (character === '##[') return '#\\x23[';
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** One line: every hostile character, line ends and tabs among them, is shown as an escape. */
export function oneLine(text: string): string {
  return text.replace(HOSTILE, shown);
}

/** Several lines: as `oneLine`, but line feeds and tabs stay. `\r\n` becomes `\n`; a line that would be a command to GitHub is none. */
export function manyLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(HOSTILE, (character) =>
      character === '\n' || character === '\t' ? character : shown(character),
    )
    .replace(/^([ \t]*):(?=:)/gm, String.raw`$1\x3a`);
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
