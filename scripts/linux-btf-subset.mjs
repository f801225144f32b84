// A part of a BTF blob that is whole in itself: the structs that are asked for, everything that lies in them by value,
// and of what they point at only the name. The words of a type stay as the kernel's build made them; only the numbers
// of types and strings are new.
const POINTER = 2;
const FORWARD = 7;
const PROTOTYPE = 13;
const WORDS = 3;

/** Where, in the words of a type, there are numbers of types and offsets of strings; by kind. */
function references(kind, vlen) {
  const each = (size, ...offsets) =>
    Array.from({ length: vlen }, (_, index) => offsets.map((offset) => WORDS + index * size + offset)).flat();
  switch (kind) {
    case 2:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 18:
      return { types: [2], strings: [] };
    case 3:
      return { types: [WORDS, WORDS + 1], strings: [] };
    case 4:
    case 5:
      return { types: each(3, 1), strings: each(3, 0) };
    case 6:
      return { types: [], strings: each(2, 0) };
    case 13:
      return { types: [2, ...each(2, 1)], strings: each(2, 0) };
    case 19:
      return { types: [], strings: each(3, 0) };
    default:
      return { types: [], strings: [] };
  }
}

/** `btf` is the opened `blob`; `names` are structs. */
export function subsetBtf(blob, btf, names) {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const header_bytes = view.getUint32(4, true);
  const strings_at = header_bytes + view.getUint32(16, true);
  const starts = typeStarts(view, header_bytes, btf.count);
  const numbers = new Map([[0, 0]]);
  const types = [];
  const strings = new Map([[0, 0]]);
  const text = [Buffer.from([0])];
  let text_bytes = 1;

  const string = (offset) => {
    if (!strings.has(offset)) {
      const end = blob.indexOf(0, strings_at + offset);
      const bytes = Buffer.from(blob.subarray(strings_at + offset, end + 1));
      strings.set(offset, text_bytes);
      text.push(bytes);
      text_bytes += bytes.length;
    }
    return strings.get(offset);
  };
  const wordsOf = (id) => {
    const end = starts[id] ?? header_bytes + view.getUint32(12, true);
    const words = [];
    for (let at = starts[id - 1]; at < end; at += 4) words.push(view.getUint32(at, true));
    return words;
  };
  const take = (id, behind_pointer) => {
    const words = wordsOf(id);
    const kind = (words[1] >>> 24) & 0x1f;
    // What a pointer leads to is named and no more: with it the whole kernel would follow.
    const named_only = behind_pointer && words[0] !== 0 && (kind === 4 || kind === 5);
    const qualifier = kind === 9 || kind === 10 || kind === 11 || kind === 18;
    const key = named_only || (behind_pointer && qualifier) ? -id : id;
    if (id === 0 || numbers.has(key)) return id === 0 ? 0 : numbers.get(key);
    const number = types.push([]);
    numbers.set(key, number);
    words[0] = string(words[0]);
    if (named_only) {
      types[number - 1] = [words[0], ((FORWARD << 24) | (kind === 5 ? 0x8000_0000 : 0)) >>> 0, 0];
      return number;
    }
    const { types: at, strings: names_at } = references(kind, words[1] & 0xffff);
    const pointing = kind === POINTER || kind === PROTOTYPE || (behind_pointer && qualifier);
    for (const index of at) words[index] = take(words[index], pointing);
    for (const index of names_at) words[index] = string(words[index]);
    types[number - 1] = words;
    return number;
  };
  for (const name of names) take(btf.find('struct', name), false);

  const type_words = types.flat();
  const head = Buffer.alloc(24);
  head.writeUInt16LE(0xeb9f, 0);
  head[2] = 1;
  [24, 0, type_words.length * 4, type_words.length * 4, text_bytes].forEach((word, index) =>
    head.writeUInt32LE(word, 4 + index * 4),
  );
  const body = Buffer.alloc(type_words.length * 4);
  type_words.forEach((word, index) => body.writeUInt32LE(word, index * 4));
  return Buffer.concat([head, body, ...text]);
}

function typeStarts(view, header_bytes, count) {
  const trailing = (kind, vlen) =>
    ({
      1: 4,
      3: 12,
      4: 12 * vlen,
      5: 12 * vlen,
      6: 8 * vlen,
      13: 8 * vlen,
      14: 4,
      15: 12 * vlen,
      17: 4,
      19: 12 * vlen,
    })[kind] ?? 0;
  const starts = [];
  for (let at = header_bytes + view.getUint32(8, true); starts.length < count;) {
    starts.push(at);
    const info = view.getUint32(at + 4, true);
    at += 12 + trailing((info >>> 24) & 0x1f, info & 0xffff);
  }
  return starts;
}
