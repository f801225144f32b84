import { nameOf, PART } from './expression-parser.ts';
import type { Rule } from './expression-parser.ts';
import { SentenceParser } from './sentence-parser.ts';
import * as token from './tokens.ts';
import type * as tree from './tree.ts';

/** Declarations of a later version: their form is read, so that one of them costs no other line of the file. */
export class LibraryParser extends SentenceParser {
  readonly defDeclaration: Rule<tree.Later> = this.RULE(
    'defDeclaration',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Def));
      const name = nameOf(this.CONSUME(token.Word));
      this.SUBRULE(this.parameters);
      this.CONSUME(token.Equal);
      this.SUBRULE(this.expression);
      return { kind: 'later', head, name, start: head.start, end: this.end() };
    },
    PART,
  );

  readonly structDeclaration: Rule<tree.Later> = this.RULE(
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
      return { kind: 'later', head, name, start: head.start, end: this.end() };
    },
    PART,
  );

  readonly member: Rule<void> = this.RULE('member', (): void => {
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

  readonly locatorDeclaration: Rule<tree.Later> = this.RULE(
    'locatorDeclaration',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Locator));
      const name = nameOf(this.CONSUME(token.Word));
      this.CONSUME(token.Colon);
      this.CONSUME2(token.Word);
      this.SUBRULE(this.clauses);
      return { kind: 'later', head, name, start: head.start, end: this.end() };
    },
    PART,
  );

  readonly validatorDeclaration: Rule<tree.Later> = this.RULE(
    'validatorDeclaration',
    (): tree.Later => {
      const head = nameOf(this.CONSUME(token.Validator));
      const name = nameOf(this.CONSUME(token.Word));
      this.SUBRULE(this.clauses);
      this.SUBRULE(this.body);
      return { kind: 'later', head, name, start: head.start, end: this.end() };
    },
    PART,
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
