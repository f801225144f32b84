/**
 * A stretch of a source file, as plain data (it crosses threads with the model): `file` is relative to the project's
 * root with `/` between folders; `start` and `end` are UTF-16 offsets, `end` exclusive.
 */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}
