// What is used of the parser's library. The build puts its bundle in place of this file: the package loads all 640
// files of lodash-es, which takes longer than compiling a spec.
export { createToken, EmbeddedActionsParser, EOF, Lexer, MismatchedTokenException } from 'chevrotain';
