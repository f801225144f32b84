import { EmbeddedActionsParser, EOF } from 'chevrotain';
import type { IToken } from 'chevrotain';
import { messages } from './syntax.ts';
import { climb } from './operators.ts';
import type { Piece, Prefix } from './operators.ts';
import * as token from './tokens.ts';
import type * as tree from './tree.ts';

/** After this many syntax errors the rest of a file is not looked at. */
const ERROR_LIMIT = 150;

const LINE = { recoveryValueFunc: broken };
const PART = { resyncEnabled: false };

function broken(error: { token: IToken; previousToken?: IToken }): tree.Broken {
  const at = Number.isFinite(error.token.startOffset) ? error.token : (error.previousToken ?? error.token);
  const start = Number.isFinite(at.startOffset) ? at.startOffset : 0;
  return { kind: 'broken', start, end: start + at.image.length };
}

const nameOf = (at: IToken): tree.Name => ({ text: at.image, start: at.startOffset, end: endOf(at) });
const endOf = (at: IToken): number => (at.endOffset as number) + 1;

/**
 * The grammar: LL(1). A sentence that fails is dropped up to its end; what stands in its braces is still read. It knows the
 * heads that have a form of their own and nothing of the vocabulary: a new fault verb or setting never touches it.
 */
class SirenParser extends EmbeddedActionsParser {
  constructor() {
    super(token.VOCABULARY, { recoveryEnabled: true, maxLookahead: 1, errorMessageProvider: messages });
    this.performSelfAnalysis();
  }

  /** A token that is made up would hide what was meant: errors only drop sentences. */
  protected override canTokenTypeBeInsertedInRecovery(): boolean {
    return false;
  }
  protected override canTokenTypeBeDeletedInRecovery(): boolean {
    return false;
  }

