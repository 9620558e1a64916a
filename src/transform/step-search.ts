/** The step for a root mean square error. */
import type { Blocks } from './encode.js';
import { GramTransform } from './gram.js';
import { roundToSteps } from './quantise.js';
import { firstStep } from './reconstruction.js';

/** Blocks looked at, spread evenly. */
const sampleSize = 512;
/** Halvings of the interval: to 2^(−12) of an octave. */
const halvings = 24;

/**
 * About the largest step with which the values of `blocks` [blocks, k, k, k] have this root mean square error: the transform is orthonormal, so
 * that the errors of the coefficients have the same sum of squares. 0 where there is no such step.
 */
export function stepFor(blocks: Blocks, k: number, rms: number): number {
  const coefficients = sampleCoefficients(blocks, k);
  const most = coefficients.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  if (!(rms > 0) || most === 0) return rms;
  let [low, high] = [Math.log2(rms), Math.log2(most) + 3];
  for (let i = 0; i < halvings && low < high; i++) {
    const middle = (low + high) / 2;
    if (meanSquareError(coefficients, k ** 3, 2 ** middle, rms) <= 1) low = middle;
    else high = middle;
  }
  return 2 ** low;
}

/** Of the finite blocks in the sample. */
function sampleCoefficients(blocks: Blocks, k: number): Float64Array {
  const size = k ** 3;
  const count = blocks.length / size;
  const stride = Math.max(1, Math.floor(count / sampleSize));
  const transform = new GramTransform(k);
  const all: Float64Array[] = [];
  for (let block = 0; block < count; block += stride) {
    const values = Float64Array.from(blocks.subarray(block * size, (block + 1) * size));
    if (!values.every(Number.isFinite)) continue;
    const coefficients = new Float64Array(size);
    transform.forward(values, coefficients);
    all.push(coefficients);
  }
  const joined = new Float64Array(all.length * size);
  for (const [i, coefficients] of all.entries()) joined.set(coefficients, i * size);
  return joined;
}

/** In squares of `unit`, so that none is beyond all numbers. */
function meanSquareError(coefficients: Float64Array, size: number, step: number, unit: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) {
    const exact = coefficients[i];
    const own = i % size === 0 ? firstStep * step : step;
    const rounded = i % size === 0 ? Math.floor(exact / own + 0.5) : roundToSteps(exact / own);
    sum += ((exact - rounded * own) / unit) ** 2;
  }
  return coefficients.length === 0 ? 0 : sum / coefficients.length;
}
