/** Virtual time is integer nanoseconds in a number (exact to 104 days). */
export const NS_PER_US = 1_000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_S = 1_000_000_000;
export const PAGE_SIZE = 4096;
export const KIB = 1024;
export const MIB = 1_048_576;
export const GIB = 1_073_741_824;

/**
 * `31.4 ms`, `250 ns`, `1.200281 s`: the largest unit that keeps the number at 1 or above; at most three decimals, and of
 * seconds six: a rescue is over in less than a millisecond.
 */
export function formatTime(time_ns: number): string {
  const size = Math.abs(time_ns);
  if (size >= NS_PER_S) return `${Number((time_ns / NS_PER_S).toFixed(6))} s`;
  const [unit, scale] =
    size >= NS_PER_MS
      ? (['ms', NS_PER_MS] as const)
      : size >= NS_PER_US
        ? (['us', NS_PER_US] as const)
        : ['ns', 1];
  return `${Number((time_ns / scale).toFixed(3))} ${unit}`;
}

/** `64 MiB`, `4 KiB`, `100 B`. */
export function formatSize(bytes: number): string {
  for (const [unit, scale] of [
    ['GiB', GIB],
    ['MiB', MIB],
    ['KiB', KIB],
  ] as const) {
    if (bytes >= scale) return `${Number((bytes / scale).toFixed(3))} ${unit}`;
  }
  return `${bytes} B`;
}
