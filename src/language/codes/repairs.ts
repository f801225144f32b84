import type { LanguageCode } from './doc.ts';

const validator = (repair: string): string => `struct order {
  link: list_head
  id: u64
  crc: u32
}
locator orders: list of order via link from symbols["order_book"] space tasks["shop"].mm
validator orders {
  each o in orders { require o.id < 1000 else RANGE "order {o.id}" }
  ${repair}
}
`;

/** What a repair cannot do, whatever lies in memory. */
export const REPAIR_CODES: readonly LanguageCode[] = [
  {
    code: 'E1059',
    title: 'a repair that does nothing',
    doc: '`release` takes a lock, or says what its word is then; `unlink` and `quarantine` take an element of a structure that hangs together by links, or a pointer to one; `rearm` hangs one into an `hlist` or a `tree`; `relink` writes a link that others say, too; and `recount` needs a requirement that says by `expected` what the number should be.',
    frame: 'file',
    bad: validator('repair RANGE: unlink o.id'),
    mended: validator('repair RANGE: unlink o'),
  },
];
