/** A virtual time to the nanosecond, in milliseconds: two that differ never read alike. */
export function formatMoment(time_ns: number): string {
  return `${(time_ns / 1e6).toFixed(6)} ms`;
}
