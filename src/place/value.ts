import { addressHex } from '../base/address.ts';
import { formatSize, formatTime } from '../base/units.ts';
import type { PathStep } from '../model/expression.ts';
import type { Place } from './place.ts';

/**
 * What an expression comes to in a run. Integers are exact; bytes of memory arrive through `place` and are read where a
 * number is needed.
 */
export type Value =
  | { readonly kind: 'int'; readonly value: bigint }
  /** Integer nanoseconds. */
  | { readonly kind: 'time'; readonly value: number }
  | { readonly kind: 'size'; readonly value: number }
  /** A plain ratio: 30% is 0.3. */
  | { readonly kind: 'percent'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'place'; readonly value: Place }
  | { readonly kind: 'fieldpath'; readonly steps: readonly PathStep[] }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'range'; readonly low: bigint; readonly high: bigint };

/** As a spec would write it, or nearly: for `seen` texts. */
export function formatValue(value: Value): string {
  switch (value.kind) {
    case 'int':
      return formatInteger(value.value);
    case 'time':
      return formatTime(value.value);
    case 'size':
      return formatSize(value.value);
    case 'percent':
      return `${Number((value.value * 100).toFixed(3))}%`;
    case 'string':
      return JSON.stringify(value.value.length > 80 ? `${value.value.slice(0, 80)}…` : value.value);
    case 'word':
      return value.value;
    case 'bool':
      return String(value.value);
    case 'place':
      return value.value.text;
    case 'fieldpath':
      return 'a field path';
    case 'list':
      return `[${value.items.map(formatValue).join(', ')}]`;
    case 'range':
      return `${value.low}..${value.high}`;
  }
}

function formatInteger(value: bigint): string {
  if (value > -0x1_0000_0000n && value < 0x1_0000_0000n) return value.toString();
  return `0x${addressHex(value)}`;
}
