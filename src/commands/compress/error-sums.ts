import type { Blocks } from '../../engines/onnx/codec.js';
import type { ErrorSums } from './result.js';

/**
 * Errors of `reconstruction` over the values of `original` that are finite. The others must be there as they are: one
 * that is not, or a finite one that has become NaN, counts as the largest error of all.
 */
export function measureErrors(original: Blocks, reconstruction: Blocks): ErrorSums {
  const sums = emptyErrors();
  for (let i = 0; i < original.length; i++) {
    const value = original[i];
    if (!Number.isFinite(value)) {
      if (!Object.is(reconstruction[i], value)) sums.largest = Number.MAX_VALUE;
      continue;
    }
    const difference = Math.abs(reconstruction[i] - value);
    const error = Number.isNaN(difference) ? Number.MAX_VALUE : difference;
    sums.count++;
    sums.squared += error * error;
    if (error > sums.largest) sums.largest = error;
    if (value < sums.minimum) sums.minimum = value;
    if (value > sums.maximum) sums.maximum = value;
  }
  sums.squared = Math.min(sums.squared, Number.MAX_VALUE);
  sums.largest = Math.min(sums.largest, Number.MAX_VALUE);
  return sums;
}

/** Extremes are ±MAX_VALUE where there is no value: JSON has no infinities. */
export function emptyErrors(): ErrorSums {
  return { count: 0, squared: 0, largest: 0, minimum: Number.MAX_VALUE, maximum: -Number.MAX_VALUE };
}

export function addErrors(sums: ErrorSums, more: ErrorSums): void {
  sums.count += more.count;
  sums.squared += more.squared;
  sums.largest = Math.max(sums.largest, more.largest);
  sums.minimum = Math.min(sums.minimum, more.minimum);
  sums.maximum = Math.max(sums.maximum, more.maximum);
}
