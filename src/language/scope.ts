import type { AmbulanceModel, LparModel, MachineModel, SharedMemoryModel } from '../model/machine.ts';
import type { Expression } from '../model/expression.ts';
import type { Source } from '../text/source.ts';
import type { Span } from '../text/span.ts';
import type { Label } from '../text/diagnostic.ts';
import type { ReadFailure } from './host.ts';
import type { Problems } from './problems.ts';
import type { Names } from './library/names.ts';
import type { Shipped } from './library/shipped.ts';
import type { ShippedDefs } from './library/shipped-defs.ts';
import type { Node } from './tree.ts';
import type * as tree from './tree.ts';

/** One file that has been read, and what its names mean. */
export interface Unit {
  readonly file: string;
  readonly source: Source;
  /** Its scenarios are dropped once they have been elaborated: nobody can import one. */
  tree: tree.FileTree;
  readonly docs: readonly { readonly image: string; readonly startOffset: number }[];
  /** False when something in it could not be parsed. */
  readonly whole: boolean;
  /** Everything declared or imported here, by name. Filled by names.ts. */
  readonly names: Map<string, Declared>;
  readonly structs: Map<string, Declared<tree.Struct>>;
  readonly locators: Map<string, Declared<tree.Locator>>;
  readonly validators: Map<string, Declared<tree.Validator>>;
  /** What ships: its names need no import. */
  readonly shipped: Shipped;
  readonly shipped_defs: ShippedDefs;
  /** Why a file of the project, by its path from the root, could not be read as a dump; undefined where it could. */
  readonly look: (file: string) => ReadFailure | undefined;
}

/** A declaration and the file that it stands in. */
export interface Declared<
  Kind extends tree.Node = tree.Topology | tree.Fault | tree.Tag | tree.Let | tree.Def | Structure,
> {
  readonly unit: Unit;
  readonly node: Kind;
}
type Structure = tree.Struct | tree.Locator | tree.Validator;

/** A name of the scenario: what it stands for, or `undefined` when its own declaration was in error. */
export type Values = ReadonlyMap<string, Expression | undefined>;

/** The machine as far as it is known: what roots of paths may be. */
export interface Parties {
  readonly machine: MachineModel | undefined;
  readonly lpars: ReadonlyMap<string, LparModel>;
  readonly ambulances: ReadonlyMap<string, AmbulanceModel>;
  readonly shared_memory?: readonly SharedMemoryModel[];
}

/** Everything an expression is read against. */
export interface Scope {
  readonly unit: Unit;
  readonly problems: Problems;
  readonly values: Values;
  readonly parties: Parties | undefined;
  /** As far as is known, it runs on the simulation, too, whose kernel's variables are known. */
  readonly simulated: boolean;
  /** Bare words that table cells introduced: they may be compared with. */
  readonly words: ReadonlySet<string>;
  /** `let`s that only a run can know, by name. */
  readonly lets: ReadonlyMap<string, Expression>;
  /** Structures that places may be of: those of the scenario's file. Undefined where places are not looked up. */
  readonly structures: Names | undefined;
  /** Where a fault's body was called from: added to every complaint about it. */
  readonly trail: readonly Label[];
}

export function spanOf(unit: Unit, node: Node): Span {
  return { file: unit.file, start: node.start, end: node.end };
}

/**
 * Where a node stands whose start and end the caller has read: there it is always a node of one kind, and the engine
 * knows where those lie in it. Asked of any node, as above, they are searched for, which took a tenth of a compilation.
 */
export function spanAt(unit: Unit, start: number, end: number): Span {
  return { file: unit.file, start, end };
}

export function label(unit: Unit, node: Node, text: string): Label {
  return { span: spanOf(unit, node), text };
}

/** Reports an error at a node of the scope's file. */
export function fail(
  scope: Pick<Scope, 'unit' | 'problems' | 'trail'>,
  code: string,
  node: Node,
  message: string,
  text: string,
  help?: string,
  more: readonly Label[] = [],
): undefined {
  scope.problems.error(code, message, [label(scope.unit, node, text), ...more, ...scope.trail], help);
}

/** Reports an error at a span that a model node kept. */
export function failAt(
  scope: Pick<Scope, 'problems' | 'trail'>,
  code: string,
  span: Span,
  message: string,
  text: string,
  help?: string,
  more: readonly Label[] = [],
): undefined {
  scope.problems.error(code, message, [{ span, text }, ...more, ...scope.trail], help);
}
