import { EOF } from './chevrotain.ts';
import type { IParserErrorMessageProvider, IToken, TokenType } from 'chevrotain';
import * as token from './tokens.ts';

const label = (type: TokenType): string => (type === EOF ? 'the end of the file' : (type.LABEL ?? type.name));

/** What was found, in words. */
function found(actual: IToken): string {
  if (actual.tokenType === EOF) return 'the end of the file';
  if (actual.tokenType === token.Terminator) return actual.image === ';' ? '`;`' : 'the end of the line';
  const image = actual.image.length > 40 ? `${actual.image.slice(0, 37)}...` : actual.image;
  return actual.tokenType === token.StringLiteral ? image : `\`${image}\``;
}

/** `a, b or c`, each once. */
function either(labels: readonly string[]): string {
  const unique = [...new Set(labels)];
  if (unique.includes('an operator') && unique.length > 3) return 'a value';
  const last = unique.pop() ?? '';
  return unique.length === 0 ? last : `${unique.join(', ')} or ${last}`;
}

const WHAT: ReadonlyMap<string, string> = new Map([
  ['operand', 'a value'],
  ['member', 'a member, as `name: type`'],
  ['item', 'a sentence'],
  ['declaration', 'a declaration'],
  ['claim', 'a claim, as `guest web is healthy`'],
  ['trigger', '`:` and an action, or actions in braces'],
  ['grant', '`cpus`, `memory` or `device`'],
]);

/** Messages that say what was expected and what was found, in the words of the language. */
export const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage({ expected, actual, ruleName }) {
    const last = expected === token.RBrace && (ruleName === 'body' || ruleName === 'expectation');
    const wanted = last
      ? 'the end of the line or `}`'
      : expected === EOF
        ? 'the end of the line'
        : label(expected);
    return `expected ${wanted}, found ${found(actual)}`;
  },
  buildNotAllInputParsedMessage({ firstRedundant }) {
    return `expected the end of the line, found ${found(firstRedundant)}`;
  },
  buildNoViableAltMessage({ expectedPathsPerAlt, actual, ruleName }) {
    const wanted =
      WHAT.get(ruleName) ??
      either(expectedPathsPerAlt.flatMap((paths) => paths.map((path) => label(path[0] as TokenType))));
    return `expected ${wanted}, found ${found(actual[0] as IToken)}`;
  },
  buildEarlyExitMessage({ expectedIterationPaths, actual, ruleName }) {
    const wanted =
      WHAT.get(ruleName) ?? either(expectedIterationPaths.map((path) => label(path[0] as TokenType)));
    return `expected ${wanted}, found ${found(actual[0] as IToken)}`;
  },
};
