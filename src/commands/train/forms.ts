/** What becomes of blocks that were loaded in both transforms. */
import type { Communicator } from '../../dist/communicator.js';
import { type Normalisation, transforms } from '../../models/normalise.js';
import { lastName, type Scaling, skewness } from '../../models/scaling.js';
import type { Rows } from './dataset.js';

/** The same blocks in one normalisation or several, by their names. */
export type Forms = Readonly<Partial<Record<Normalisation, Rows>>>;

/** The blocks of a slab of the variable at `path`. */
export interface LoadedPart {
  readonly path: string;
  readonly forms: Forms;
}

/** Both transforms of each block, one after the other; only the first of a block that is the same in both. */
export function bothForms(forms: Forms, valuesPerBlock: number): Rows {
  const [first, second] = transforms.map((transform) => forms[transform]!.values);
  const values = new Float32Array(first.length + second.length);
  const repeats = new Uint8Array(values.length / valuesPerBlock);
  let rows = 0;
  for (let start = 0; start < first.length; start += valuesPerBlock) {
    const [one, other] = [first, second].map((form) => form.subarray(start, start + valuesPerBlock));
    values.set(one, rows++ * valuesPerBlock);
    if (one.every((value, i) => value === other[i])) continue;
    repeats[rows] = 1;
    values.set(other, rows++ * valuesPerBlock);
  }
  return { values: values.slice(0, rows * valuesPerBlock), repeats: repeats.slice(0, rows) };
}

/** Sums of such units are exact: a skewness is below √(k³) < 2⁵, and there are fewer than 2²⁸ blocks. */
const skewnessUnit = 2 ** -20;

/**
 * How much less skewed it must be: at equal errors of normalised values, those of x are larger with the logarithm, on BSSN
 * variables by 0.3 to 6 dB.
 */
const clearlyLess = 0.9;

/**
 * For each variable `pos_log` if it makes its blocks clearly less skewed than `minmax`, in the mean of |skewness|, else
 * `minmax`. The same for any number of ranks. A collective call.
 */
export function chooseScaling(
  communicator: Communicator,
  paths: readonly string[],
  loaded: readonly (LoadedPart | undefined)[],
  valuesPerBlock: number,
): Scaling {
  const names = [...new Set(paths.map(lastName))];
  const [curved, linear] = transforms.map((transform) => {
    const sums = new Float64Array(names.length);
    for (const part of loaded)
      if (part) sums[names.indexOf(lastName(part.path))] += skewnessOf(part.forms[transform]!.values, valuesPerBlock);
    communicator.allreduce(sums, 'sum');
    return sums;
  });
  return new Map(names.map((name, i) => [name, curved[i] < clearlyLess * linear[i] ? 'pos_log' : 'minmax']));
}

/** Σ|skewness| over blocks, in units. In JavaScript: sums in onnxruntime depend a little on a block's place. */
function skewnessOf(values: Float32Array, valuesPerBlock: number): number {
  let sum = 0;
  for (let start = 0; start < values.length; start += valuesPerBlock)
    sum += Math.round(Math.abs(skewness(values.subarray(start, start + valuesPerBlock))) / skewnessUnit);
  return sum;
}
