import type { Blocks } from '../../engines/onnx/codec.js';

/** How often, by name. */
export type Counts = Record<string, number>;

/** Errors of values and of blocks, as counts: those of a whole are the sums of its parts'. */
export interface ErrorCounts {
  /** Values, and those of them that have no error. */
  values: number;
  exact: number;
  /** By e: values with 2^e ≤ |error| < 2^(e+1). */
  errors: Counts;
  /** By "r e": blocks whose range and largest error are in the intervals of r and of e; without those that have no error. */
  blocks: Counts;
}

export function emptyErrorCounts(): ErrorCounts {
  return { values: 0, exact: 0, errors: {}, blocks: {} };
}

export function addErrorCounts(sums: ErrorCounts, more: ErrorCounts): void {
  sums.values += more.values;
  sums.exact += more.exact;
  addCounts(sums.errors, more.errors);
  addCounts(sums.blocks, more.blocks);
}

function addCounts(sums: Counts, more: Counts): void {
  for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count;
}

/** Exponents of float64 are from −1023 (numbers below 2^−1022). */
const bias = 1023;
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** Of a number ≥ 0: e with 2^e ≤ value < 2^(e+1), taken from its bits (processors that Node runs on are little-endian). */
function exponentOf(value: number): number {
  float[0] = value;
  return (words[1] >>> 20) - bias;
}

export interface CountedErrors {
  readonly counts: ErrorCounts;
  /** Index in `rows` of the block with the largest error; −1 without a block. */
  readonly worst: number;
}

/** Of these rows of x and y, [blocks, length]. Values that are not finite are left out. */
export function countErrors(x: Blocks, y: Blocks, rows: Uint32Array, length: number): CountedErrors {
  const counts = emptyErrorCounts();
  const byExponent = new Float64Array(2 * bias + 2);
  let [worst, largestOfAll] = [-1, -1];
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i] * length;
    let [smallest, greatest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    for (let at = start; at < start + length; at++) {
      const value = x[at];
      const error = Math.abs(y[at] - value);
      // Neither NaN nor infinite.
      if (!(error <= Number.MAX_VALUE)) continue;
      counts.values++;
      if (error === 0) counts.exact++;
      else byExponent[exponentOf(error) + bias]++;
      if (value < smallest) smallest = value;
      if (value > greatest) greatest = value;
      if (error > largest) largest = error;
    }
    if (largest > largestOfAll) [worst, largestOfAll] = [i, largest];
    if (largest === 0) continue;
    const cell = `${exponentOf(Math.min(greatest - smallest, Number.MAX_VALUE))} ${exponentOf(largest)}`;
    counts.blocks[cell] = (counts.blocks[cell] ?? 0) + 1;
  }
  for (const [index, count] of byExponent.entries()) if (count > 0) counts.errors[index - bias] = count;
  return { counts, worst };
}
