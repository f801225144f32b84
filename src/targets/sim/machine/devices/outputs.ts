import { TraceHash } from '../trace-hash.ts';

/** Something that left a partition: bytes on the console, a frame, a sector on a disk, a message in shared memory. */
export interface Output {
  /** Internal time. */
  readonly time: number;
  /** Device name; 'console' for the console hypercall; the name of a shared region. */
  readonly device: string;
  readonly what: 'text' | 'frame' | 'sector' | 'message';
  /** Sector number, kind of a message; else 0. */
  readonly at: number;
  readonly bytes: number;
  readonly hash: string;
}

/** Outputs kept one by one; those after it only count in the hash. */
const OUTPUTS_KEPT = 4_096;
const TEXT_KEPT = 65_536;

/** Outputs as plain data. */
export interface SavedOutputs {
  readonly kept: readonly Output[];
  readonly count: number;
  readonly text: string;
  readonly hash: { readonly a: number; readonly b: number };
}

/** All that one partition put out, in order: what a run is compared by with its twin. */
export class Outputs {
  readonly kept: Output[] = [];
  count = 0;
  readonly hash: TraceHash = new TraceHash();
  /** Console text, the first 64 KiB. */
  text = '';

  add(time: number, device: string, what: Output['what'], at: number, bytes: Uint8Array): void {
    const content = new TraceHash();
    content.bytes(bytes);
    this.count++;
    this.hash.number(time);
    this.hash.text(device);
    this.hash.number(at);
    this.hash.word(content.a);
    this.hash.word(content.b);
    if (what === 'text' && this.text.length < TEXT_KEPT)
      this.text += latin1(bytes.subarray(0, TEXT_KEPT - this.text.length));
    if (this.kept.length < OUTPUTS_KEPT)
      this.kept.push({ time, device, what, at, bytes: bytes.length, hash: content.hex() });
  }

  fork(): Outputs {
    const child = new Outputs();
    child.restore(this);
    return child;
  }

  restore(from: SavedOutputs): void {
    for (const output of from.kept) this.kept.push(output);
    this.count = from.count;
    this.text = from.text;
    this.hash.a = from.hash.a;
    this.hash.b = from.hash.b;
  }
}

/** A byte, a character: guest text is whatever it is. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
