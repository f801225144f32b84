import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Diagnostic } from '../text/diagnostic.ts';
import { type CommandLine, usageProblem } from './command-line.ts';
import { CONFIG_FILE, type Config, DEFAULT_CONFIG } from './config.ts';

/** 256 KiB: no configuration that a person wrote is larger. */
const MAX_CONFIG_BYTES = 262_144;

/** A folder with specs, and what its siren.yaml says. */
export interface Project {
  /** Absolute, links resolved. Spans and ids are relative to it. */
  readonly root: string;
  readonly config: Config;
  /** Text of siren.yaml, for its diagnostics; undefined when there is none. */
  readonly config_text?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The project that `paths` (as typed in `cwd`) belong to: the nearest folder at or above all of them that holds a
 * siren.yaml; without one the current folder, if they are in it, else the folder that holds them all. `root` overrides
 * this.
 */
export async function openProject(
  cwd: string,
  paths: readonly string[],
  root: string | undefined,
  commandLine: CommandLine,
): Promise<Project> {
  const named = resolve(cwd, root ?? '.');
  if (root !== undefined && !isFolder(named)) {
    const span = commandLine.span(root);
    const problem = usageProblem('E0810', `there is no folder \`${root}\``, span, 'not a folder');
    return { root: realpathSync(cwd), config: DEFAULT_CONFIG, diagnostics: [problem] };
  }
  const targets = paths.map((path) => resolve(cwd, path.includes('\0') ? '.' : path));
  const folder = realpathSync(root === undefined ? projectRoot(cwd, targets) : named);
  const file = join(folder, CONFIG_FILE);
  if (!existsSync(file)) return { root: folder, config: DEFAULT_CONFIG, diagnostics: [] };
  const text = configText(file);
  if (typeof text !== 'string') return { root: folder, config: DEFAULT_CONFIG, diagnostics: [text] };
  const { readConfig } = await import('./read-config.ts');
  const { value, diagnostics } = readConfig(text);
  return { root: folder, config: value, config_text: text, diagnostics };
}

function projectRoot(cwd: string, paths: readonly string[]): string {
  const base = paths.length === 0 ? cwd : paths.map(folderOf).reduce(commonFolder);
  for (let folder = base; ; folder = dirname(folder)) {
    if (existsSync(join(folder, CONFIG_FILE))) return folder;
    if (dirname(folder) === folder) break;
  }
  return isInside(base, cwd) ? cwd : base;
}

/** The folder itself, or the nearest one above that exists. */
function folderOf(path: string): string {
  for (let folder = path; ; folder = dirname(folder)) {
    if (dirname(folder) === folder || isFolder(folder)) return folder;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function commonFolder(a: string, b: string): string {
  let folder = a;
  while (!isInside(b, folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** True when `path` is `folder` or lies under it. Both absolute. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === path);
}

/** The text, or why there is none. */
function configText(file: string): string | Diagnostic {
  let bytes: Uint8Array;
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return unreadable('it is no regular file');
    if (stat.size > MAX_CONFIG_BYTES) return unreadable('it is larger than 256 KiB');
    bytes = readFileSync(file);
  } catch (error) {
    return unreadable(`the system said ${(error as NodeJS.ErrnoException).code ?? 'no'}`);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? unreadable('it is binary, not text') : text;
  } catch {
    return unreadable('it is not UTF-8');
  }
}

function unreadable(why: string): Diagnostic {
  const span = { file: CONFIG_FILE, start: 0, end: 0 };
  return {
    code: 'E0801',
    severity: 'error',
    message: `${CONFIG_FILE} cannot be read: ${why}`,
    labels: [{ span, text: '' }],
  };
}
