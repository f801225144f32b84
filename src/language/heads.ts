import type { IToken, TokenType } from 'chevrotain';
import * as token from './tokens.ts';

/**
 * Where a reserved word is a name all the same: at a member's place. C has structs with members called `in` and `mod`;
 * before a colon, and where an application fills its elements, nothing else can be meant.
 */
export class Heads {
  /** The word that the sentence begins with. */
  #head = '';
  /** How many braces are open in the body of an `app`; 0 outside of one. */
  #app = 0;
  #bodies = 0;

  begin(word: string): void {
    this.#head = word;
  }

  open(bodies: number): void {
    this.#bodies = bodies;
    if (this.#app === 0 && this.#head === 'app') this.#app = bodies;
  }

  close(bodies: number): void {
    this.#bodies = bodies;
    if (bodies < this.#app) this.#app = 0;
  }

  /** True for a reserved word that heads a member, or what a member is filled with. */
  isName(keyword: TokenType, next: IToken | undefined): boolean {
    const reserved = keyword.CATEGORIES?.includes(token.Word) !== true && keyword !== token.Else;
    if (!reserved || this.#bodies === 0) return false;
    return next?.tokenType === token.Colon || (this.#app > 0 && this.#bodies > this.#app);
  }
}
