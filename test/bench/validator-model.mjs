// The validator of the bench, as the language would make it.
const span = { file: 'bench.spec', start: 0, end: 0 };
const named = (name) => ({ kind: 'named', name });
const int_type = (bytes) => ({
  kind: 'int',
  name: `u${bytes * 8}`,
  bytes,
  signed: false,
  big_endian: false,
});
const pointer = (name) => ({ kind: 'pointer', to: named(name) });
const struct = (name, bytes, members) => ({
  name,
  from_guest: false,
  bytes,
  span,
  members: members.map(([member, type, offset]) => ({ name: member, type, offset, span })),
});
const int = (value) => ({ kind: 'int', value: BigInt(value), span });
const o = { kind: 'name', name: 'o', span };
const member = (of, ...names) =>
  names.reduce((inner, name) => ({ kind: 'member', of: inner, name, span }), of);
const binary = (operator, left, right) => ({ kind: 'binary', operator, left, right, span });
const requirement = (condition, code) => ({ kind: 'require', condition, code, message: [code], span });
const STATE = {
  kind: 'enum',
  bytes: 1,
  values: ['open', 'filled', 'void'].map((name, value) => ({ name, value: BigInt(value) })),
};

export const FORMULAS = {
  structs: [
    struct('list_head', 16, [
      ['next', pointer('list_head'), 0],
      ['prev', pointer('list_head'), 8],
    ]),
    struct('order', 32, [
      ['link', named('list_head'), 0],
      ['id', int_type(8), 16],
      ['qty', int_type(4), 24],
      ['state', STATE, 28],
    ]),
  ],
  locators: [
    { name: 'orders', shape: 'list', of: named('order'), via: ['link'], from: [{ kind: 'symbol', name: 'order_book', span }], including_head: false, step: [], key: [], label: [], id: ['id'], limit: 1_048_576, shipped: false, span },
  ],
  validators: [
    {
      name: 'orders', repairs: [], codes: [], shipped: false, span,
      body: [
        {
          kind: 'each', name: 'o', over: { kind: 'collection', locator: 'orders', span }, span,
          body: [
            requirement(binary('==', member(o, 'link', 'next', 'prev'), { kind: 'address', of: member(o, 'link'), span }), 'BACKLINK'),
            requirement(binary('in', member(o, 'qty'), { kind: 'range', low: int(1), high: int(1000), span }), 'RANGE'),
            requirement(binary('in', member(o, 'state'), { kind: 'enumeration', type: STATE, span }), 'ENUM'),
          ],
        },
      ],
    },
  ],
}; // prettier-ignore
