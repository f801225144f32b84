import type { Leb } from './leb128.ts';
import { leb, readLeb } from './leb128.ts';
import type { Instruction } from './opcodes.ts';
import { CODE_LIMIT, INSTRUCTION_NAMES, INSTRUCTIONS } from './opcodes.ts';

/**
 * Locator code as text: instructions with at most one operand, apart by newlines or semicolons; `NAME:` is a place to
 * go to; `#` begins a comment. Operands are numbers (decimal, 0x), texts (bare words) or, behind `branch` and `loop`,
 * names of places or bytes of the code. `byte N …` stands for bytes that are no instruction. `.BLOCK` begins another
 * block of the entry; without it the text is `roots`.
 */
export interface Assembled {
  readonly ok: true;
  readonly blocks: ReadonlyMap<BlockName, Uint8Array>;
  /** The table that was given, and behind it what else the code names. */
  readonly texts: readonly string[];
}

/** Why a text is no code, and where in it. */
export interface NotAssembled {
  readonly ok: false;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The pieces of code of an entry. `roots` gives where the shape begins; `guard`, `length`, `first` and `last` leave a
 * value, with the root's object as `element`; `step` gives what follows its element; `link` leaves the offset of the
 * link in an element.
 */
export const BLOCKS = ['roots', 'guard', 'step', 'length', 'first', 'last', 'link'] as const;
export type BlockName = (typeof BLOCKS)[number];

/** What an entry's texts are made of. */
export const TEXT: RegExp = /^[A-Za-z_.$*][\w.$*[\]/:-]{0,126}$/;

const NUMBER = /^(?:0x[0-9a-f]{1,16}|\d{1,20})$/i;
const LABEL = /^[A-Za-z_]\w*$/;
const LINES_LIMIT = 2048;

interface Line {
  readonly words: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** Code of a text. `texts` are those that the entry has already: they keep their places. */
export function assemble(source: string, texts: readonly string[] = []): Assembled | NotAssembled {
  const table = [...texts];
  const blocks = new Map<BlockName, Uint8Array>();
  let name: BlockName = 'roots';
  let lines: Line[] = [];
  const close = (): NotAssembled | undefined => {
    if (lines.length === 0) return undefined;
    const code = assembleBlock(lines, table);
    if (!(code instanceof Uint8Array)) return code;
    blocks.set(name, code);
    return undefined;
  };
  for (const line of linesOf(source)) {
    const [first = ''] = line.words;
    if (!first.startsWith('.')) {
      lines.push(line);
      continue;
    }
    const known = BLOCKS.find((block) => `.${block}` === first);
    if (known === undefined || line.words.length > 1) return not(line, `there is no block ${first}`);
    const problem = close();
    if (problem) return problem;
    if (blocks.has(known)) return not(line, `${first} is there twice`);
    name = known;
    lines = [];
    // A block that is named and empty takes the place of one that is there.
    blocks.set(known, new Uint8Array(0));
  }
  const problem = close();
  if (problem) return problem;
  if (blocks.size === 0)
    return { ok: false, message: 'there is no instruction', start: 0, end: source.length };
  return { ok: true, blocks, texts: table };
}

function* linesOf(source: string): Generator<Line> {
  const pattern = /[^\n;]+/g;
  for (let count = 0; count < LINES_LIMIT; count++) {
    const match = pattern.exec(source);
    if (!match) return;
    const bare = match[0].replace(/#.*$/, '');
    const words = bare.split(/\s+/).filter((word) => word !== '');
    const start = match.index + (bare.length - bare.trimStart().length);
    if (words.length > 0) yield { words, start, end: match.index + bare.trimEnd().length };
  }
}

type Piece =
  | { readonly kind: 'bytes'; readonly bytes: readonly number[] }
  | { readonly kind: 'jump'; readonly code: number; readonly to: string; readonly line: Line };

function assembleBlock(lines: readonly Line[], table: string[]): Uint8Array | NotAssembled {
  const pieces: Piece[] = [];
  const labels = new Map<string, number>();
  for (const line of lines) {
    const [first = '', ...operands] = line.words;
    if (first.endsWith(':')) {
      const label = first.slice(0, -1);
      if (!LABEL.test(label) || operands.length > 0) return not(line, `${first} is no name of a place`);
      if (labels.has(label)) return not(line, `${label} is there twice`);
      labels.set(label, pieces.length);
      continue;
    }
    const piece = pieceOf(line, first, operands, table);
    if (!('kind' in piece)) return piece;
    pieces.push(piece);
  }
  return placed(pieces, labels);
}

function pieceOf(
  line: Line,
  first: string,
  operands: readonly string[],
  table: string[],
): Piece | NotAssembled {
  if (first === 'byte') {
    const bytes = operands.map((word) => (NUMBER.test(word) ? Number(word) : NaN));
    const sound = bytes.length > 0 && bytes.every((byte) => byte <= 255);
    return sound ? { kind: 'bytes', bytes } : not(line, 'byte takes numbers of 0..255');
  }
  const instruction = INSTRUCTION_NAMES.get(first);
  if (!instruction) return not(line, `there is no instruction ${first}`);
  const [operand] = operands;
  if (instruction.operand === 'none') {
    return operands.length === 0
      ? { kind: 'bytes', bytes: [instruction.code] }
      : not(line, `${first} takes no operand`);
  }
  if (operand === undefined || operands.length > 1) return not(line, `${first} takes one operand`);
  return withOperand(line, instruction, operand, table);
}

function withOperand(
  line: Line,
  instruction: Instruction,
  operand: string,
  table: string[],
): Piece | NotAssembled {
  const { code, name } = instruction;
  if (instruction.operand === 'text') {
    if (!TEXT.test(operand)) return not(line, `${name} takes a name, not ${operand}`);
    const known = table.indexOf(operand);
    const index = known >= 0 ? known : table.push(operand) - 1;
    return { kind: 'bytes', bytes: [code, ...leb(BigInt(index))] };
  }
  if (NUMBER.test(operand)) {
    const value = BigInt(operand);
    if (value > 0xffff_ffff_ffff_ffffn) return not(line, `${operand} is more than 64 bits hold`);
    return { kind: 'bytes', bytes: [code, ...leb(value)] };
  }
  if (instruction.operand === 'target' && LABEL.test(operand))
    return { kind: 'jump', code, to: operand, line };
  return not(line, `${name} takes a number, not ${operand}`);
}

/** Lays the pieces out: jumps grow until all their targets fit. */
function placed(pieces: readonly Piece[], labels: ReadonlyMap<string, number>): Uint8Array | NotAssembled {
  const sizes = pieces.map((piece) => (piece.kind === 'bytes' ? piece.bytes.length : 2));
  for (;;) {
    const starts = [0];
    for (const size of sizes) starts.push((starts.at(-1) as number) + size);
    const bytes: number[] = [];
    let grown = false;
    for (const [index, piece] of pieces.entries()) {
      if (piece.kind === 'bytes') {
        bytes.push(...piece.bytes);
        continue;
      }
      const label = labels.get(piece.to);
      if (label === undefined) return not(piece.line, `there is no place ${piece.to}`);
      const written = [piece.code, ...leb(BigInt(starts[label] as number))];
      if (written.length > (sizes[index] as number)) {
        sizes[index] = written.length;
        grown = true;
      }
      bytes.push(...written);
    }
    if (grown) continue;
    if (bytes.length > CODE_LIMIT)
      return { ok: false, message: `${bytes.length} bytes are more than ${CODE_LIMIT}`, start: 0, end: 0 };
    return Uint8Array.from(bytes);
  }
}

function not(line: Line, message: string): NotAssembled {
  return { ok: false, message, start: line.start, end: line.end };
}

/** The text of code: assembled again, with the same table, it gives the same bytes, whatever they are. */
export function disassemble(code: Uint8Array, texts: readonly string[] = []): string {
  return disassembleLines(code, texts)
    .map(({ text }) => text)
    .join('\n');
}

/** One line for each instruction, with the byte at which it begins. */
export function disassembleLines(
  code: Uint8Array,
  texts: readonly string[],
): readonly { readonly offset: number; readonly text: string }[] {
  const lines: { offset: number; text: string }[] = [];
  const operand: Leb = { low: 0, high: 0, next: 0 };
  for (let at = 0; at < code.length;) {
    const instruction = INSTRUCTIONS[code[at] as number];
    let end = at + 1;
    let text: string | undefined = instruction?.name;
    if (instruction && instruction.operand !== 'none') {
      const read = readLeb(code, at + 1, code.length, operand);
      end = read ? operand.next : at + 1;
      const value = read ? (BigInt(operand.high) << 32n) | BigInt(operand.low) : undefined;
      const said = value === undefined ? undefined : operandText(instruction, value, texts);
      const shortest = value !== undefined && leb(value).length === end - at - 1;
      text = said !== undefined && shortest ? `${instruction.name} ${said}` : undefined;
    }
    lines.push({
      offset: at,
      text:
        text ??
        `byte ${[...code.subarray(at, end)].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ')}`,
    });
    at = end;
  }
  return lines;
}

function operandText(instruction: Instruction, value: bigint, texts: readonly string[]): string | undefined {
  if (instruction.operand === 'target') return value.toString();
  if (instruction.operand === 'number') return value < 65_536n ? value.toString() : `0x${value.toString(16)}`;
  const text = texts[Number(value)];
  // A text that stands in the table twice is known by its first place.
  return text !== undefined && TEXT.test(text) && texts.indexOf(text) === Number(value) ? text : undefined;
}
