/**
 * The syntax tree: what was written, in offsets of its own file. Nothing here has been looked up. A sentence that could not
 * be parsed is `broken` and stands where it stood, so that a check can tell "missing" from "unreadable".
 */
export interface Node {
  readonly start: number;
  readonly end: number;
}

export interface Name extends Node {
  readonly text: string;
}

export type Step =
  | ({ readonly kind: 'field'; readonly name: string } & Node)
  | ({ readonly kind: 'index'; readonly index: Expr } & Node)
  | ({ readonly kind: 'all' } & Node)
  | ({ readonly kind: 'call'; readonly args: readonly Expr[] } & Node);

export interface PathExpr extends Node {
  readonly kind: 'path';
  readonly root: Name;
  readonly steps: readonly Step[];
}

export type Expr =
  | ({ readonly kind: 'number' | 'quantity' | 'string' | 'date'; readonly text: string } & Node)
  | PathExpr
  | ({ readonly kind: 'fieldpath'; readonly steps: readonly Step[] } & Node)
  | ({ readonly kind: 'list'; readonly items: readonly Expr[] } & Node)
  | ({ readonly kind: 'prefix'; readonly operator: string; readonly operand: Expr } & Node)
  | ({ readonly kind: 'binary'; readonly operator: string; readonly left: Expr; readonly right: Expr } & Node)
  | ({
      readonly kind: 'conditional';
      readonly condition: Expr;
      readonly chosen: Expr;
      readonly otherwise: Expr;
    } & Node)
  | ({ readonly kind: 'cast'; readonly operand: Expr; readonly type: Name } & Node);

/** `WORD value, value`. */
export interface Clause extends Node {
  readonly word: Name;
  readonly values: readonly Expr[];
}

/** `WORD [values] {clause} [body]`: settings, actions, blocks. A grant (`owns cpus 0..1`) has clauses only. */
export interface Phrase extends Node {
  readonly kind: 'phrase';
  readonly head: Name;
  readonly values: readonly Expr[];
  readonly clauses: readonly Clause[];
  readonly body?: readonly Item[];
}

export interface Trigger extends Node {
  readonly kind: 'trigger';
  readonly head: Name;
  /** `on each`. */
  readonly each?: Name;
  readonly moment: Expr | undefined;
  readonly clauses: readonly Clause[];
  readonly actions: readonly Item[];
}

export interface Claim extends Node {
  readonly kind: 'claim';
  readonly observer: Name;
  readonly subjects: readonly PathExpr[];
  readonly negated: boolean;
  readonly states: readonly Name[];
  readonly clauses: readonly Clause[];
  /** Of `check`. */
  readonly condition?: Expr;
}

export interface Expect extends Node {
  readonly kind: 'expect';
  readonly head: Name;
  readonly claims: readonly (Claim | Broken)[];
}

export interface Let extends Node {
  readonly kind: 'let';
  readonly name: Name;
  readonly value: Expr;
}

export interface Broken extends Node {
  readonly kind: 'broken';
}

/** Parsed and not yet given a meaning: `require`, `repair`, `struct`, `locator`, `validator`, `def`, `campaign`. */
export interface Later extends Node {
  readonly kind: 'later';
  readonly head: Name;
  readonly name?: Name;
}

export type Item = Phrase | Trigger | Expect | Let | Later | Broken;

export interface Import extends Node {
  readonly kind: 'import';
  readonly names: readonly Name[];
  readonly from: Name;
}

export interface Tag extends Node {
  readonly kind: 'tag';
  readonly name: Name;
  readonly doc?: Name;
}

export interface Topology extends Node {
  readonly kind: 'topology';
  readonly head: Name;
  readonly name: Name;
  readonly body: readonly Item[];
}

export interface Fault extends Node {
  readonly kind: 'fault';
  readonly name: Name;
  readonly parameters: readonly Name[];
  readonly body: readonly Item[];
}

export interface Table extends Node {
  readonly names: readonly Name[];
  readonly values: Expr;
}

export interface Scenario extends Node {
  readonly kind: 'scenario';
  readonly head: Name;
  /** The string as written, with its quotes. */
  readonly name: Name;
  readonly tables: readonly Table[];
  readonly body: readonly Item[];
}

export type Declaration = Import | Tag | Let | Topology | Fault | Scenario | Later | Phrase | Broken;

export interface FileTree {
  readonly declarations: readonly Declaration[];
}
