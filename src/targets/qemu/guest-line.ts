import { BEAT_WORD, REGION_WORD } from './guest/init.ts';
import type { Channel } from './process/channel.ts';

/** What the guest's init says on its second serial line. */
export type GuestWord =
  | { readonly kind: 'beat' }
  /** What the hypervisor holds as its registration. */
  | { readonly kind: 'region'; readonly physical: number; readonly bytes: number };

/** Longest line that is kept while its end is awaited. */
const LINE_LIMIT = 4096;

/** The serial line on which the guest beats, and listens. */
export class GuestLine {
  readonly #channel: Channel;
  #pending = '';

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** What was said since the last time. Lines that nobody understands are passed over; a guest may say anything. */
  words(): readonly GuestWord[] {
    this.#pending += this.#channel.read() ?? '';
    const lines = this.#pending.split('\n');
    this.#pending = (lines.pop() ?? '').slice(-LINE_LIMIT);
    return lines.flatMap((line) => wordOf(line.trim()) ?? []);
  }

  /** What was said so far is of no interest. */
  skip(): void {
    this.#channel.read();
    this.#pending = '';
  }

  /** A stimulus: `exit NAME`, `panic`. */
  say(line: string): void {
    this.#channel.write(`${line}\n`);
  }
}

function wordOf(line: string): GuestWord | undefined {
  const [word = '', value = ''] = line.split(' ', 2);
  if (word === BEAT_WORD && /^\d+$/.test(value)) return { kind: 'beat' };
  if (word !== REGION_WORD || !/^[0-9a-f]{32}$/.test(value)) return undefined;
  // struct FWCfgVMCoreInfo: host_format and guest_format (u16), size (u32), paddr (u64), little-endian; guest_format 1
  // is an ELF note.
  const record = Buffer.from(value, 'hex');
  if (record.readUInt16LE(2) !== 1) return undefined;
  return { kind: 'region', physical: Number(record.readBigUInt64LE(8)), bytes: record.readUInt32LE(4) };
}
