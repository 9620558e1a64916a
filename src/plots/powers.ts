/** Logarithmic axes. */

/** A domain from one power of ten to another that holds all values, and ticks at those between; few, where there are many. */
export function wholePowers(values: readonly number[]): { domain: [number, number]; ticks: number[] } {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    if (value > 0 && value < least) least = value;
    if (value > most && value < Number.POSITIVE_INFINITY) most = value;
  }
  if (least > most) [least, most] = [0.1, 1];
  const [first, last] = [Math.floor(Math.log10(least) + 1e-9), Math.ceil(Math.log10(most) - 1e-9)];
  const end = Math.max(last, first + 1);
  const step = Math.ceil((end - first) / 10);
  const exponents = Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, i) => first + i * step);
  return { domain: [power(first), power(end)], ticks: exponents.map(power) };
}

/** Exactly: 10 ** −5 is 0.000009999999999999999. */
function power(exponent: number): number {
  return Number(`1e${exponent}`);
}

const superscripts = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/** 1, 10, 10⁻⁵. */
export function powerOfTen(value: number): string {
  const exponent = Math.round(Math.log10(value));
  if (exponent === 0 || exponent === 1) return String(10 ** exponent);
  const digits = [...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]).join('');
  return `10${exponent < 0 ? '⁻' : ''}${digits}`;
}

export function longest(names: readonly string[]): number {
  return names.reduce((most, { length }) => Math.max(most, length), 0);
}
