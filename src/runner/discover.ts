import { accessSync, constants, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import type { Checked, Diagnostic } from '../text/diagnostic.ts';
import { nearest } from '../language/suggest.ts';
import { usageProblem } from './command-line.ts';
import type { PathArgument } from './config.ts';
import { isInside } from './project.ts';

/** What the paths name. */
export interface Discovery {
  /** Specs, relative to the root with `/`, each once: in the order of the paths, and sorted within a folder. */
  readonly files: readonly string[];
  /** Files of which only the scenarios at these lines are wanted. */
  readonly lines: ReadonlyMap<string, readonly WantedLine[]>;
}

export interface WantedLine {
  readonly line: number;
  readonly argument: PathArgument;
}

/**
 * Finds the specs that `paths` name. A path is relative to `from`; all must lie in `root` (absolute, links resolved).
 */
export async function discover(
  root: string,
  from: string,
  paths: readonly PathArgument[],
): Promise<Checked<Discovery>> {
  const diagnostics: Diagnostic[] = [];
  const files = new Set<string>();
  const whole = new Set<string>();
  const lines = new Map<string, WantedLine[]>();
  for (const argument of paths) {
    const found = locate(root, from, argument);
    if ('problem' in found) {
      diagnostics.push(found.problem);
    } else if (found.folder) {
      for (const file of await specsUnder(root, found.path)) {
        files.add(file);
        whole.add(file);
      }
    } else {
      const file = relative(root, found.path).split(sep).join('/');
      files.add(file);
      if (found.line === undefined) whole.add(file);
      else lines.set(file, [...(lines.get(file) ?? []), { line: found.line, argument }]);
    }
  }
  for (const file of whole) lines.delete(file);
  return { value: { files: [...files], lines }, diagnostics };
}

type Located =
  | { readonly path: string; readonly folder: boolean; readonly line?: number }
  | { readonly problem: Diagnostic };

function locate(root: string, from: string, argument: PathArgument): Located {
  const { text, span } = argument;
  const problem = (code: string, message: string, label: string, help?: string): Located => ({
    problem: usageProblem(code, message, span, label, help),
  });
  let name = text;
  let line: number | undefined;
  const split = /^(.+):([0-9]{1,9})$/.exec(text);
  if (split !== null && !exists(resolve(from, text))) {
    name = split[1] as string;
    line = Number(split[2]);
  }
  if (name.includes('\0')) return problem('E0810', 'a path with a zero byte in it', 'no file has this name');
  const path = resolve(from, name);
  if (!exists(path)) {
    const near = neighbour(path, name);
    const help = near === undefined ? argument.help : `did you mean \`${near}\`?`;
    return problem('E0810', `there is no file or folder \`${name}\``, 'not found', help);
  }
  let real: string;
  try {
    real = realpathSync(path);
    accessSync(real, constants.R_OK);
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'EACCES' ? 'permission denied' : 'it cannot be opened';
    return problem('E0810', `\`${name}\` cannot be read: ${why}`, 'this one');
  }
  const stat = statSync(real);
  if (!isInside(real, root)) {
    const help = 'give the folder that holds everything with --root, or run siren in that project';
    return problem('E0813', `\`${name}\` lies outside of the project ${root}`, `it is ${real}`, help);
  }
  if (stat.isDirectory()) {
    if (line === undefined) return { path: real, folder: true };
    return problem('E0812', `\`${name}\` is a folder, and a folder has no lines`, 'a line of a folder');
  }
  if (!stat.isFile()) return problem('E0811', `\`${name}\` is no regular file`, 'neither file nor folder');
  if (!name.endsWith('.spec')) {
    return problem('E0811', `\`${name}\` is not a spec`, 'the name does not end in `.spec`');
  }
  return { path: real, folder: false, ...(line === undefined ? {} : { line }) };
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A part of the path is a file, or the name is longer than the system takes.
    return false;
  }
}

/** The file beside a missing one whose name is nearest, written as the user wrote the path. */
function neighbour(path: string, name: string): string | undefined {
  try {
    const near = nearest(basename(path), readdirSync(dirname(path)).slice(0, 1000));
    return near === undefined ? undefined : name.slice(0, name.length - basename(name).length) + near;
  } catch {
    return undefined;
  }
}

async function specsUnder(root: string, folder: string): Promise<readonly string[]> {
  const { glob } = await import('tinyglobby');
  const names = await glob('**/*.spec', {
    cwd: folder,
    ignore: ['**/node_modules/**'],
    // A link is how a folder would lead out of the project, or into itself.
    followSymbolicLinks: false,
    expandDirectories: false,
  });
  const prefix = relative(root, folder).split(sep).join('/');
  return names.map((name) => (prefix === '' ? name : `${prefix}/${name}`)).sort();
}
