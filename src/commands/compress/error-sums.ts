import type { Blocks } from '../../engines/onnx/codec.js';
import type { ErrorSums } from './result.js';

/** Squares of errors are summed in one of these units: theirs are then no zeros, and not beyond all numbers. */
const units = [2 ** -600, 1, 2 ** 600];
/** Errors up to which the first and the second unit serve. */
const limits = [2 ** -400, 2 ** 400];

/**
 * Errors of `reconstruction` over the values of `original` that are finite. The others must be there bit for bit: one
 * that is not, or a finite one that has become NaN, counts as the largest error of all.
 */
export function measureErrors(original: Blocks, reconstruction: Blocks): ErrorSums {
  return measureNumbers(original, reconstruction) ?? measureAny(original, reconstruction);
}

/** Without a look at each value, which takes twice the time: undefined where one is not finite, or errors want another unit than 1. */
function measureNumbers(original: Blocks, reconstruction: Blocks): ErrorSums | undefined {
  let squared = 0;
  let largest = 0;
  let minimum = Number.MAX_VALUE;
  let maximum = -Number.MAX_VALUE;
  for (let i = 0; i < original.length; i++) {
    const value = original[i];
    const error = Math.abs(reconstruction[i] - value);
    squared += error * error;
    if (error > largest) largest = error;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  // What is not finite makes the sum so.
  if (!Number.isFinite(squared) || unitFor(largest) !== 1) return undefined;
  return { count: original.length, unit: 1, squared, largest, minimum, maximum };
}

function measureAny(original: Blocks, reconstruction: Blocks): ErrorSums {
  const sums = emptyErrors();
  for (let i = 0; i < original.length; i++) {
    const value = original[i];
    if (!Number.isFinite(value)) {
      if (!haveSameBits(original, reconstruction, i)) sums.largest = Number.MAX_VALUE;
      continue;
    }
    const error = errorOf(value, reconstruction[i]);
    sums.count++;
    if (error > sums.largest) sums.largest = error;
    if (value < sums.minimum) sums.minimum = value;
    if (value > sums.maximum) sums.maximum = value;
  }
  sums.unit = unitFor(sums.largest);
  sums.squared = sumSquares(original, reconstruction, sums.unit);
  return sums;
}

/** Extremes are ±MAX_VALUE where there is no value: JSON has no infinities. */
export function emptyErrors(): ErrorSums {
  return { count: 0, unit: units[0], squared: 0, largest: 0, minimum: Number.MAX_VALUE, maximum: -Number.MAX_VALUE };
}

export function addErrors(sums: ErrorSums, more: ErrorSums): void {
  const unit = Math.max(sums.unit, more.unit);
  sums.count += more.count;
  sums.squared = sums.squared * (sums.unit / unit) ** 2 + more.squared * (more.unit / unit) ** 2;
  sums.unit = unit;
  sums.largest = Math.max(sums.largest, more.largest);
  sums.minimum = Math.min(sums.minimum, more.minimum);
  sums.maximum = Math.max(sums.maximum, more.maximum);
}

/** Of values that need not be numbers: NaNs have bits of their own. */
export function haveSameBits(a: Blocks, b: Blocks, index: number): boolean {
  const width = a.BYTES_PER_ELEMENT;
  const [one, other] = [a, b].map(
    ({ buffer, byteOffset }) => new Uint8Array(buffer, byteOffset + index * width, width),
  );
  return one.every((byte, i) => byte === other[i]);
}

function unitFor(largest: number): number {
  return units[limits.filter((limit) => largest > limit).length];
}

function sumSquares(original: Blocks, reconstruction: Blocks, unit: number): number {
  let sum = 0;
  for (let i = 0; i < original.length; i++) {
    if (!Number.isFinite(original[i])) continue;
    const error = errorOf(original[i], reconstruction[i]) / unit;
    sum += error * error;
  }
  return sum;
}

/** MAX_VALUE where there is no number, or a larger one. */
function errorOf(value: number, restored: number): number {
  const difference = Math.abs(restored - value);
  return difference <= Number.MAX_VALUE ? difference : Number.MAX_VALUE;
}
