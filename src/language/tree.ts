/**
 * The syntax tree: what was written, in offsets of its own file. Nothing here has been looked up. A sentence that could
 * not be parsed is `broken` and stands where it stood, so that a check can tell "missing" from "unreadable".
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
  | ({ readonly kind: 'cast'; readonly operand: Expr; readonly type: TypeExpr } & Node)
  /** A part of what stands in brackets: `(symbols["init_task"] as task_struct).tasks`. */
  | ({ readonly kind: 'part'; readonly operand: Expr; readonly steps: readonly Step[] } & Node);

/** `*node[16]`: an array of pointers. */
export interface TypeExpr extends Node {
  /** How many `*` stand before it. */
  readonly pointers: number;
  readonly base: TypeBase;
  /** Lengths of an array, the outermost first; undefined where the brackets are empty. */
  readonly lengths: readonly (Expr | undefined)[];
}

export type TypeBase =
  | { readonly kind: 'name'; readonly name: Name }
  | { readonly kind: 'enum'; readonly name?: Name; readonly values: readonly EnumValue[] }
  | { readonly kind: 'struct' | 'union'; readonly members: readonly (Member | Broken)[] };

export interface EnumValue {
  readonly name: Name;
  readonly value?: Expr;
}

/** `qty: u32`; without a name, the members of its struct or union count as those of what it stands in. */
export interface Member extends Node {
  readonly kind: 'member';
  readonly name?: Name;
  readonly type: TypeExpr;
  readonly clauses: readonly Clause[];
}

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

/** Parsed and not yet given a meaning: `campaign`. */
export interface Later extends Node {
  readonly kind: 'later';
  readonly head: Name;
  readonly name?: Name;
}

export interface Struct extends Node {
  readonly kind: 'struct';
  readonly head: Name;
  readonly name: Name;
  readonly clauses: readonly Clause[];
  /** Undefined where no braces stand: `struct task_struct from guest`. */
  readonly members?: readonly (Member | Broken)[];
}

export interface Locator extends Node {
  readonly kind: 'locator';
  readonly head: Name;
  readonly name: Name;
  /** `locator threads in tasks`. */
  readonly parent?: Name;
  readonly shape: Name;
  readonly of?: TypeExpr;
  readonly clauses: readonly Clause[];
}

export interface Validator extends Node {
  readonly kind: 'validator';
  readonly head: Name;
  readonly name: Name;
  readonly clauses: readonly Clause[];
  readonly body: readonly Statement[];
}

export interface Def extends Node {
  readonly kind: 'def';
  readonly head: Name;
  readonly name: Name;
  readonly parameters: readonly Name[];
  readonly value: Expr;
}

/** `require EXPR {clause} else CODE "message"`. */
export interface Require extends Node {
  readonly kind: 'require';
  readonly head: Name;
  readonly condition: Expr;
  readonly clauses: readonly Clause[];
  readonly code: Name;
  /** The string as written, with its quotes. */
  readonly message: Name;
}

export interface If extends Node {
  readonly kind: 'if';
  readonly head: Name;
  readonly condition: Expr;
  readonly body: readonly Statement[];
}

export interface Each extends Node {
  readonly kind: 'each';
  readonly head: Name;
  readonly name: Name;
  readonly over: Expr;
  readonly clauses: readonly Clause[];
  readonly body: readonly Statement[];
}

export interface Walk extends Node {
  readonly kind: 'walk';
  readonly head: Name;
  readonly name: Name;
  readonly clauses: readonly Clause[];
  readonly body: readonly Statement[];
}

/** `repair CODE {, CODE}: VERB …`, or steps in braces. */
export interface Repair extends Node {
  readonly kind: 'repair';
  readonly head: Name;
  readonly codes: readonly Name[];
  readonly steps: readonly Item[];
}

/** What stands in the braces of a validator; a phrase is nothing that is known there. */
export type Statement = Let | Require | Each | If | Walk | Repair | Phrase | Broken;

export type Item = Phrase | Trigger | Expect | Let | Require | Repair | Broken;

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

export type Declaration =
  | Import
  | Tag
  | Let
  | Def
  | Topology
  | Struct
  | Locator
  | Validator
  | Fault
  | Scenario
  | Later
  | Phrase
  | Broken;

export interface FileTree {
  readonly declarations: readonly Declaration[];
}
