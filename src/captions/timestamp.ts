/** Formats milliseconds as `01:02:03.456`; hours have as many digits as they need, at least two. */
export function timestamp(ms: number, decimalMark = '.'): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${decimalMark}${String(ms % 1000).padStart(3, '0')}`;
}
