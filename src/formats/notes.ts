import type { Failure } from './result.ts';
import { failure } from './result.ts';

/** An ELF note (gABI, "Note Section"): where it and its descriptor lie in the bytes it was read from. */
export interface Note {
  readonly name: string;
  readonly type: number;
  /** First byte of the note's header. */
  readonly start: number;
  readonly desc_start: number;
  readonly desc_end: number;
  /** First byte after the padding. */
  readonly end: number;
}

export interface Notes {
  readonly notes: readonly Note[];
  /** What ended the reading before `end`; the notes before it stand. */
  readonly failure?: Failure;
}

const HEADER_BYTES = 12;
const NAME_LIMIT = 256;

/** Reads notes from bytes[start, end), at most `limit` of them. Names and descriptors are padded to 4 bytes. */
export function readNotes(bytes: Uint8Array, start = 0, end: number = bytes.length, limit = 4096): Notes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stop = Math.min(end, bytes.length);
  const notes: Note[] = [];
  let at = start;
  while (at < stop && notes.length < limit) {
    if (stop - at < HEADER_BYTES)
      return { notes, failure: failure('TRUNCATED', 'a note header is cut short', at) };
    const name_bytes = view.getUint32(at, true);
    const desc_bytes = view.getUint32(at + 4, true);
    if (name_bytes > NAME_LIMIT) {
      return { notes, failure: failure('MALFORMED', `a note's name of ${name_bytes} bytes`, at) };
    }
    const desc_start = at + HEADER_BYTES + padded(name_bytes);
    const desc_end = desc_start + desc_bytes;
    if (desc_end > stop) {
      return { notes, failure: failure('TRUNCATED', `a note ends at ${desc_end}, the bytes at ${stop}`, at) };
    }
    const name = ascii(bytes, at + HEADER_BYTES, name_bytes);
    const next = desc_start + padded(desc_bytes);
    notes.push({ name, type: view.getUint32(at + 8, true), start: at, desc_start, desc_end, end: next });
    at = next;
  }
  return { notes };
}

export interface NoteContent {
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

/** The bytes of notes, one after the other. */
export function writeNotes(notes: readonly NoteContent[]): Uint8Array {
  let total = 0;
  for (const note of notes) total += HEADER_BYTES + padded(note.name.length + 1) + padded(note.desc.length);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const note of notes) {
    view.setUint32(at, note.name.length + 1, true);
    view.setUint32(at + 4, note.desc.length, true);
    view.setUint32(at + 8, note.type, true);
    for (let index = 0; index < note.name.length; index++) {
      bytes[at + HEADER_BYTES + index] = note.name.charCodeAt(index);
    }
    at += HEADER_BYTES + padded(note.name.length + 1);
    bytes.set(note.desc, at);
    at += padded(note.desc.length);
  }
  return bytes;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** Up to the NUL; the name's size counts it. */
function ascii(bytes: Uint8Array, start: number, length: number): string {
  let text = '';
  for (let index = start; index < start + length && bytes[index] !== 0; index++) {
    text += String.fromCharCode(bytes[index] as number);
  }
  return text;
}
