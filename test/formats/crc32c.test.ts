import { expect, test } from 'vitest';
import fc from 'fast-check';
import { crc32c } from '../../src/formats/crc32c.ts';

const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);

// RFC 3720, appendix B.4.
test.each([
  ['"123456789"', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31', ascending, 0x46dd794e],
  ['nothing', new Uint8Array(0), 0],
])('the checksum of %s is the published one', (_, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum);
});

test('a checksum can be continued at any byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      const at = Math.min(cut, bytes.length);
      expect(crc32c(bytes, at, bytes.length, crc32c(bytes, 0, at))).toBe(crc32c(bytes));
    }),
  );
});

test('every single flipped bit changes the checksum', () => {
  const whole = crc32c(ascending);
  for (let bit = 0; bit < 256; bit++) {
    const flipped = ascending.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(crc32c(flipped)).not.toBe(whole);
  }
});
