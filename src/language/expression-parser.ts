import { EmbeddedActionsParser, EOF, MismatchedTokenException } from './chevrotain.ts';
import type { IToken, ParserMethod } from 'chevrotain';
import { climb } from './operators.ts';
import type { Piece, Prefix } from './operators.ts';
import { messages } from './syntax.ts';
import * as token from './tokens.ts';
import type * as tree from './tree.ts';

/** After this many syntax errors the rest of a file is not looked at. */
const ERROR_LIMIT = 150;

export type Rule<T> = ParserMethod<[], T>;

interface RuleOptions<T> {
  readonly recoveryValueFunc?: (error: { token: IToken; previousToken?: IToken }) => T;
  readonly resyncEnabled?: boolean;
}
/** A rule that gives up its sentence, and no more, when it fails. */
export const LINE: RuleOptions<tree.Broken> = { recoveryValueFunc: broken };
/** A rule whose failure is its caller's. */
export const PART: { readonly resyncEnabled: false } = { resyncEnabled: false };

export function broken(error: { token: IToken; previousToken?: IToken }): tree.Broken {
  const at = Number.isFinite(error.token.startOffset) ? error.token : (error.previousToken ?? error.token);
  const start = Number.isFinite(at.startOffset) ? at.startOffset : 0;
  return { kind: 'broken', start, end: start + at.image.length };
}

export function nameOf(at: IToken): tree.Name {
  return { text: at.image, start: startOf(at), end: endOf(at) };
}
/**
 * Offsets, kept small integers: while the grammar is recorded tokens have NaN for an offset, and one NaN makes the
 * engine box every number that is ever stored in its place.
 */
export function startOf(at: IToken): number {
  return at.startOffset | 0;
}
function endOf(at: IToken): number {
  // The lexer tracks where tokens start and nothing else; what is recorded for the grammar has no text.
  return startOf(at) + ((at as { image?: string }).image?.length ?? 0);
}

interface Engine {
  moveToTerminatedState(): void;
  SKIP_TOKEN(): IToken;
  SAVE_ERROR(error: Error): Error;
}

/** Values, places and clauses. */
export class ExpressionParser extends EmbeddedActionsParser {
  constructor() {
    super(token.VOCABULARY, { recoveryEnabled: true, maxLookahead: 1, errorMessageProvider: messages });
  }

  /** A token that is made up would hide what was meant: errors only drop sentences. */
  protected override canTokenTypeBeInsertedInRecovery(): boolean {
    return false;
  }
  protected override canTokenTypeBeDeletedInRecovery(): boolean {
    return false;
  }

  /** True while there are not too many errors; then the rest of the input is passed over. */
  protected readonly going = (): boolean => {
    if (this.errors.length < ERROR_LIMIT) return true;
    this.#engine().moveToTerminatedState();
    return false;
  };

  /**
   * At the top of a file nothing but the end of the line may follow a declaration. The engine's own way to get there
   * looks through all the rest of the file, for every error anew.
   */
  protected endOfLine(): void {
    const next = this.LA(1);
    if (next.tokenType === token.Terminator || next.tokenType === EOF) return;
    const message = messages.buildNotAllInputParsedMessage({ firstRedundant: next, ruleName: 'file' });
    const engine = this.#engine();
    engine.SAVE_ERROR(new MismatchedTokenException(message, next, this.LA(0)));
    for (let at = next; at.tokenType !== token.Terminator && at.tokenType !== EOF; at = this.LA(1))
      engine.SKIP_TOKEN();
  }

