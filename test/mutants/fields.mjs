/**
 * One-line mutations of how numbers lie in memory: who reads and writes them, and the test or spec that each must not
 * survive.
 */
export const mutants = [
  {
    id: 'neighbours-of-a-bit-field-stay',
    file: 'src/model/number-field.ts',
    from: '(wordOf(field, unit) & ~mask) |',
    to: '',
    killer: 'test/structure/repair/fields.test.ts',
  },
  {
    id: 'the-most-significant-byte-first',
    file: 'src/model/number-field.ts',
    from: 'unit[big_endian ? bytes - 1 - index : index]',
    to: 'unit[index]',
    killer: 'test/model/number-field.test.ts',
  },
  {
    id: 'a-number-that-does-not-fit',
    file: 'src/model/number-field.ts',
    from: 'return BigInt.asUintN(width, bits) === bits ||',
    to: 'return true ||',
    killer: 'test/structure/repair/fields.test.ts',
  },
  {
    id: 'a-repair-writes-as-its-field-holds',
    file: 'src/structure/reporting.ts',
    from: 'one.field = this.tables.fields.items[field];',
    to: '',
    killer: 'test/structure/repair/fields.test.ts',
  },
  {
    id: 'a-bit-field-is-read-among-its-neighbours',
    file: 'src/place/read.ts',
    from: "if (place.kind === 'bytes' && place.number)",
    to: 'if (false)',
    killer: 'test/place/simulated-guest.test.ts',
  },
  {
    id: 'a-place-has-the-order-of-its-type',
    file: 'src/place/bytes-at.ts',
    from: 'field.big_endian || isBitField(field)',
    to: 'isBitField(field)',
    killer: 'specs/structures/fields.spec',
  },
  {
    id: 'a-fault-keeps-to-its-bits',
    file: 'src/fault/verbs/bytes.ts',
    from: 'const after = within(place, before, change(before));',
    to: 'const after = change(before);',
    killer: 'specs/structures/fields.spec',
  },
  {
    id: 'a-counter-is-held-to-its-room',
    file: 'src/language/app-fields.ts',
    from: 'value.from + value.step * BigInt(count - 1)',
    to: 'value.from',
    killer: 'test/language/golden.test.ts',
  },
  {
    id: 'what-is-signed-holds-less',
    file: 'src/model/number-field.ts',
    from: 'return signed ? { low: -half, high: half - 1n } :',
    to: 'return',
    killer: 'test/model/number-field.test.ts',
  },
  {
    id: 'arrays-of-arrays-are-filled',
    file: 'src/targets/sim/guest/user/app/spots.ts',
    from: 'entries * at.count]',
    to: 'entries]',
    killer: 'specs/structures/fields.spec',
  },
  {
    id: 'what-is-not-built-is-an-error',
    file: 'src/runner/execute.ts',
    from: 'if (problems.length === 0) return undefined;',
    to: 'if (problems.length >= 0) return undefined;',
    killer: 'test/runner/not-built.test.ts',
  },
];
