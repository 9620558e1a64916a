/**
 * The eight-bit float E4M3FN (Micikevicius et al., FP8 formats for deep learning, 2022, section 3): a sign, four bits of exponent with
 * bias 7, three of mantissa; no infinities, and NaN where all bits but the sign are set. Its largest number is 448, its smallest
 * above 0 is 2⁻⁹.
 */

export const largestFloat8 = 448;
/** 2⁻⁹: the distance of neighbours below 2⁻⁶. Numbers of a binade 2ᵉ above are 2^(e − 3) apart. */
const smallest = 2 ** -9;
const leastExponent = -6;

/**
 * The scale that puts a value's largest magnitude in calibration at a quarter of the largest number: a float is as exact there, and
 * what is four times larger does not saturate.
 */
export function float8Scale(largest: number): number {
  return largest > 0 ? (4 * largest) / largestFloat8 : 1;
}

/** The float32 that each byte stands for. */
export const float8Values: Float32Array<ArrayBuffer> = Float32Array.from({ length: 256 }, (_, code) => {
  const sign = code & 0x80 ? -1 : 1;
  const exponent = (code >> 3) & 0xf;
  const mantissa = code & 0x7;
  if (exponent === 0xf && mantissa === 0x7) return Number.NaN;
  return sign * (exponent === 0 ? mantissa * smallest : (8 + mantissa) * 2 ** (exponent - 10));
});

/** The nearest number's byte, of two that are as near the one with an even mantissa; what is beyond 448 becomes 448. */
export function encodeFloat8(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x80 : 0;
  if (Number.isNaN(value)) return 0x7f;
  const size = Math.min(Math.abs(value), largestFloat8);
  const exponent = size < 2 ** leastExponent ? leastExponent : Math.floor(Math.log2(size));
  // Counted in steps of its binade: 8 to 15 in a binade, 16 where rounding leads into the next, 0 to 7 below all.
  const steps = roundToEven(size / 2 ** (exponent - 3));
  return sign | (8 * (exponent - leastExponent) + steps);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
