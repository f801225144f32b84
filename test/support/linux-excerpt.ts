import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { ReadMemory } from '../../src/formats/result.ts';

const FOLDER = new URL('../fixtures/linux-6.1/', import.meta.url);

/** A little of a real Linux's memory: the pages that some look-ups read. Bytes of them that nobody read are zero. */
export interface LinuxExcerpt {
  readonly release: string;
  readonly levels: number;
  /** Text of the VMCOREINFO that the guest registered. */
  readonly vmcoreinfo: string;
  /** Guest-physical memory; only the excerpt's pages can be read. */
  readonly read: ReadMemory;
  readonly pages: ReadonlyMap<number, Uint8Array>;
  /** Of the one with five levels: its first tasks, which the other has in `expected.json`. */
  readonly tasks?: LinuxExpected['tasks'];
}

/** What the guest itself and bpftool said of it. */
export interface LinuxExpected {
  readonly release: string;
  readonly symbols: number;
  readonly addresses: Readonly<Record<string, string>>;
  readonly tasks: readonly { readonly pid: number; readonly comm: string; readonly address: string }[];
  /** Bit offset and bytes of the named members, by struct. */
  readonly members: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>>;
}

function unpack(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(name, FOLDER)));
}

export function linuxExcerpt(name: 'excerpt' | 'five-levels' = 'excerpt'): LinuxExcerpt {
  const bytes = unpack(`${name}.bin.gz`);
  const head_end = bytes.indexOf('\n');
  const head = JSON.parse(bytes.toString('utf8', 0, head_end)) as Omit<LinuxExcerpt, 'read' | 'pages'> & {
    pages: number[];
  };
  const pages = new Map(
    head.pages.map((page, index) => [page, bytes.subarray(head_end + 1 + index * 4096).subarray(0, 4096)]),
  );
  return { ...head, pages, read: pagedMemory(pages) };
}

export function linuxExpected(): LinuxExpected {
  return JSON.parse(readFileSync(new URL('expected.json', FOLDER), 'utf8')) as LinuxExpected;
}

/** A part of the kernel's BTF that is whole in itself. */
export function linuxBtf(): Uint8Array {
  return unpack('btf.bin.gz');
}

/** Memory of single pages by their number. */
export function pagedMemory(pages: ReadonlyMap<number, Uint8Array>): ReadMemory {
  return (address, into) => {
    const whole = new Uint8Array(into.length);
    for (let done = 0; done < into.length;) {
      const page = pages.get(Math.floor((address + done) / 4096));
      if (!page) return false;
      const part = page.subarray((address + done) % 4096).subarray(0, into.length - done);
      whole.set(part, done);
      done += part.length;
    }
    into.set(whole);
    return true;
  };
}