  readonly #going = (): boolean => this.errors.length < ERROR_LIMIT;
  #end(): number {
    return endOf(this.LA(0));
  }

  readonly file = this.RULE('file', (): tree.FileTree => {
    const declarations: tree.Declaration[] = [];
    this.OPTION(() => declarations.push(this.SUBRULE(this.declaration)));
    this.MANY({
      GATE: this.#going,
      DEF: () => {
        this.CONSUME(token.Terminator);
        declarations.push(this.SUBRULE2(this.declaration));
      },
    });
    return { declarations };
  });

  readonly declaration = this.RULE(
    'declaration',
    (): tree.Declaration =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { ALT: () => this.SUBRULE(this.importDeclaration) },
          { ALT: () => this.SUBRULE(this.tagDeclaration) },
          { ALT: () => this.SUBRULE(this.letDeclaration) },
          { ALT: () => this.SUBRULE(this.defDeclaration) },
          { ALT: () => this.SUBRULE(this.topologyDeclaration) },
          { ALT: () => this.SUBRULE(this.structDeclaration) },
          { ALT: () => this.SUBRULE(this.locatorDeclaration) },
          { ALT: () => this.SUBRULE(this.validatorDeclaration) },
          { ALT: () => this.SUBRULE(this.faultDeclaration) },
          { ALT: () => this.SUBRULE(this.scenarioDeclaration) },
          { ALT: () => this.SUBRULE(this.campaignDeclaration) },
          { ALT: () => this.SUBRULE(this.sentence) },
        ],
      }),
    LINE,
  );

  readonly importDeclaration = this.RULE(
    'importDeclaration',
    (): tree.Import => {
      const { startOffset: start } = this.CONSUME(token.Import);
      this.CONSUME(token.LBrace);
      const names = this.SUBRULE(this.names);
      this.CONSUME(token.RBrace);
      this.CONSUME(token.From);
      const from = nameOf(this.CONSUME(token.StringLiteral));
      return { kind: 'import', names, from, start, end: from.end };
    },
    PART,
  );

  readonly tagDeclaration = this.RULE(
    'tagDeclaration',
    (): tree.Tag => {
      const { startOffset: start } = this.CONSUME(token.Tag);
      const name = nameOf(this.CONSUME(token.Word));
      const doc = this.OPTION(() => nameOf(this.CONSUME(token.StringLiteral)));
      return { kind: 'tag', name, ...(doc === undefined ? {} : { doc }), start, end: this.#end() };
    },
    PART,
  );

  readonly letDeclaration = this.RULE(
    'letDeclaration',
    (): tree.Let => {
      const { startOffset: start } = this.CONSUME(token.Let);
      const name = nameOf(this.CONSUME(token.Word));
      this.CONSUME(token.Equal);
      const value = this.SUBRULE(this.expression);
      return { kind: 'let', name, value, start, end: this.#end() };
    },
    PART,
  );

  readonly defDeclaration = this.RULE(
    'defDeclaration',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Def));
      const name = nameOf(this.CONSUME(token.Word));
      this.SUBRULE(this.parameters);
      this.CONSUME(token.Equal);
      this.SUBRULE(this.expression);
      return { kind: 'later', head, name, start: head.start, end: this.#end() };
    },
    PART,
  );

  readonly topologyDeclaration = this.RULE(
    'topologyDeclaration',
    (): tree.Topology => {
      const head = nameOf(this.CONSUME(token.Topology));
      const name = this.SUBRULE(this.topologyName);
      const body = this.SUBRULE(this.body);
      return { kind: 'topology', head, name, body, start: head.start, end: this.#end() };
    },
    PART,
  );
  readonly topologyName = this.RULE('topologyName', (): tree.Name => nameOf(this.CONSUME(token.Word)), {
    recoveryValueFunc: (error) => ({ text: '', ...place(broken(error)) }),
  });

  readonly structDeclaration = this.RULE(
    'structDeclaration',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Struct));
      const name = nameOf(this.CONSUME(token.Word));
      this.SUBRULE(this.clauses);
      this.CONSUME(token.LBrace);
      this.OPTION(() => {
        this.SUBRULE(this.member);
        this.MANY(() => {
          this.CONSUME(token.Terminator);
          this.SUBRULE2(this.member);
        });
      });
      this.CONSUME(token.RBrace);
      return { kind: 'later', head, name, start: head.start, end: this.#end() };
    },
    PART,
  );
  readonly member = this.RULE('member', (): void => {
    this.CONSUME(token.Word);
    this.CONSUME(token.Colon);
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            this.CONSUME(token.Enum);
            this.CONSUME2(token.Word);
            this.CONSUME(token.LBrace);
            this.AT_LEAST_ONE_SEP({
              SEP: token.Comma,
              DEF: () => {
                this.CONSUME3(token.Word);
                this.CONSUME(token.Equal);
                this.SUBRULE(this.expression);
              },
            });
            this.CONSUME(token.RBrace);
          },
        },
        {
          ALT: () => {
            this.OPTION(() => this.CONSUME(token.Star));
            this.CONSUME4(token.Word);
            this.OPTION2(() => {
              this.CONSUME(token.LBracket);
              this.SUBRULE2(this.expression);
              this.CONSUME(token.RBracket);
            });
          },
        },
      ],
    });
  });

  readonly locatorDeclaration = this.RULE(
    'locatorDeclaration',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Locator));
      const name = nameOf(this.CONSUME(token.Word));
      this.CONSUME(token.Colon);
      this.CONSUME2(token.Word);
      this.SUBRULE(this.clauses);
      return { kind: 'later', head, name, start: head.start, end: this.#end() };
    },
    PART,
  );

  readonly validatorDeclaration = this.RULE(
    'validatorDeclaration',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Validator));
      const name = nameOf(this.CONSUME(token.Word));
      this.SUBRULE(this.clauses);
      this.SUBRULE(this.body);
      return { kind: 'later', head, name, start: head.start, end: this.#end() };
    },
    PART,
  );

  readonly faultDeclaration = this.RULE(
    'faultDeclaration',
    (): tree.Fault => {
      const { startOffset: start } = this.CONSUME(token.Fault);
      const name = nameOf(this.CONSUME(token.Word));
      const parameters = this.SUBRULE(this.parameters);
      const body = this.SUBRULE(this.body);
      return { kind: 'fault', name, parameters, body, start, end: this.#end() };
    },
    PART,
  );

  readonly scenarioDeclaration = this.RULE(
    'scenarioDeclaration',
    (): tree.Scenario => {
      const head = nameOf(this.CONSUME(token.Scenario));
      const title = this.SUBRULE(this.scenarioTitle) as tree.Scenario | tree.Broken;
      const body = this.SUBRULE(this.body);
      if (title.kind === 'broken') {
        const name = { text: '', start: head.start, end: head.end };
        return {
          kind: 'scenario',
          head,
          name,
          tables: [],
          body: this.ACTION(() => [title, ...body]),
          start: head.start,
          end: this.#end(),
        };
      }
      const { name, tables } = title;
      return { kind: 'scenario', head, name, tables, body, start: head.start, end: this.#end() };
    },
    PART,
  );
  /** `STRING {for …}`, carried in a scenario without a body. */
  readonly scenarioTitle = this.RULE(
    'scenarioTitle',
    (): tree.Scenario | tree.Broken => {
      const name = nameOf(this.CONSUME(token.StringLiteral));
      const tables: tree.Table[] = [];
      this.MANY(() => tables.push(this.SUBRULE(this.table)));
      return { kind: 'scenario', head: name, name, tables, body: [], start: name.start, end: this.#end() };
    },
    LINE,
  );
  readonly table = this.RULE(
    'table',
    (): tree.Table => {
      const { startOffset: start } = this.CONSUME(token.For);
      const names = this.SUBRULE(this.names);
      this.CONSUME(token.InWord);
      const values = this.SUBRULE(this.expression);
      return { names, values, start, end: this.#end() };
    },
    PART,
  );

  readonly campaignDeclaration = this.RULE(
    'campaignDeclaration',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Campaign));
      this.CONSUME(token.StringLiteral);
      this.SUBRULE(this.body);
      return { kind: 'later', head, start: head.start, end: this.#end() };
    },
    PART,
  );

  readonly names = this.RULE(
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
  readonly parameters = this.RULE(
    'parameters',
    (): tree.Name[] => {
      this.CONSUME(token.LParen);
      const names = this.OPTION(() => this.SUBRULE(this.names)) ?? [];
      this.CONSUME(token.RParen);
      return names;
    },
    PART,
  );

  readonly body = this.RULE(
    'body',
    (): tree.Item[] => {
      const items: tree.Item[] = [];
      this.CONSUME(token.LBrace);
      this.OPTION(() => items.push(this.SUBRULE(this.item)));
      this.MANY({
        GATE: this.#going,
        DEF: () => {
          this.CONSUME(token.Terminator);
          items.push(this.SUBRULE2(this.item));
        },
      });
      this.CONSUME(token.RBrace);
      return items;
    },
    PART,
  );

  readonly item = this.RULE(
    'item',
    (): tree.Item =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { ALT: () => this.SUBRULE(this.trigger) },
          { ALT: () => this.SUBRULE(this.expectation) },
          { ALT: () => this.SUBRULE(this.letDeclaration) },
          { ALT: () => this.SUBRULE(this.requirement) },
          { ALT: () => this.SUBRULE(this.repair) },
          { ALT: () => this.SUBRULE(this.grant) },
          { ALT: () => this.SUBRULE(this.sentence) },
        ],
      }),
    LINE,
  );

  /** `owns cpus 0..1`: clauses only, at least one. */
  readonly grant = this.RULE(
    'grant',
    (): tree.Phrase => {
      const head = nameOf(
        this.OR([
          { ALT: () => this.CONSUME(token.Owns) },
          { ALT: () => this.CONSUME(token.Shares) },
          { ALT: () => this.CONSUME(token.Borrows) },
        ]),
      );
      const clauses: tree.Clause[] = [];
      this.AT_LEAST_ONE(() => clauses.push(this.SUBRULE(this.clause)));
      return { kind: 'phrase', head, values: [], clauses, start: head.start, end: this.#end() };
    },
    PART,
  );

  /** Settings, blocks and actions alike. `each` and `walk` of a validator have this form too. */
  readonly sentence = this.RULE(
    'sentence',
    (): tree.Phrase | tree.Broken => {
      const phrase = this.SUBRULE(this.phrase) as tree.Phrase | tree.Broken;
      const body = this.OPTION(() => this.SUBRULE(this.body));
      if (body === undefined || phrase.kind === 'broken') return phrase;
      return this.ACTION(() => ({ ...phrase, body, end: this.#end() }));
    },
    PART,
  );
  readonly phrase = this.RULE(
    'phrase',
    (): tree.Phrase | tree.Broken => {
      const head = nameOf(this.CONSUME(token.Word));
      const values = this.OPTION(() => this.SUBRULE(this.values)) ?? [];
      const clauses = this.SUBRULE(this.clauses);
      return { kind: 'phrase', head, values, clauses, start: head.start, end: this.#end() };
    },
    LINE,
  );

  readonly trigger = this.RULE(
    'trigger',
    (): tree.Trigger | tree.Broken => {
      const start = this.SUBRULE(this.triggerHead) as tree.Trigger | tree.Broken;
      const actions = this.OR([
        {
          ALT: (): tree.Item[] => {
            this.CONSUME(token.Colon);
            return [this.SUBRULE(this.sentence)];
          },
        },
        { ALT: () => this.SUBRULE(this.body) },
      ]);
      if (start.kind === 'broken') return start;
      return { ...start, actions, end: this.#end() };
    },
    PART,
  );
  readonly triggerHead = this.RULE(
    'triggerHead',
    (): tree.Trigger | tree.Broken => {
      let each: tree.Name | undefined;
      const head = nameOf(
        this.OR([
          { ALT: () => this.CONSUME(token.At) },
          { ALT: () => this.CONSUME(token.Every) },
          {
            ALT: () => {
              const on = this.CONSUME(token.On);
              this.OPTION(() => {
                each = nameOf(this.CONSUME(token.Each));
              });
              return on;
            },
          },
        ]),
      );
      const moment = this.SUBRULE(this.expression);
      const clauses = this.SUBRULE(this.clauses);
      const some = each === undefined ? {} : { each };
      return {
        kind: 'trigger',
        head,
        ...some,
        moment,
        clauses,
        actions: [],
        start: head.start,
        end: this.#end(),
      };
    },
    LINE,
  );

  readonly expectation = this.RULE(
    'expectation',
    (): tree.Expect => {
      const head = nameOf(this.CONSUME(token.Expect));
      const claims: (tree.Claim | tree.Broken)[] = [];
      this.CONSUME(token.LBrace);
      this.OPTION(() => claims.push(this.SUBRULE(this.claim)));
      this.MANY({
        GATE: this.#going,
        DEF: () => {
          this.CONSUME(token.Terminator);
          claims.push(this.SUBRULE2(this.claim));
        },
      });
      this.CONSUME(token.RBrace);
      return { kind: 'expect', head, claims, start: head.start, end: this.#end() };
    },
    PART,
  );
  readonly claim = this.RULE(
    'claim',
    (): tree.Claim | tree.Broken =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [{ ALT: () => this.SUBRULE(this.checkClaim) }, { ALT: () => this.SUBRULE(this.stateClaim) }],
      }),
    LINE,
  );
  readonly checkClaim = this.RULE(
    'checkClaim',
    (): tree.Claim => {
      const observer = nameOf(this.CONSUME(token.Check));
      const condition = this.SUBRULE(this.expression);
      const clauses = this.SUBRULE(this.clauses);
      const [start, end] = [observer.start, this.#end()];
      return {
        kind: 'claim',
        observer,
        subjects: [],
        negated: false,
        states: [],
        clauses,
        condition,
        start,
        end,
      };
    },
    PART,
  );
  readonly stateClaim = this.RULE(
    'stateClaim',
    (): tree.Claim => {
      const observer = nameOf(this.CONSUME(token.Word));
      const subjects = [this.SUBRULE(this.path)];
      this.MANY(() => {
        this.CONSUME(token.Comma);
        subjects.push(this.SUBRULE2(this.path));
      });
      this.CONSUME(token.Is);
      let negated = false;
      this.OPTION(() => {
        this.CONSUME(token.Not);
        negated = true;
      });
      const states = [nameOf(this.CONSUME2(token.Word))];
      this.MANY2(() => {
        this.CONSUME(token.Or);
        states.push(nameOf(this.CONSUME3(token.Word)));
      });
      const clauses = this.SUBRULE(this.clauses);
      return {
        kind: 'claim',
        observer,
        subjects,
        negated,
        states,
        clauses,
        start: observer.start,
        end: this.#end(),
      };
    },
    PART,
  );

  readonly requirement = this.RULE(
    'requirement',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Require));
      this.SUBRULE(this.expression);
      this.SUBRULE(this.clauses);
      this.CONSUME(token.Else);
      this.CONSUME(token.Word);
      this.CONSUME(token.StringLiteral);
      return { kind: 'later', head, start: head.start, end: this.#end() };
    },
    PART,
  );
  readonly repair = this.RULE(
    'repair',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Repair));
      this.CONSUME(token.Word);
      this.CONSUME(token.Colon);
      this.SUBRULE(this.sentence);
      return { kind: 'later', head, start: head.start, end: this.#end() };
    },
    PART,
  );

  readonly clauses = this.RULE(
    'clauses',
    (): tree.Clause[] => {
      const clauses: tree.Clause[] = [];
      this.MANY(() => clauses.push(this.SUBRULE(this.clause)));
      return clauses;
    },
    PART,
  );
  readonly clause = this.RULE(
    'clause',
    (): tree.Clause => {
      const word = nameOf(this.CONSUME(token.Word));
      const values = this.SUBRULE(this.values);
      return { word, values, start: word.start, end: this.#end() };
    },
    PART,
  );
  readonly values = this.RULE(
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
  readonly expression = this.RULE(
    'expression',
    (): tree.Expr => {
      const first = this.SUBRULE(this.operation);
      const rest: [tree.Expr, tree.Expr][] = [];
      this.MANY(() => {
        this.CONSUME(token.Question);
        const then = this.SUBRULE2(this.operation);
        this.CONSUME(token.Colon);
        rest.push([then, this.SUBRULE3(this.operation)]);
      });
      if (rest.length === 0) return first;
      return this.ACTION(() => conditionals(first, rest));
    },
    PART,
  );
  /** `{prefix} operand {operator {prefix} operand}`, put in order by operators.ts. */
  readonly operation = this.RULE(
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
  readonly prefixed = this.RULE(
    'prefixed',
    (): Piece & { kind: 'prefixed' } => {
      let operators: Prefix[] | undefined;
      this.MANY(() => {
        const { image: text, startOffset: start } = this.CONSUME(token.PrefixOperator);
        (operators ??= []).push({ text, start });
      });
      let operand = this.SUBRULE(this.operand);
      this.MANY2(() => {
        this.CONSUME(token.As);
        const type = nameOf(this.CONSUME(token.Word));
        operand = { kind: 'cast', operand, type, start: operand.start, end: type.end };
      });
      return { kind: 'prefixed', operators: operators ?? NONE, operand };
    },
    PART,
  );
  readonly operand = this.RULE(
    'operand',
    (): tree.Expr =>
      this.OR([
        { ALT: () => literal('number', this.CONSUME(token.NumberLiteral)) },
        { ALT: () => literal('quantity', this.CONSUME(token.Quantity)) },
        { ALT: () => literal('string', this.CONSUME(token.StringLiteral)) },
        { ALT: () => literal('date', this.CONSUME(token.DateLiteral)) },
        { ALT: () => this.SUBRULE(this.path) },
        { ALT: () => this.SUBRULE(this.fieldPath) },
        { ALT: () => this.SUBRULE(this.list) },
        {
          ALT: () => {
            this.CONSUME(token.LParen);
            const inner = this.SUBRULE(this.expression);
            this.CONSUME(token.RParen);
            return inner;
          },
        },
      ]),
    PART,
  );
  readonly list = this.RULE(
    'list',
    (): tree.Expr => {
      const items: tree.Expr[] = [];
      const { startOffset: start } = this.CONSUME(token.LBracket);
      this.OPTION(() => {
        items.push(this.SUBRULE(this.expression));
        this.MANY(() => {
          this.CONSUME(token.Comma);
          this.OPTION2(() => items.push(this.SUBRULE2(this.expression)));
        });
      });
      this.CONSUME(token.RBracket);
      return { kind: 'list', items, start, end: this.#end() };
    },
    PART,
  );

  readonly path = this.RULE(
    'path',
    (): tree.PathExpr => {
      const root = nameOf(this.CONSUME(token.Word));
      const steps: tree.Step[] = [];
      this.MANY(() => steps.push(this.SUBRULE(this.step)));
      return { kind: 'path', root, steps, start: root.start, end: this.#end() };
    },
    PART,
  );
  readonly fieldPath = this.RULE(
    'fieldPath',
    (): tree.Expr => {
      const { startOffset: start } = this.LA(1);
      const steps: tree.Step[] = [];
      this.AT_LEAST_ONE(() => steps.push(this.SUBRULE(this.fieldStep)));
      this.MANY(() => steps.push(this.SUBRULE(this.step)));
      return { kind: 'fieldpath', steps, start, end: this.#end() };
    },
    PART,
  );
  readonly step = this.RULE(
    'step',
    (): tree.Step =>
      this.OR([
        { ALT: () => this.SUBRULE(this.fieldStep) },
        {
          ALT: () => {
            const all = this.CONSUME(token.DotStar);
            return { kind: 'all', start: all.startOffset, end: endOf(all) };
          },
        },
        { ALT: () => this.SUBRULE(this.indexStep) },
        {
          ALT: () => {
            const { startOffset: start } = this.CONSUME(token.LParen);
            const args = this.OPTION(() => this.SUBRULE(this.values)) ?? [];
            this.CONSUME(token.RParen);
            return { kind: 'call', args, start, end: this.#end() };
          },
        },
      ]),
    PART,
  );
  readonly fieldStep = this.RULE(
    'fieldStep',
    (): tree.Step => {
      this.CONSUME(token.Dot);
      const { image: name, startOffset: start, endOffset } = this.CONSUME(token.Word);
      return { kind: 'field', name, start, end: (endOffset as number) + 1 };
    },
    PART,
  );
  readonly indexStep = this.RULE(
    'indexStep',
    (): tree.Step => {
      const { startOffset: start } = this.CONSUME(token.LBracket);
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
      const end = this.#end();
      return index === undefined ? { kind: 'all', start, end } : { kind: 'index', index, start, end };
    },
    PART,
  );
}

const NONE: readonly Prefix[] = [];
const place = ({ start, end }: tree.Node): tree.Node => ({ start, end });
const literal = (kind: 'number' | 'quantity' | 'string' | 'date', at: IToken): tree.Expr => ({
  kind,
  text: at.image,
  start: at.startOffset,
  end: endOf(at),
});

function conditionals(first: tree.Expr, rest: readonly [tree.Expr, tree.Expr][]): tree.Expr {
  const conditions = [first, ...rest.map(([, otherwise]) => otherwise)];
  let value = conditions[rest.length] as tree.Expr;
  for (let at = rest.length - 1; at >= 0; at--) {
    const condition = conditions[at] as tree.Expr;
    const [then] = rest[at] as [tree.Expr, tree.Expr];
    value = {
      kind: 'conditional',
      condition,
      then,
      otherwise: value,
      start: condition.start,
      end: value.end,
    };
  }
  return value;
}

let shared: SirenParser | undefined;
/** The parser keeps tables that cost milliseconds to build, and no state between inputs. */
export function parser(): SirenParser {
  return (shared ??= new SirenParser());
}
export { EOF };
