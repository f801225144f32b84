import { LINE, nameOf, PART, startOf } from './expression-parser.ts';
import type { Rule } from './expression-parser.ts';
import { SentenceParser } from './sentence-parser.ts';
import * as token from './tokens.ts';
import type * as tree from './tree.ts';

/** Types, and the members of structs and unions. */
export class TypeParser extends SentenceParser {
  readonly members: Rule<(tree.Member | tree.Broken)[]> = this.RULE(
    'members',
    (): (tree.Member | tree.Broken)[] => {
      const members: (tree.Member | tree.Broken)[] = [];
      this.CONSUME(token.LBrace);
      this.OPTION(() => members.push(this.SUBRULE(this.member)));
      this.MANY({
        GATE: this.going,
        DEF: () => {
          this.CONSUME(token.Terminator);
          members.push(this.SUBRULE2(this.member));
        },
      });
      this.CONSUME(token.RBrace);
      return members;
    },
    PART,
  );

  /** `name: type`, `flags: u32 bits 3`, `: union { … }`. */
  readonly member: Rule<tree.Member | tree.Broken> = this.RULE(
    'member',
    (): tree.Member | tree.Broken => {
      const start = startOf(this.LA(1));
      const name = this.OPTION(() => nameOf(this.CONSUME(token.Word)));
      this.CONSUME(token.Colon);
      const type = this.SUBRULE(this.type);
      const clauses = this.SUBRULE(this.clauses);
      const some = name === undefined ? {} : { name };
      return { kind: 'member', ...some, type, clauses, start, end: this.end() };
    },
    LINE,
  );

  readonly type: Rule<tree.TypeExpr> = this.RULE(
    'type',
    (): tree.TypeExpr => {
      const start = startOf(this.LA(1));
      let pointers = 0;
      this.MANY(() => {
        this.CONSUME(token.Star);
        pointers++;
      });
      const base = this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [
          { ALT: () => this.SUBRULE(this.enumeration) },
          { ALT: () => this.SUBRULE(this.aggregate) },
          {
            ALT: (): tree.TypeBase => ({ kind: 'name', name: nameOf(this.CONSUME(token.Word)) }),
          },
        ],
      });
      const lengths: (tree.Expr | undefined)[] = [];
      this.MANY2(() => {
        this.CONSUME(token.LBracket);
        lengths.push(this.OPTION(() => this.SUBRULE(this.expression)));
        this.CONSUME(token.RBracket);
      });
      return { pointers, base, lengths, start, end: this.end() };
    },
    PART,
  );

  /** `enum u8 { open = 0, filled = 1 }`; a value that is not given is one more than the one before. */
  readonly enumeration: Rule<tree.TypeBase> = this.RULE(
    'enumeration',
    (): tree.TypeBase => {
      this.CONSUME(token.Enum);
      const name = this.OPTION(() => nameOf(this.CONSUME(token.Word)));
      this.CONSUME(token.LBrace);
      const values = [this.SUBRULE(this.enumValue)];
      this.MANY(() => {
        this.CONSUME(token.Comma);
        this.OPTION2(() => values.push(this.SUBRULE2(this.enumValue)));
      });
      this.CONSUME(token.RBrace);
      return { kind: 'enum', ...(name === undefined ? {} : { name }), values };
    },
    PART,
  );

  readonly enumValue: Rule<tree.EnumValue> = this.RULE(
    'enumValue',
    (): tree.EnumValue => {
      const name = nameOf(this.CONSUME(token.Word));
      const value = this.OPTION(() => {
        this.CONSUME(token.Equal);
        return this.SUBRULE(this.expression);
      });
      return { name, ...(value === undefined ? {} : { value }) };
    },
    PART,
  );

  readonly aggregate: Rule<tree.TypeBase> = this.RULE(
    'aggregate',
    (): tree.TypeBase => {
      const kind = this.OR([
        {
          ALT: (): 'struct' => {
            this.CONSUME(token.Struct);
            return 'struct';
          },
        },
        {
          ALT: (): 'union' => {
            this.CONSUME(token.Union);
            return 'union';
          },
        },
      ]);
      const members = this.SUBRULE(this.members);
      return { kind, members };
    },
    PART,
  );
}
