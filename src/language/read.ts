import type { Label } from '../text/diagnostic.ts';
import { Source } from '../text/source.ts';
import { MAX_SPEC_BYTES } from './host.ts';
import type { ReadFailure, SourceHost } from './host.ts';
import type { Problems } from './problems.ts';

const FAILURES: Readonly<Record<ReadFailure, readonly [code: string, what: string, help: string]>> = {
  missing: ['E0101', 'does not exist', 'is the name spelled as the file is?'],
  directory: ['E0102', 'is a folder', 'name a file in it'],
  too_large: [
    'E0103',
    `is larger than ${MAX_SPEC_BYTES / 1_048_576} MiB`,
    'a spec is written by people: take it apart',
  ],
  outside_root: [
    'E0104',
    "lies outside the project's root",
    'a spec reads nothing but files of its own project',
  ],
  link_outside: ['E0105', "is a link that leads out of the project's root", 'copy the file into the project'],
  unreadable: ['E0106', 'cannot be read', 'look at its permissions'],
};

/** A file's text; undefined when it is none (and that was reported, at `from` if it was imported). */
export function readSource(
  file: string,
  host: SourceHost,
  problems: Problems,
  from?: Label,
): Source | undefined {
  const result = host.read(file);
  const here = from ?? { span: { file, start: 0, end: 0 }, text: '' };
  if (!result.ok) return cannotRead(file, result.reason, here, problems);
  const { bytes } = result;
  if (bytes.length > MAX_SPEC_BYTES) return cannotRead(file, 'too_large', here, problems);
  if (bytes.includes(0))
    return noText('E0108', file, 'is binary, not text', 'a spec is a text file', here, problems);
  const text = decode(bytes);
  if (text === undefined) return noText('E0107', file, 'is not UTF-8', 'save it as UTF-8', here, problems);
  return new Source(file, text);
}

/** Reports why a file was not read. */
export function cannotRead(file: string, failure: ReadFailure, here: Label, problems: Problems): undefined {
  const [code, what, help] = FAILURES[failure];
  return noText(code, file, what, help, here, problems);
}

function noText(
  code: string,
  file: string,
  what: string,
  help: string,
  here: Label,
  problems: Problems,
): undefined {
  problems.error(code, `\`${file}\` ${what}`, [{ ...here, text: here.text || 'this file' }], help);
}

/**
 * UTF-8 to text; undefined when it is none. The strict decoder makes strings of two bytes a character, which every
 * later step pays for, so it is asked only when the lenient one had to replace something, or a file says U+FFFD.
 */
function decode(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  if (!text.includes('\ufffd')) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
