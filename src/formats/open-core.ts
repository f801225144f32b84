import type { CoreFile, SourceFile } from './core-file.ts';
import { openElfCore } from './elf-core.ts';
import { isFlattened, openFlattened } from './flattened.ts';
import type { Inflate } from './kdump.ts';
import { isKdump, openKdump } from './kdump.ts';
import type { Result } from './result.ts';
import { failure, success } from './result.ts';

/** Opens a file that holds a machine's memory, whatever its format. Only what says where things are is read. */
export function openCoreFile(file: SourceFile, inflate: Inflate): Result<CoreFile> {
  if (file.bytes === 0) return failure('TRUNCATED', 'the file is empty');
  if (isFlattened(file)) return openFlat(file, inflate);
  if (isKdump(file)) return openKdump(file, inflate);
  const magic = new Uint8Array(4);
  if (file.read(0, magic) && Buffer.from(magic).toString('latin1') !== '\x7fELF') {
    return failure('MALFORMED', 'neither an ELF core nor a kdump-compressed dump');
  }
  return openElfCore(file);
}

function openFlat(file: SourceFile, inflate: Inflate): Result<CoreFile> {
  const flat = openFlattened(file);
  if (!flat.ok) return flat;
  const opened = isKdump(flat.value) ? openKdump(flat.value, inflate) : openElfCore(flat.value);
  if (!opened.ok) return opened;
  const { format, shortcomings } = opened.value;
  const cut =
    flat.value.whole || shortcomings.length > 0 ? [] : ['the file is cut short: its last record is missing'];
  return success({
    ...opened.value,
    format: `${format}, flattened`,
    shortcomings: [...shortcomings, ...cut],
  });
}
