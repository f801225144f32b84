/** One-line mutations of how a kernel's own formats are read and written, each with the test that must notice it. */
export const mutants = [
  { id: 'crc-of-the-rest', file: 'src/formats/crc32c.ts', from: 'return ~crc >>> 0;', to: 'return crc >>> 0;', killer: 'test/formats/crc32c.test.ts' },
  { id: 'crc-goes-on', file: 'src/formats/crc32c.ts', from: 'let crc = ~previous;', to: 'let crc = ~0;', killer: 'test/formats/crc32c.test.ts' },
  { id: 'notes-are-padded', file: 'src/formats/notes.ts', from: 'return Math.ceil(bytes / 4) * 4;', to: 'return bytes;', killer: 'test/formats/notes.test.ts' },
  { id: 'a-note-stays-inside', file: 'src/formats/notes.ts', from: 'if (desc_end > stop) {', to: 'if (false) {', killer: 'test/formats/notes.test.ts' },
  { id: 'a-seal-is-compared', file: 'src/formats/region.ts', from: 'const seal_holds = expected_seal === view.getUint32(SEAL_AT, true);', to: 'const seal_holds = true;', killer: 'test/formats/region.test.ts' },
  { id: 'region-version', file: 'src/formats/region.ts', from: 'if (version !== REGION_VERSION)', to: 'if (version < REGION_VERSION)', killer: 'test/formats/region.test.ts' },
  { id: 'padding-is-no-entry', file: 'src/formats/region.ts', from: "const found = notes.findIndex((note) => note.name === '');", to: 'const found = -1;', killer: 'test/formats/region.test.ts' },
  { id: 'absent-entries-end-a-walk', file: 'src/formats/page-tables.ts', from: 'if ((entry_low & PTE.PRESENT) === 0) return -level;', to: '', killer: 'test/formats/page-tables.test.ts' },
  { id: 'large-pages', file: 'src/formats/page-tables.ts', from: 'const page_bytes = level === 2 ? 0x20_0000 : 0x4000_0000;', to: 'const page_bytes = 0x20_0000;', killer: 'test/formats/page-tables.test.ts' },
  { id: 'symbols-are-hexadecimal', file: 'src/formats/vmcoreinfo.ts', from: "const number = word === 'SYMBOL' ? hexadecimal(value) : decimal(value);", to: 'const number = decimal(value);', killer: 'test/formats/vmcoreinfo.test.ts' },
  { id: 'kallsyms-symbol-below', file: 'src/formats/kallsyms.ts', from: 'if ((addresses[middle] as number) <= address) low = middle + 1;', to: 'if ((addresses[middle] as number) < address) low = middle + 1;', killer: 'test/formats/kallsyms.test.ts' },
  { id: 'arrays-have-many', file: 'src/formats/btf.ts', from: 'count *= this.#words.extra(at, 2);', to: '', killer: 'test/formats/btf.test.ts' },
  { id: 'the-first-of-a-name-counts', file: 'src/formats/region-notes.ts', from: '} else if (!described.has(decoded.value.names.name))', to: '} else', killer: 'test/formats/region.test.ts' },
  { id: 'a-core-is-a-core', file: 'src/formats/elf-core.ts', from: 'if (view.getUint16(16, true) !== ET_CORE)', to: 'if (false)', killer: 'test/formats/elf-core.test.ts' },
]; // prettier-ignore
