/**
 * Why a kernel died or a task was killed, as numbers that fit a register; the words are model/vocabulary.ts's
 * GUEST_SIGNS.
 */
export const SIGNS = [
  'oops',
  'list_bug',
  'bug',
  'page_fault',
  'null_pointer',
  'general_protection',
  'invalid_opcode',
  'stack_end',
  'soft_lockup',
  'hard_lockup',
  'double_fault',
  'request',
  'slub_bug',
] as const;

export type Sign = (typeof SIGNS)[number];

export function signNumber(sign: Sign): number {
  return SIGNS.indexOf(sign);
}
