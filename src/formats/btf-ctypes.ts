import type { TypeId } from './btf-format.ts';
import type { BtfBuilder } from './btf-write.ts';

/** The C types that every table of layouts may use without declaring them. */
const BASIC = [
  ['char', 1, 'signed'], ['signed char', 1, 'signed'], ['unsigned char', 1, 'unsigned'], ['_Bool', 1, 'bool'],
  ['short int', 2, 'signed'], ['short unsigned int', 2, 'unsigned'], ['int', 4, 'signed'], ['unsigned int', 4, 'unsigned'],
  ['long int', 8, 'signed'], ['long unsigned int', 8, 'unsigned'], ['long long int', 8, 'signed'],
  ['long long unsigned int', 8, 'unsigned'],
] as const; // prettier-ignore

const TYPEDEFS = [
  ['bool', '_Bool'], ['u8', 'unsigned char'], ['s8', 'signed char'], ['u16', 'short unsigned int'], ['s16', 'short int'],
  ['u32', 'unsigned int'], ['s32', 'int'], ['u64', 'long long unsigned int'], ['s64', 'long long int'],
  ['pid_t', 'int'], ['ktime_t', 's64'], ['size_t', 'long unsigned int'],
] as const; // prettier-ignore

/** Other ways to write the basic types. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['unsigned', 'unsigned int'], ['long', 'long int'], ['unsigned long', 'long unsigned int'],
  ['unsigned long long', 'long long unsigned int'], ['long long', 'long long int'], ['short', 'short int'],
  ['unsigned short', 'short unsigned int'],
]); // prettier-ignore

/**
 * Types by their C text, as a table of layouts states them: `struct list_head *`, `const char *`, `struct hlist_head[576]`,
 * `void (*)(struct timer_list *)`. Structs and unions are declared when first met; the builder's `define` gives them members.
 */
export class CTypes {
  readonly #builder: BtfBuilder;
  readonly #named = new Map<string, TypeId>([['void', 0]]);

  constructor(builder: BtfBuilder) {
    this.#builder = builder;
  }

  /** Number of the type that the text names; undefined when it names nothing that is known. */
  type(text: string): TypeId | undefined {
    const content = text.trim();
    // int[2][3] is two arrays of three: the first bracket is the outermost.
    const array = /^([^[]*)\[(\d{1,9})\]((?:\[\d{1,9}\])*)$/.exec(content);
    if (array) {
      const of = this.type(`${array[1]}${array[3]}`);
      return of === undefined ? undefined : this.#builder.array(of, Number(array[2]));
    }
    if (content.endsWith('*')) {
      const to = this.type(content.slice(0, -1));
      return to === undefined ? undefined : this.#builder.pointer(to);
    }
    const callback = /^([^(]+)\(\*\)\((.*)\)$/s.exec(content);
    if (callback) return this.#callback(callback[1] as string, callback[2] as string);
    const qualified = /^(const|volatile)\s+(.*)$/s.exec(content);
    if (qualified) {
      const of = this.type(qualified[2] as string);
      return of === undefined ? undefined : this.#builder.qualified(qualified[1] as 'const' | 'volatile', of);
    }
    return this.#base(content.replace(/\s+/g, ' '));
  }

  /** Makes `typedef TEXT NAME`. */
  typedef(name: string, text: string): TypeId | undefined {
    const of = this.type(text);
    if (of === undefined) return undefined;
    const id = this.#builder.typedef(name, of);
    this.#named.set(name, id);
    return id;
  }

  /** Makes an enum known under `enum NAME`. */
  enumeration(name: string, bytes: number, values: readonly (readonly [string, number])[]): TypeId {
    const id = this.#builder.enumeration(name, bytes, values);
    this.#named.set(`enum ${name}`, id);
    return id;
  }

  #callback(returns: string, parameters: string): TypeId | undefined {
    const result = this.type(returns);
    const list = parameters.trim() === 'void' || parameters.trim() === '' ? [] : parameters.split(',');
    const types = list.map((parameter) => this.type(parameter));
    if (result === undefined || types.includes(undefined)) return undefined;
    return this.#builder.pointer(
      this.#builder.prototype(
        result,
        types.map((type) => ['', type as TypeId]),
      ),
    );
  }

  #base(text: string): TypeId | undefined {
    const name = SPELLINGS.get(text) ?? text;
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    const tagged = /^(struct|union) ([A-Za-z_]\w*)$/.exec(name);
    const basic = BASIC.find(([spelled]) => spelled === name);
    const alias = TYPEDEFS.find(([spelled]) => spelled === name);
    let id: TypeId | undefined;
    if (tagged) id = this.#builder.declare(tagged[1] as 'struct' | 'union', tagged[2] as string);
    else if (basic) id = this.#builder.int(basic[0], basic[1], basic[2]);
    else if (alias) return this.typedef(alias[0], alias[1]);
    if (id !== undefined) this.#named.set(name, id);
    return id;
  }
}
