/** Throws, naming the first index, unless |actual − expected| ≤ tolerance(expected, index) everywhere. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: (expected: number, index: number) => number,
  what: string,
): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}: ${actual.length} values, expected ${expected.length} values`);
  for (let i = 0; i < expected.length; i++) {
    const allowed = tolerance(expected[i], i);
    // Not `> allowed`: NaN must fail.
    if (!(Math.abs(actual[i] - expected[i]) <= allowed))
      throw new Error(`${what}: value ${i} is ${actual[i]}, expected ${expected[i]} within ${allowed}`);
  }
}

/** A tolerance relative to the expected value, absolute below 1. */
export function relative(tolerance: number): (expected: number) => number {
  return (expected) => tolerance * Math.max(1, Math.abs(expected));
}

/** The largest magnitude among the values. */
export function magnitude(values: Iterable<number>): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
