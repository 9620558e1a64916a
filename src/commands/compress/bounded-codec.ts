import { createBoundedDecoder } from '../../decode/bounded-decoder.js';
import type { Blocks } from '../../engines/onnx/codec.js';
import { merge } from '../../io/blocks.js';
import { type Accuracy, encode, fractionOf, stepPerBound } from '../../transform/encode.js';
import { isWithin } from '../../transform/quantise.js';
import { stepFor } from '../../transform/step-search.js';
import type { SlabCodec } from './codec.js';
import { haveSameBits } from './error-sums.js';

/** How accurate a variable is to be; one of them or both. */
export interface Target {
  /** Largest error of a value, or with `isRelative` the same in ranges of its block. */
  readonly bound?: number;
  readonly isRelative?: boolean;
  /** Root mean square error. */
  readonly rms?: number;
}

/** Where the step that was estimated misses the mean square error, a smaller one is tried. */
const stepShrinks = 0.9;
const mostTries = 40;

/** Records that are decoded again and checked before they are stored. */
export function createBoundedCodec(targetOf: (file: number, path: string) => Target): SlabCodec {
  const decoder = createBoundedDecoder();
  return {
    ...decoder,
    async encode(blocks, variable, { file, slab }) {
      const { path, blockSize: k } = variable;
      const target = targetOf(file, path);
      let step = target.rms === undefined ? Number.POSITIVE_INFINITY : stepFor(blocks, k, target.rms);
      for (let tries = 0; ; tries++) {
        const payload = { record: encode(blocks, k, accuracyOf(target, step)) };
        const decoded = await decoder.decode(payload, variable, blocks.length / k ** 3);
        expectBound(blocks, decoded, k, target, path);
        // What blocks share, or are padded with, does not count.
        if (hasMeanSquare(merge(blocks, slab), merge(decoded, slab), target)) return { payload, decoded };
        // In the end without any loss.
        step = tries < mostTries ? step * stepShrinks : 0;
      }
    },
  };
}

function accuracyOf({ bound, isRelative }: Target, step: number): Accuracy {
  if (bound === undefined) return { kind: 'step', step };
  const most = step / stepPerBound;
  return isRelative ? { kind: 'block', relative: bound, most } : { kind: 'bound', bound: Math.min(bound, most) };
}

/** The promise to the user, checked on what a decoder gives. Values that are not finite are there bit for bit. */
function expectBound(blocks: Blocks, decoded: Blocks, k: number, { bound, isRelative }: Target, path: string): void {
  const size = k ** 3;
  for (let start = 0; start < blocks.length; start += size) {
    const values = blocks.subarray(start, start + size);
    const most = bound ?? Number.POSITIVE_INFINITY;
    const missed = firstMissed(
      values,
      decoded.subarray(start, start + size),
      isRelative ? fractionOf(rangeOf(values), most) : most,
    );
    if (missed >= 0)
      throw new Error(
        `${path}: ${blocks[start + missed]} became ${decoded[start + missed]}, which is not within ${most}`,
      );
  }
}

/** Index of the first value that is not within `bound` nor the same; −1 where there is none. */
function firstMissed(values: Blocks, decoded: Blocks, bound: number): number {
  for (let i = 0; i < values.length; i++)
    if (!isWithin(values[i], decoded[i], bound) && !haveSameBits(values, decoded, i)) return i;
  return -1;
}

function rangeOf(values: Blocks): number {
  let [smallest, largest] = [values[0], values[0]];
  for (let i = 1; i < values.length; i++) {
    if (values[i] < smallest) smallest = values[i];
    if (values[i] > largest) largest = values[i];
  }
  return largest - smallest;
}

/** In units of what is allowed, so that no square is beyond all numbers. */
function hasMeanSquare(values: Blocks, decoded: Blocks, { rms }: Target): boolean {
  if (rms === undefined) return true;
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    count++;
    if (values[i] !== decoded[i]) sum += ((values[i] - decoded[i]) / rms) ** 2;
  }
  return sum <= count;
}
