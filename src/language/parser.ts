import { broken, LINE, nameOf, PART, startOf } from './expression-parser.ts';
import type { Rule } from './expression-parser.ts';
import { LibraryParser } from './library-parser.ts';
import * as token from './tokens.ts';
import type * as tree from './tree.ts';

/**
 * The grammar: LL(1). A sentence that fails is dropped up to its end; what stands in its braces is still read. It knows
 * the heads that have a form of their own and nothing of the vocabulary: a new fault verb or setting never touches it.
 */
class SirenParser extends LibraryParser {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  /** What was read before an error that no rule but the first could end. */
  #declarations: tree.Declaration[] = [];

  readonly file: Rule<tree.FileTree> = this.RULE(
    'file',
    (): tree.FileTree => {
      const declarations: tree.Declaration[] = [];
      this.ACTION(() => (this.#declarations = declarations));
      this.OPTION(() => {
        declarations.push(this.SUBRULE(this.declaration));
        this.ACTION(() => this.endOfLine());
      });
      this.MANY({
        GATE: this.going,
        DEF: () => {
          this.CONSUME(token.Terminator);
          declarations.push(this.SUBRULE2(this.declaration));
          this.ACTION(() => this.endOfLine());
        },
      });
      return { declarations };
    },
    { recoveryValueFunc: () => ({ declarations: this.#declarations }) },
  );

  readonly declaration: Rule<tree.Declaration> = this.RULE(
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

  readonly importDeclaration: Rule<tree.Import> = this.RULE(
    'importDeclaration',
    (): tree.Import => {
      const start = startOf(this.CONSUME(token.Import));
      this.CONSUME(token.LBrace);
      const names = this.SUBRULE(this.names);
      this.CONSUME(token.RBrace);
      this.CONSUME(token.From);
      const from = nameOf(this.CONSUME(token.StringLiteral));
      return { kind: 'import', names, from, start, end: from.end };
    },
    PART,
  );

  readonly tagDeclaration: Rule<tree.Tag> = this.RULE(
    'tagDeclaration',
    (): tree.Tag => {
      const start = startOf(this.CONSUME(token.Tag));
      const name = nameOf(this.CONSUME(token.Word));
      const doc = this.OPTION(() => nameOf(this.CONSUME(token.StringLiteral)));
      return { kind: 'tag', name, ...(doc === undefined ? {} : { doc }), start, end: this.end() };
    },
    PART,
  );

  readonly topologyDeclaration: Rule<tree.Topology> = this.RULE(
    'topologyDeclaration',
    (): tree.Topology => {
      const head = nameOf(this.CONSUME(token.Topology));
      const name = this.SUBRULE(this.topologyName);
      const body = this.SUBRULE(this.body);
      return { kind: 'topology', head, name, body, start: head.start, end: this.end() };
    },
    PART,
  );

  readonly topologyName: Rule<tree.Name> = this.RULE(
    'topologyName',
    (): tree.Name => nameOf(this.CONSUME(token.Word)),
    {
      recoveryValueFunc: (error) => ({ text: '', start: broken(error).start, end: broken(error).end }),
    },
  );

  readonly faultDeclaration: Rule<tree.Fault> = this.RULE(
    'faultDeclaration',
    (): tree.Fault => {
      const start = startOf(this.CONSUME(token.Fault));
      const name = nameOf(this.CONSUME(token.Word));
      const parameters = this.SUBRULE(this.parameters);
      const body = this.SUBRULE(this.body);
      return { kind: 'fault', name, parameters, body, start, end: this.end() };
    },
    PART,
  );

  readonly scenarioDeclaration: Rule<tree.Scenario> = this.RULE(
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
          end: this.end(),
        };
      }
      const { name, tables } = title;
      return { kind: 'scenario', head, name, tables, body, start: head.start, end: this.end() };
    },
    PART,
  );

  /** `STRING {for …}`, carried in a scenario without a body. */
  readonly scenarioTitle: Rule<tree.Scenario | tree.Broken> = this.RULE(
    'scenarioTitle',
    (): tree.Scenario | tree.Broken => {
      const name = nameOf(this.CONSUME(token.StringLiteral));
      const tables: tree.Table[] = [];
      this.MANY(() => tables.push(this.SUBRULE(this.table)));
      return { kind: 'scenario', head: name, name, tables, body: [], start: name.start, end: this.end() };
    },
    LINE,
  );

  readonly table: Rule<tree.Table> = this.RULE(
    'table',
    (): tree.Table => {
      const start = startOf(this.CONSUME(token.For));
      const names = this.SUBRULE(this.names);
      this.CONSUME(token.InWord);
      const values = this.SUBRULE(this.expression);
      return { names, values, start, end: this.end() };
    },
    PART,
  );
}

let shared: SirenParser | undefined;
/** The parser keeps tables that cost milliseconds to build, and no state between inputs. */
export function parser(): SirenParser {
  return (shared ??= new SirenParser());
}
