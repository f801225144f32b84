import type { Scenario, SpecModel } from '../model/scenario.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { COMMAND_LINE, CommandLine } from './command-line.ts';
import { CONFIG_FILE, DEFAULT_CONFIG, type PathArgument } from './config.ts';
import { discover, type Discovery } from './discover.ts';
import { fileHost } from './files.ts';
import { shippedLibrary } from './library.ts';
import { openProject, type Project } from './project.ts';
import type { Compiled } from './select.ts';

/** Where somebody stands and what they typed. */
export interface SpecsRequest {
  /** Absolute. */
  readonly cwd: string;
  /** The command line without the program. */
  readonly words: readonly string[];
  /** Paths as typed; none takes those of siren.yaml. */
  readonly paths: readonly string[];
  /** `--root`. */
  readonly root?: string | undefined;
}

/** A project and the specs that were asked for, not yet read. */
export interface FoundSpecs {
  readonly project: Project;
  readonly command_line: CommandLine;
  readonly discovery: Discovery;
  /** Bad usage or configuration: nothing may run. */
  readonly usage: readonly Diagnostic[];
  /** The texts that `usage` points into: siren.yaml and the command line. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Specs that were read and checked. */
export interface Specs extends Compiled {
  readonly files: readonly string[];
  readonly scenarios: readonly Scenario[];
  readonly diagnostics: readonly Diagnostic[];
  /** Every text that a diagnostic may point into. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Finds the project, reads its siren.yaml and finds the specs. */
export async function findSpecs(request: SpecsRequest): Promise<FoundSpecs> {
  const { cwd, words, paths } = request;
  const command_line = new CommandLine(words);
  const named = paths.map((text) => ({ text, span: command_line.span(text) }));
  const project = await openProject(cwd, paths, request.root, command_line);
  const found = await (named.length > 0
    ? discover(project.root, cwd, named)
    : discover(project.root, project.root, configured(project, command_line)));
  const sources = new Map([
    [CONFIG_FILE, project.config_text ?? ''],
    [COMMAND_LINE, command_line.text],
  ]);
  const usage = [...project.diagnostics, ...found.diagnostics];
  return { project, command_line, discovery: found.value, usage, sources };
}

/**
 * The paths of siren.yaml. Where it names none, the command line that names none either is what a missing folder is due
 * to.
 */
function configured({ config }: Project, line: CommandLine): readonly PathArgument[] {
  if (config.paths !== DEFAULT_CONFIG.paths) return config.paths;
  const span = { file: COMMAND_LINE, start: 0, end: line.text.length };
  return config.paths.map(({ text }) => ({
    text,
    span,
    help: 'name specs or folders, or list them under `paths:` in siren.yaml',
  }));
}

/** What was found, as it compiles; its errors are not told. */
export async function projectModels({ project, discovery }: FoundSpecs): Promise<readonly SpecModel[]> {
  const { compile } = await import('../language/compile.ts');
  const tags = project.config.tags.map((tag) => tag.name);
  return compile(discovery.files, fileHost(project.root), { tags, library: await shippedLibrary() }).value;
}

/** Compiles what was found. */
export async function compileSpecs(found: FoundSpecs): Promise<Specs> {
  const { project, discovery } = found;
  const { files } = discovery;
  const tags = project.config.tags.map((tag) => tag.name);
  // Loading the parser takes a fifth of a second: not for nothing.
  if (files.length === 0) {
    const none = { files, scenarios: [], diagnostics: [], sources: found.sources, broken: false };
    return { ...none, declared_tags: new Set(tags) };
  }
  const library = await shippedLibrary();
  const { compile } = await import('../language/compile.ts');
  const { value, diagnostics, sources } = compile(files, fileHost(project.root), { tags, library });
  return {
    files,
    scenarios: value.flatMap((model) => model.scenarios),
    diagnostics,
    sources: new Map([
      ...[...sources].map(([file, source]) => [file, source.text] as const),
      ...found.sources,
    ]),
    declared_tags: new Set([...tags, ...value.flatMap((model) => model.tags.map((tag) => tag.name))]),
    broken: hasErrors(diagnostics),
  };
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}
