import type { Address } from '../base/address.ts';
import { addressHex, fromHalves } from '../base/address.ts';

/**
 * VMCOREINFO: what a kernel says of itself to whoever will read its dump
 * (Documentation/admin-guide/kdump/vmcoreinfo.rst). Lines of `KEY=VALUE`; symbols in hex without 0x, everything else
 * decimal.
 */
export interface VmcoreInfo {
  readonly osrelease: string;
  /** 0 when it is not stated. */
  readonly page_bytes: number;
  /** How far KASLR moved the image, bytes; 0 when it is not stated. */
  readonly kernel_offset: Address;
  /** `SYMBOL(name)`: kernel virtual addresses. */
  readonly symbols: ReadonlyMap<string, Address>;
  /** `OFFSET(struct.field)`, bytes. */
  readonly offsets: ReadonlyMap<string, number>;
  /** `SIZE(struct)`, bytes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** `LENGTH(array)`, elements. */
  readonly lengths: ReadonlyMap<string, number>;
  /** `NUMBER(name)`, signed. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Everything else, as written: `BUILD-ID`, `CRASHTIME`, `CONFIG(x)`. */
  readonly others: ReadonlyMap<string, string>;
  /** Offsets, in characters, of lines that could not be understood. At most 16 are kept. */
  readonly malformed: readonly number[];
}

export const VMCOREINFO_NOTE = 'VMCOREINFO';
const TEXT_LIMIT = 65_536;
const LINE_LIMIT = 4_096;

/** Reads the text; what follows a NUL is ignored, what cannot be read is listed in `malformed`. Never fails. */
export function parseVmcoreInfo(input: string | Uint8Array): VmcoreInfo {
  const text = typeof input === 'string' ? input.slice(0, TEXT_LIMIT) : textOf(input);
  const symbols = new Map<string, Address>();
  const counted = {
    OFFSET: new Map<string, number>(),
    SIZE: new Map<string, number>(),
    LENGTH: new Map<string, number>(),
    NUMBER: new Map<string, number>(),
  };
  const others = new Map<string, string>();
  const malformed: number[] = [];
  let at = 0;
  for (let line = 0; line < LINE_LIMIT && at < text.length; line++) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    if (end > at && !takeLine(text.slice(at, end)) && malformed.length < 16) malformed.push(at);
    at = end + 1;
  }
  const page_bytes = decimal(others.get('PAGESIZE') ?? '');
  const kernel_offset = hexadecimal(others.get('KERNELOFFSET') ?? '');
  return {
    osrelease: others.get('OSRELEASE') ?? '',
    page_bytes: page_bytes ?? 0,
    kernel_offset: kernel_offset ?? 0,
    symbols,
    offsets: counted.OFFSET,
    sizes: counted.SIZE,
    lengths: counted.LENGTH,
    numbers: counted.NUMBER,
    others,
    malformed,
  };

  function takeLine(content: string): boolean {
    const equals = content.indexOf('=');
    if (equals <= 0) return false;
    const key = content.slice(0, equals);
    const value = content.slice(equals + 1);
    const open = key.indexOf('(');
    const word = open < 0 ? '' : key.slice(0, open);
    if (word === 'SYMBOL' || Object.hasOwn(counted, word)) {
      if (!key.endsWith(')') || key.length < open + 3) return false;
      const name = key.slice(open + 1, -1);
      const number = word === 'SYMBOL' ? hexadecimal(value) : decimal(value);
      if (number === undefined) return false;
      const into = word === 'SYMBOL' ? symbols : counted[word as keyof typeof counted];
      into.set(name, number);
      return true;
    }
    others.set(key, value);
    return true;
  }
}

/** What `writeVmcoreInfo` is given: the same facts, all of them optional but the release. */
export interface VmcoreInfoContent {
  readonly osrelease: string;
  readonly page_bytes?: number;
  readonly kernel_offset?: Address;
  readonly symbols?: Iterable<readonly [string, Address]>;
  readonly offsets?: Iterable<readonly [string, number]>;
  readonly sizes?: Iterable<readonly [string, number]>;
  readonly lengths?: Iterable<readonly [string, number]>;
  readonly numbers?: Iterable<readonly [string, number]>;
  readonly others?: Iterable<readonly [string, string]>;
}

/** The text of a note, as kernel/crash_core.c prints it. A `VmcoreInfo` can be written back as it is. */
export function writeVmcoreInfo(content: VmcoreInfoContent): string {
  let text = `OSRELEASE=${content.osrelease}\nPAGESIZE=${content.page_bytes ?? 4096}\n`;
  for (const [key, value] of content.others ?? []) {
    if (key !== 'OSRELEASE' && key !== 'PAGESIZE' && key !== 'KERNELOFFSET') text += `${key}=${value}\n`;
  }
  for (const [name, address] of content.symbols ?? []) text += `SYMBOL(${name})=${hex(address)}\n`;
  for (const [name, bytes] of content.sizes ?? []) text += `SIZE(${name})=${bytes}\n`;
  for (const [name, bytes] of content.offsets ?? []) text += `OFFSET(${name})=${bytes}\n`;
  for (const [name, count] of content.lengths ?? []) text += `LENGTH(${name})=${count}\n`;
  for (const [name, value] of content.numbers ?? []) text += `NUMBER(${name})=${value}\n`;
  return `${text}KERNELOFFSET=${hex(content.kernel_offset ?? 0)}\n`;
}

function hex(address: Address): string {
  return addressHex(address).replace(/^0+(?=.)/, '');
}

function textOf(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  const end = Math.min(nul < 0 ? bytes.length : nul, TEXT_LIMIT);
  return Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('latin1');
}

function decimal(text: string): number | undefined {
  if (/^-?\d{1,20}$/.test(text)) return Number(text);
  return /^0x[0-9a-f]{1,16}$/i.test(text) ? Number(text) : undefined;
}

function hexadecimal(text: string): Address | undefined {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  if (!/^[0-9a-f]{1,16}$/i.test(digits)) return undefined;
  return fromHalves(parseInt(digits.slice(-8), 16), parseInt(digits.slice(0, -8) || '0', 16));
}
