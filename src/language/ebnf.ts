import { LATER } from '../model/later.ts';
import { parser } from './parser.ts';
import { KEYWORDS } from './tokens.ts';

/** Chevrotain's serialized grammar, as far as it is read here. */
export interface Production {
  readonly type: string;
  readonly definition?: readonly Production[];
  readonly name?: string;
  readonly nonTerminalName?: string;
  readonly label?: string;
  readonly terminalLabel?: string;
  readonly separator?: Production;
}

const LEXICAL = `(* Tokens. A quantity is one token; blanks may stand between its number and its unit: \`10 ms\` is \`10ms\`. After \`(\`, \`[\`, \`:\`, \`,\`, an operator, and before \`else\`, a newline means nothing; nor does it in a \`locator\` before its clauses. *)
Terminator     = newline | ";" ;
Word           = ( letter | "_" ) { letter | digit | "_" } ;
Number         = digit { digit | "_" } | "0x" hexdigit { hexdigit | "_" } | "0b" ( "0" | "1" ) { "0" | "1" | "_" } ;
Quantity       = digit { digit | "_" } [ "." digit { digit } ]
                 { " " | tab } ( "ns" | "us" | "ms" | "s" | "min" | "h" | "B" | "KiB" | "MiB" | "GiB" | "TiB" | "%" ) ;
Date           = digit digit digit digit "-" digit digit "-" digit digit ;
String         = '"' { character | "\\\\" character } '"' ;
PrefixOperator = "not" | "-" | "~" | "&" ;
BinaryOperator = "or" | "and" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "contains" | ".."
               | "|" | "^" | "&" | "<<" | ">>" | "+" | "-" | "*" | "/" | "mod" ;   (* loosest first; \`not\` binds looser than \`==\` *)
Comment        = "#" { character } newline ;    (* "##" documents the declaration below *)
`;

const laterOnes = (kind: 'setting' | 'verb'): string =>
  [...LATER].flatMap(([word, { of }]) => (of === kind ? [word] : [])).join(' ');
const MARK = ' (* later version *)';
/** Rules and words that are read and answered with E0209: they are of a later version. */
const NOT_YET = new Set(['campaignDeclaration']);

/** The parser's rules, `file` first. */
export function grammarRules(): readonly Production[] {
  const productions = parser().getSerializedGastProductions() as readonly Production[];
  const first = productions.findIndex((rule) => rule.name === 'file');
  return [...productions.slice(first), ...productions.slice(0, first)];
}

/** The grammar as EBNF (ISO 14977), from the parser itself. */
export function ebnf(): string {
  const rules = grammarRules();
  const reserved = [...KEYWORDS].filter(([, type]) =>
    (type.CATEGORIES ?? []).every((one) => one.name !== 'Word'),
  );
  const head = `(* The Siren language. Generated from the parser by \`npm run grammar\`; do not edit.
   Reserved: ${reserved.map(([word]) => word).join(' ')}. Every other word in quotes is a Word wherever a Word may stand, and after a dot all are.
   What is marked "later version" is read, so that the rest of a file can be checked, and answered with E0209. So are sentences that
   have no form of their own: in an ambulance ${laterOnes('setting')};
   of verbs ${laterOnes('verb')}. *)

`;
  const body = rules
    .map(
      (rule) =>
        `${rule.name} =${NOT_YET.has(rule.name ?? '') ? MARK : ''}\n    ${sequence(rule.definition ?? [], '\n    ')} ;\n`,
    )
    .join('\n');
  return `${head}${body}\n${LEXICAL}`;
}

function sequence(parts: readonly Production[], between = ' '): string {
  const only = parts[0];
  if (parts.length === 1 && only?.type === 'Alternation') {
    return alternatives(only).join(between === ' ' ? ' | ' : `${between}| `);
  }
  return parts.map(term).join(' ');
}

function alternatives(alternation: Production): string[] {
  return (alternation.definition ?? []).map((one) => sequence(one.definition ?? []));
}

function term(part: Production): string {
  const inner = part.definition ?? [];
  switch (part.type) {
    case 'Terminal':
      return marked(terminal(part));
    case 'NonTerminal':
      return marked(part.nonTerminalName ?? part.name ?? '');
    case 'Option':
      return `[ ${sequence(inner)} ]`;
    case 'Repetition':
      return `{ ${sequence(inner)} }`;
    case 'RepetitionMandatory':
      return `${group(inner)} { ${sequence(inner)} }`;
    case 'RepetitionMandatoryWithSeparator':
      return `${group(inner)} { ${part.separator === undefined ? '' : terminal(part.separator)} ${sequence(inner)} }`;
    case 'Alternation':
      return `( ${alternatives(part).join(' | ')} )`;
    default:
      return sequence(inner);
  }
}

function marked(text: string): string {
  return NOT_YET.has(text) ? text + MARK : text;
}

function group(parts: readonly Production[]): string {
  return parts.length > 1 ? `( ${sequence(parts)} )` : sequence(parts);
}

/** Punctuation and keywords by what is written, classes of tokens by their name. */
function terminal(part: Production): string {
  const quoted = /^`(.*)`$/.exec(part.label ?? '');
  return quoted === null ? (part.name ?? '') : `"${quoted[1]}"`;
}
