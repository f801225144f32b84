import { LINE, nameOf, PART } from './expression-parser.ts';
import type { Rule } from './expression-parser.ts';
import * as token from './tokens.ts';
import { TypeParser } from './type-parser.ts';
import type * as tree from './tree.ts';

/** Declarations of structures: what they are made of, where they are, what must hold. */
export class LibraryParser extends TypeParser {
  readonly defDeclaration: Rule<tree.Def> = this.RULE(
    'defDeclaration',
    (): tree.Def => {
      const head = nameOf(this.CONSUME(token.Def));
      const name = nameOf(this.CONSUME(token.Word));
      const parameters = this.SUBRULE(this.parameters);
      this.CONSUME(token.Equal);
      const value = this.SUBRULE(this.expression);
      return { kind: 'def', head, name, parameters, value, start: head.start, end: this.end() };
    },
    PART,
  );

  readonly structDeclaration: Rule<tree.Struct> = this.RULE(
    'structDeclaration',
    (): tree.Struct => {
      const head = nameOf(this.CONSUME(token.Struct));
      const name = nameOf(this.CONSUME(token.Word));
      const clauses = this.SUBRULE(this.clauses);
      const members = this.OPTION(() => this.SUBRULE(this.members));
      const some = members === undefined ? {} : { members };
      return { kind: 'struct', head, name, clauses, ...some, start: head.start, end: this.end() };
    },
    PART,
  );

  readonly locatorDeclaration: Rule<tree.Locator> = this.RULE(
    'locatorDeclaration',
    (): tree.Locator => {
      const head = nameOf(this.CONSUME(token.Locator));
      const name = nameOf(this.CONSUME(token.Word));
      const parent = this.OPTION(() => {
        this.CONSUME(token.InWord);
        return nameOf(this.CONSUME2(token.Word));
      });
      this.CONSUME(token.Colon);
      const shape = nameOf(this.CONSUME3(token.Word));
      const of = this.OPTION2(() => {
        this.CONSUME(token.Of);
        return this.SUBRULE(this.type);
      });
      const clauses = this.SUBRULE(this.clauses);
      const [start, end] = [head.start, this.end()];
      return {
        kind: 'locator',
        head,
        name,
        ...(parent === undefined ? {} : { parent }),
        shape,
        ...(of === undefined ? {} : { of }),
        clauses,
        start,
        end,
      };
    },
    PART,
  );

  readonly validatorDeclaration: Rule<tree.Validator> = this.RULE(
    'validatorDeclaration',
    (): tree.Validator => {
      const head = nameOf(this.CONSUME(token.Validator));
      const name = nameOf(this.CONSUME(token.Word));
      const clauses = this.SUBRULE(this.clauses);
      const body = this.SUBRULE(this.statements);
      return { kind: 'validator', head, name, clauses, body, start: head.start, end: this.end() };
    },
    PART,
  );

  readonly statements: Rule<tree.Statement[]> = this.RULE(
    'statements',
    (): tree.Statement[] => {
      const statements: tree.Statement[] = [];
      this.CONSUME(token.LBrace);
      this.OPTION(() => statements.push(this.SUBRULE(this.statement)));
      this.MANY({
        GATE: this.going,
        DEF: () => {
          this.CONSUME(token.Terminator);
          statements.push(this.SUBRULE2(this.statement));
        },
      });
      this.CONSUME(token.RBrace);
      return statements;
    },
    PART,
  );

  readonly statement: Rule<tree.Statement> = this.RULE(
    'statement',
    (): tree.Statement =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { ALT: () => this.SUBRULE(this.letDeclaration) },
          { ALT: () => this.SUBRULE(this.requirement) },
          { ALT: () => this.SUBRULE(this.eachStatement) },
          { ALT: () => this.SUBRULE(this.ifStatement) },
          { ALT: () => this.SUBRULE(this.walkStatement) },
          { ALT: () => this.SUBRULE(this.repair) },
          { ALT: () => this.SUBRULE(this.sentence) },
        ],
      }),
    LINE,
  );

  readonly eachStatement: Rule<tree.Each | tree.Broken> = this.RULE(
    'eachStatement',
    (): tree.Each | tree.Broken => {
      const start = this.SUBRULE(this.eachHead) as tree.Each | tree.Broken;
      const body = this.SUBRULE(this.statements);
      return start.kind === 'broken' ? start : { ...start, body, end: this.end() };
    },
    PART,
  );

  /** A loop without its body: what is wrong here does not take the body along. */
  readonly eachHead: Rule<tree.Each | tree.Broken> = this.RULE(
    'eachHead',
    (): tree.Each | tree.Broken => {
      const head = nameOf(this.CONSUME(token.Each));
      const name = nameOf(this.CONSUME(token.Word));
      this.CONSUME(token.InWord);
      const over = this.SUBRULE(this.expression);
      const clauses = this.SUBRULE(this.clauses);
      return { kind: 'each', head, name, over, clauses, body: [], start: head.start, end: this.end() };
    },
    LINE,
  );

  readonly ifStatement: Rule<tree.If | tree.Broken> = this.RULE(
    'ifStatement',
    (): tree.If | tree.Broken => {
      const start = this.SUBRULE(this.ifHead) as tree.If | tree.Broken;
      const body = this.SUBRULE(this.statements);
      return start.kind === 'broken' ? start : { ...start, body, end: this.end() };
    },
    PART,
  );

  readonly ifHead: Rule<tree.If | tree.Broken> = this.RULE(
    'ifHead',
    (): tree.If | tree.Broken => {
      const head = nameOf(this.CONSUME(token.If));
      const condition = this.SUBRULE(this.expression);
      return { kind: 'if', head, condition, body: [], start: head.start, end: this.end() };
    },
    LINE,
  );

  readonly walkStatement: Rule<tree.Walk | tree.Broken> = this.RULE(
    'walkStatement',
    (): tree.Walk | tree.Broken => {
      const start = this.SUBRULE(this.walkHead) as tree.Walk | tree.Broken;
      const body = this.SUBRULE(this.statements);
      return start.kind === 'broken' ? start : { ...start, body, end: this.end() };
    },
    PART,
  );

  readonly walkHead: Rule<tree.Walk | tree.Broken> = this.RULE(
    'walkHead',
    (): tree.Walk | tree.Broken => {
      const head = nameOf(this.CONSUME(token.Walk));
      const name = nameOf(this.CONSUME(token.Word));
      const clauses = this.SUBRULE(this.clauses);
      return { kind: 'walk', head, name, clauses, body: [], start: head.start, end: this.end() };
    },
    LINE,
  );

  readonly campaignDeclaration: Rule<tree.Later> = this.RULE(
    'campaignDeclaration',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Campaign));
      this.CONSUME(token.StringLiteral);
      this.SUBRULE(this.body);
      return { kind: 'later', head, start: head.start, end: this.end() };
    },
    PART,
  );
}