  /** Parts of the engine that are public in fact and not in its types; its version is pinned. */
  #engine(): Engine {
    return this as unknown as Engine;
  }
  /** Where the last token that was taken ends. */
  protected end(): number {
    return endOf(this.LA(0));
  }

  readonly names: Rule<tree.Name[]> = this.RULE(
    'names',
    (): tree.Name[] => {
      const names = [nameOf(this.CONSUME(token.Word))];
      this.MANY(() => {
        this.CONSUME(token.Comma);
        names.push(nameOf(this.CONSUME2(token.Word)));
      });
      return names;
    },
    PART,
  );

  readonly parameters: Rule<tree.Name[]> = this.RULE(
    'parameters',
    (): tree.Name[] => {
      this.CONSUME(token.LParen);
      const names = this.OPTION(() => this.SUBRULE(this.names)) ?? [];
      this.CONSUME(token.RParen);
      return names;
    },
    PART,
  );

  readonly clauses: Rule<tree.Clause[]> = this.RULE(
    'clauses',
    (): tree.Clause[] => {
      let clauses: tree.Clause[] | undefined;
      this.MANY(() => {
        const clause = this.SUBRULE(this.clause);
        // Most sentences have none or one: a list that grows by `push` keeps room for sixteen.
        if (clauses === undefined) clauses = [clause];
        else clauses.push(clause);
      });
      return clauses ?? [];
    },
    PART,
  );

  readonly clause: Rule<tree.Clause> = this.RULE(
    'clause',
    (): tree.Clause => {
      const word = nameOf(this.CONSUME(token.Word));
      const values = this.SUBRULE(this.values);
      return { word, values, start: word.start, end: this.end() };
    },
    PART,
  );

  readonly values: Rule<tree.Expr[]> = this.RULE(
    'values',
    (): tree.Expr[] => {
      const values = [this.SUBRULE(this.expression)];
      this.MANY(() => {
        this.CONSUME(token.Comma);
        values.push(this.SUBRULE2(this.expression));
      });
      return values;
    },
    PART,
  );

  /** `row ["?" row ":" row {…}]`; the middle takes brackets for another `?`. */
  readonly expression: Rule<tree.Expr> = this.RULE(
    'expression',
    (): tree.Expr => {
      const first = this.SUBRULE(this.operation);
      const rest: [tree.Expr, tree.Expr][] = [];
      this.MANY(() => {
        this.CONSUME(token.Question);
        const chosen = this.SUBRULE2(this.operation);
        this.CONSUME(token.Colon);
        rest.push([chosen, this.SUBRULE3(this.operation)]);
      });
      if (rest.length === 0) return first;
      return this.ACTION(() => conditionals(first, rest));
    },
    PART,
  );

  /** `{prefix} operand {operator {prefix} operand}`, put in order by operators.ts. */
  readonly operation: Rule<tree.Expr> = this.RULE(
    'operation',
    (): tree.Expr => {
      const first = this.SUBRULE(this.prefixed);
      let pieces: Piece[] | undefined;
      this.MANY(() => {
        const operator = this.CONSUME(token.BinaryOperator);
        pieces ??= [first];
        pieces.push({ kind: 'operator', text: operator.image }, this.SUBRULE2(this.prefixed));
      });
      return this.ACTION(() =>
        pieces === undefined && first.operators.length === 0 ? first.operand : climb(pieces ?? [first]),
      );
    },
    PART,
  );

  readonly prefixed: Rule<Piece & { kind: 'prefixed' }> = this.RULE(
    'prefixed',
    (): Piece & { kind: 'prefixed' } => {
      let operators: Prefix[] | undefined;
      this.MANY(() => {
        const prefix = this.CONSUME(token.PrefixOperator);
        const [text, start] = [prefix.image, startOf(prefix)];
        (operators ??= []).push({ text, start });
      });
      let operand = this.SUBRULE(this.operand);
      this.MANY2(() => {
        this.CONSUME(token.As);
        const type = this.SUBRULE(this.castType);
        operand = { kind: 'cast', operand, type, start: operand.start, end: type.end };
      });
      return { kind: 'prefixed', operators: operators ?? NONE, operand };
    },
    PART,
  );

  /** `node`, `*node`: arrays are no values. */
  readonly castType: Rule<tree.TypeExpr> = this.RULE(
    'castType',
    (): tree.TypeExpr => {
      const start = startOf(this.LA(1));
      let pointers = 0;
      this.MANY(() => {
        this.CONSUME(token.Star);
        pointers++;
      });
      const name = nameOf(this.CONSUME(token.Word));
      return { pointers, base: { kind: 'name', name }, lengths: [], start, end: name.end };
    },
    PART,
  );

  /** Made once: alternatives made anew at each call are half of what a parse allocates. */
  #operands: { ALT: () => tree.Expr }[] | undefined;
  readonly operand: Rule<tree.Expr> = this.RULE(
    'operand',
    (): tree.Expr =>
      this.OR(
        (this.#operands ??= [
          { ALT: () => literal('number', this.CONSUME(token.NumberLiteral)) },
          { ALT: () => literal('quantity', this.CONSUME(token.Quantity)) },
          { ALT: () => literal('string', this.CONSUME(token.StringLiteral)) },
          { ALT: () => literal('date', this.CONSUME(token.DateLiteral)) },
          { ALT: () => this.SUBRULE(this.path) },
          { ALT: () => this.SUBRULE(this.fieldPath) },
          { ALT: () => this.SUBRULE(this.list) },
          { ALT: () => this.SUBRULE(this.bracketed) },
        ]),
      ),
    PART,
  );

  /** `(a + b)`, and parts of it: `(x as task_struct).tasks`. */
  readonly bracketed: Rule<tree.Expr> = this.RULE(
    'bracketed',
    (): tree.Expr => {
      const start = startOf(this.CONSUME(token.LParen));
      const operand = this.SUBRULE(this.expression);
      this.CONSUME(token.RParen);
      let steps: tree.Step[] | undefined;
      this.MANY(() => {
        const step = this.SUBRULE(this.step);
        if (steps === undefined) steps = [step];
        else steps.push(step);
      });
      return steps === undefined ? operand : { kind: 'part', operand, steps, start, end: this.end() };
    },
    PART,
  );

  readonly list: Rule<tree.Expr> = this.RULE(
    'list',
    (): tree.Expr => {
      const items: tree.Expr[] = [];
      const start = startOf(this.CONSUME(token.LBracket));
      this.OPTION(() => {
        items.push(this.SUBRULE(this.expression));
        this.MANY(() => {
          this.CONSUME(token.Comma);
          this.OPTION2(() => items.push(this.SUBRULE2(this.expression)));
        });
      });
      this.CONSUME(token.RBracket);
      return { kind: 'list', items, start, end: this.end() };
    },
    PART,
  );

  readonly path: Rule<tree.PathExpr> = this.RULE(
    'path',
    (): tree.PathExpr => {
      const root = nameOf(this.CONSUME(token.Word));
      let steps: tree.Step[] | undefined;
      this.MANY(() => {
        const step = this.SUBRULE(this.step);
        if (steps === undefined) steps = [step];
        else steps.push(step);
      });
      return { kind: 'path', root, steps: steps ?? [], start: root.start, end: this.end() };
    },
    PART,
  );

  readonly fieldPath: Rule<tree.Expr> = this.RULE(
    'fieldPath',
    (): tree.Expr => {
      const start = startOf(this.LA(1));
      const steps: tree.Step[] = [];
      this.AT_LEAST_ONE(() => steps.push(this.SUBRULE(this.fieldStep)));
      this.MANY(() => steps.push(this.SUBRULE(this.step)));
      return { kind: 'fieldpath', steps, start, end: this.end() };
    },
    PART,
  );

  readonly step: Rule<tree.Step> = this.RULE(
    'step',
    (): tree.Step =>
      this.OR([
        { ALT: () => this.SUBRULE(this.fieldStep) },
        {
          ALT: () => {
            const all = this.CONSUME(token.DotStar);
            return { kind: 'all', start: startOf(all), end: endOf(all) };
          },
        },
        { ALT: () => this.SUBRULE(this.indexStep) },
        {
          ALT: () => {
            const start = startOf(this.CONSUME(token.LParen));
            const args = this.OPTION(() => this.SUBRULE(this.values)) ?? [];
            this.CONSUME(token.RParen);
            return { kind: 'call', args, start, end: this.end() };
          },
        },
      ]),
    PART,
  );

  readonly fieldStep: Rule<tree.Step> = this.RULE(
    'fieldStep',
    (): tree.Step => {
      this.CONSUME(token.Dot);
      const name = this.CONSUME(token.Word);
      return { kind: 'field', name: name.image, start: startOf(name), end: endOf(name) };
    },
    PART,
  );

  readonly indexStep: Rule<tree.Step> = this.RULE(
    'indexStep',
    (): tree.Step => {
      const start = startOf(this.CONSUME(token.LBracket));
      const index = this.OR([
        {
          ALT: () => {
            this.CONSUME(token.Star);
            return undefined;
          },
        },
        { ALT: () => this.SUBRULE(this.expression) },
      ]);
      this.CONSUME(token.RBracket);
      const end = this.end();
      return index === undefined ? { kind: 'all', start, end } : { kind: 'index', index, start, end };
    },
    PART,
  );
}

const NONE: readonly Prefix[] = [];
const literal = (kind: 'number' | 'quantity' | 'string' | 'date', at: IToken): tree.Expr => ({
  kind,
  text: at.image,
  start: startOf(at),
  end: endOf(at),
});

function conditionals(first: tree.Expr, rest: readonly [tree.Expr, tree.Expr][]): tree.Expr {
  const conditions = [first, ...rest.map(([, otherwise]) => otherwise)];
  let value = conditions[rest.length] as tree.Expr;
  for (let at = rest.length - 1; at >= 0; at--) {
    const condition = conditions[at] as tree.Expr;
    const [chosen] = rest[at] as [tree.Expr, tree.Expr];
    value = {
      kind: 'conditional',
      condition,
      chosen,
      otherwise: value,
      start: condition.start,
      end: value.end,
    };
  }
  return value;
}
