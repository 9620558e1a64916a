const leastDigits = 4;
const mostDigits = 17;

/**
 * With as many digits as tell numbers apart that lie `distance` from one another: a metric component is 1 + 1e-6·wave. A `distance` of 0 is
 * not told from its neighbours.
 */
export function formatNumber(value: number, distance = 0): string {
  if (!Number.isFinite(value)) return value < 0 ? '−∞' : Number.isNaN(value) ? 'NaN' : '∞';
  const leading = distance > 0 && value !== 0 ? Math.ceil(Math.log10(Math.abs(value) / distance)) : 0;
  const digits = Math.min(mostDigits, leastDigits + Math.max(0, leading));
  return write(Number(value.toPrecision(digits)));
}

/** With the digits that make this float32, or float64, and no other. */
export function formatExactly(value: number, isFloat32: boolean): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  let digits = isFloat32 ? 1 : mostDigits;
  while (digits < mostDigits && Math.fround(Number(value.toPrecision(digits))) !== value) digits++;
  return write(digits < mostDigits ? Number(value.toPrecision(digits)) : value);
}

/** With an exponent where zeros would be hard to count. */
function write(value: number): string {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e7) ? value.toExponential().replace('e+', 'e') : String(value);
  return text.replaceAll('-', '−');
}
