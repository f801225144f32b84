import type { Span } from '../text/span.ts';

/** Dimensions of a value: `memory 10 ms` is an error because it says `size` and got `time`. */
export type Dimension =
  'int' | 'time' | 'size' | 'percent' | 'bool' | 'string' | 'word' | 'place' | 'set' | 'range';

/**
 * A checked expression. Constants are folded by the checker (`3 * web.kernel.heartbeat` arrives as a `time`); what is
 * left can only be known in a run: places and what the harness measures.
 */
export type Expression =
  | { readonly kind: 'int'; readonly value: bigint; readonly span: Span }
  /** Integer nanoseconds. */
  | { readonly kind: 'time'; readonly value: number; readonly span: Span }
  /** Bytes. */
  | { readonly kind: 'size'; readonly value: number; readonly span: Span }
  /** 99.5% is 0.995. */
  | { readonly kind: 'percent'; readonly value: number; readonly span: Span }
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  | { readonly kind: 'bool'; readonly value: boolean; readonly span: Span }
  /** A bare word of the vocabulary: `strict`, `OUTSIDE`, `write`. */
  | { readonly kind: 'word'; readonly value: string; readonly span: Span }
  | { readonly kind: 'path'; readonly value: Path; readonly span: Span }
  /** A field path as a value: `.tasks.next`. */
  | { readonly kind: 'fieldpath'; readonly steps: readonly PathStep[]; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly Expression[]; readonly span: Span }
  /** Both ends included; empty when `high` is below `low`. */
  | { readonly kind: 'range'; readonly low: Expression; readonly high: Expression; readonly span: Span }
  | {
      readonly kind: 'unary';
      readonly operator: 'not' | '-' | '~';
      readonly operand: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
      readonly span: Span;
    }
  /** `count(x)`, `before(EVENT, x)`, `machine_address(place)`. */
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly span: Span;
    };

export type BinaryOperator =
  | 'or'
  | 'and'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | 'contains'
  | '|'
  | '^'
  | '&'
  | '<<'
  | '>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | 'mod';

/** `web.tasks["nginx"].tasks.next`: what a report prints can be pasted into a spec. */
export interface Path {
  readonly root: string;
  readonly steps: readonly PathStep[];
  readonly span: Span;
}

export type PathStep =
  | { readonly kind: 'field'; readonly name: string; readonly span: Span }
  | { readonly kind: 'index'; readonly index: Expression; readonly span: Span }
  /** `[any]`: one of them, drawn by the seed. */
  | { readonly kind: 'any'; readonly span: Span }
  /** `.*` or `[*]`: all of them. */
  | { readonly kind: 'all'; readonly span: Span }
  | { readonly kind: 'call'; readonly args: readonly Expression[]; readonly span: Span };
