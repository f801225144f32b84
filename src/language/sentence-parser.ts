import { ExpressionParser, LINE, nameOf, PART, startOf } from './expression-parser.ts';
import type { Rule } from './expression-parser.ts';
import * as token from './tokens.ts';
import type * as tree from './tree.ts';

/** What stands in braces: sentences, triggers, claims. */
export class SentenceParser extends ExpressionParser {
  readonly body: Rule<tree.Item[]> = this.RULE(
    'body',
    (): tree.Item[] => {
      const items: tree.Item[] = [];
      this.CONSUME(token.LBrace);
      this.OPTION(() => items.push(this.SUBRULE(this.item)));
      this.MANY({
        GATE: this.going,
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

  #items: { IGNORE_AMBIGUITIES: true; DEF: { ALT: () => tree.Item }[] } | undefined;
  readonly item: Rule<tree.Item> = this.RULE(
    'item',
    (): tree.Item =>
      this.OR(
        (this.#items ??= {
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
      ),
    LINE,
  );

  readonly letDeclaration: Rule<tree.Let> = this.RULE(
    'letDeclaration',
    (): tree.Let => {
      const start = startOf(this.CONSUME(token.Let));
      const name = nameOf(this.CONSUME(token.Word));
      this.CONSUME(token.Equal);
      const value = this.SUBRULE(this.expression);
      return { kind: 'let', name, value, start, end: this.end() };
    },
    PART,
  );

  /** `owns cpus 0..1`: clauses only, at least one. */
  readonly grant: Rule<tree.Phrase> = this.RULE(
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
      return { kind: 'phrase', head, values: [], clauses, start: head.start, end: this.end() };
    },
    PART,
  );

  /** Settings, blocks and actions alike. */
  readonly sentence: Rule<tree.Phrase | tree.Broken> = this.RULE(
    'sentence',
    (): tree.Phrase | tree.Broken => {
      const phrase = this.SUBRULE(this.phrase) as tree.Phrase | tree.Broken;
      const body = this.OPTION(() => this.SUBRULE(this.body));
      if (body === undefined || phrase.kind === 'broken') return phrase;
      // Member by member: of a spread with more behind it the engine makes a kind of object for each time.
      return this.ACTION(() => {
        const { kind, head, values, clauses, start } = phrase;
        return { kind, head, values, clauses, body, start, end: this.end() };
      });
    },
    PART,
  );

  readonly phrase: Rule<tree.Phrase | tree.Broken> = this.RULE(
    'phrase',
    (): tree.Phrase | tree.Broken => {
      const head = nameOf(this.CONSUME(token.Word));
      const values = this.OPTION(() => this.SUBRULE(this.values)) ?? [];
      const clauses = this.SUBRULE(this.clauses);
      return { kind: 'phrase', head, values, clauses, start: head.start, end: this.end() };
    },
    LINE,
  );

  readonly trigger: Rule<tree.Trigger | tree.Broken> = this.RULE(
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
      return { ...start, actions, end: this.end() };
    },
    PART,
  );

  readonly triggerHead: Rule<tree.Trigger | tree.Broken> = this.RULE(
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
        end: this.end(),
      };
    },
    LINE,
  );

  readonly expectation: Rule<tree.Expect> = this.RULE(
    'expectation',
    (): tree.Expect => {
      const head = nameOf(this.CONSUME(token.Expect));
      const claims: (tree.Claim | tree.Broken)[] = [];
      this.CONSUME(token.LBrace);
      this.OPTION(() => claims.push(this.SUBRULE(this.claim)));
      this.MANY({
        GATE: this.going,
        DEF: () => {
          this.CONSUME(token.Terminator);
          claims.push(this.SUBRULE2(this.claim));
        },
      });
      this.CONSUME(token.RBrace);
      return { kind: 'expect', head, claims, start: head.start, end: this.end() };
    },
    PART,
  );

  readonly claim: Rule<tree.Claim | tree.Broken> = this.RULE(
    'claim',
    (): tree.Claim | tree.Broken =>
      this.OR({
        IGNORE_AMBIGUITIES: true,
        DEF: [{ ALT: () => this.SUBRULE(this.checkClaim) }, { ALT: () => this.SUBRULE(this.stateClaim) }],
      }),
    LINE,
  );

  readonly checkClaim: Rule<tree.Claim> = this.RULE(
    'checkClaim',
    (): tree.Claim => {
      const observer = nameOf(this.CONSUME(token.Check));
      const condition = this.SUBRULE(this.expression);
      const clauses = this.SUBRULE(this.clauses);
      const [start, end] = [observer.start, this.end()];
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

  readonly stateClaim: Rule<tree.Claim> = this.RULE(
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
        end: this.end(),
      };
    },
    PART,
  );

  readonly requirement: Rule<tree.Require> = this.RULE(
    'requirement',
    (): tree.Require => {
      const head = nameOf(this.CONSUME(token.Require));
      const condition = this.SUBRULE(this.expression);
      const clauses = this.SUBRULE(this.clauses);
      this.CONSUME(token.Else);
      const code = nameOf(this.CONSUME(token.Word));
      const message = nameOf(this.CONSUME(token.StringLiteral));
      return {
        kind: 'require',
        head,
        condition,
        clauses,
        code,
        message,
        start: head.start,
        end: message.end,
      };
    },
    PART,
  );

  readonly repair: Rule<tree.Repair> = this.RULE(
    'repair',
    (): tree.Repair => {
      const head = nameOf(this.CONSUME(token.Repair));
      const codes = this.SUBRULE(this.names);
      const steps = this.OR([
        {
          ALT: (): tree.Item[] => {
            this.CONSUME(token.Colon);
            return [this.SUBRULE(this.sentence)];
          },
        },
        { ALT: () => this.SUBRULE(this.body) },
      ]);
      return { kind: 'repair', head, codes, steps, start: head.start, end: this.end() };
    },
    PART,
  );
}
