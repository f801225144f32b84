import { randomBytes } from 'node:crypto';
import { appendFile, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A report that could not be written. Fails the run with exit code 4. */
export class ReportWriteError extends Error {
  override name = 'ReportWriteError';
  readonly file: string;

  constructor(file: string, cause: unknown) {
    super(`cannot write the report ${file}: ${reason(cause)}`, { cause });
    this.file = file;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder cannot be made; choose another folder with --reports',
  EACCES: 'permission denied; choose another folder with --reports or change its permissions',
  EPERM: 'the system forbids it; choose another folder with --reports',
  EROFS: 'the file system is read-only; choose another folder with --reports',
  ENOSPC: 'no space is left on the device; free some or choose another folder with --reports',
  EDQUOT: 'the disk quota is used up; free some space or choose another folder with --reports',
  EISDIR: 'a folder of that name is in the way; remove it or choose another name',
  ENOTDIR: 'a part of its path is a file, not a folder; remove that file or choose another folder',
  EEXIST: 'a part of its path is a file, not a folder; remove that file or choose another folder',
  ENOTEMPTY: 'a folder of that name is in the way; remove it or choose another name',
};

function reason(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return REASONS[code] ?? `the system said ${code}`;
  return cause instanceof Error ? cause.message : String(cause);
}

export interface WriteOptions {
  /** Wait until the bytes are on the disk before the rename. Default false: a killed run still leaves no half file. */
  readonly sync?: boolean;
}

/**
 * Writes a whole file or nothing: to a new name in the same folder (made when it is missing), then a rename. Whatever
 * kills the run, a reader sees the old file or the new one. Rejects with ReportWriteError, the temporary file removed.
 */
export async function writeAtomically(
  path: string,
  content: string | Iterable<string>,
  options: WriteOptions = {},
): Promise<void> {
  // `.tmp` files are ignored by git; the random part keeps two runs in one folder apart.
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await makeFolder(dirname(path));
    const file = await open(temporary, 'wx');
    try {
      for (const chunk of gathered(content)) await file.writeFile(chunk);
      const mode = await modeOf(path);
      if (mode !== undefined) await file.chmod(mode);
      if (options.sync === true) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await clearLeftOver(path).catch(() => undefined);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new ReportWriteError(path, cause);
  }
}

/** Who may read and write the file that is about to be replaced, and so the one that takes its place. */
async function modeOf(path: string): Promise<number | undefined> {
  const old = await lstat(path).catch(() => undefined);
  return old?.isFile() === true ? old.mode & 0o777 : undefined;
}

/** Nobody writes one report for so long. */
const LEFT_OVER_MS = 600_000;

/** Removes what runs that were killed left of this file: a run that is writing it now has written less long ago. */
async function clearLeftOver(path: string): Promise<void> {
  const folder = dirname(path);
  const { mtimeMs: now } = await stat(path);
  const [before, after] = [`.${basename(path)}.`, '.tmp'];
  for (const name of await readdir(folder)) {
    const own = name.startsWith(before) && name.endsWith(after);
    if (!own || !/^[0-9a-f]{12}$/.test(name.slice(before.length, -after.length))) continue;
    const file = join(folder, name);
    if (now - (await stat(file)).mtimeMs > LEFT_OVER_MS) await rm(file, { force: true });
  }
}

/**
 * Makes a folder and those above it. (The recursive `mkdir` of Node never ends where a folder says that it does not
 * exist: /proc.)
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder).catch((again: unknown) => {
      // Another run may have made it meanwhile.
      if ((again as { code?: unknown }).code !== 'EEXIST') throw again;
    });
  }
}

/** Adds to the end of a file that others write too (a job summary). Rejects with ReportWriteError. */
export async function appendText(path: string, text: string): Promise<void> {
  try {
    await appendFile(path, text);
  } catch (cause) {
    throw new ReportWriteError(path, cause);
  }
}

const CHUNK = 1 << 18;

/** Joins small pieces, so that thousands of them do not become thousands of writes. */
function* gathered(content: string | Iterable<string>): Generator<string> {
  if (typeof content === 'string') {
    yield content;
    return;
  }
  let pending: string[] = [];
  let size = 0;
  for (const piece of content) {
    pending.push(piece);
    size += piece.length;
    if (size < CHUNK) continue;
    yield pending.join('');
    pending = [];
    size = 0;
  }
  if (size > 0) yield pending.join('');
}
