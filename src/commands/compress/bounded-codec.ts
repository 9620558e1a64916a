import type { Blocks } from '../../engines/onnx/codec.js';
import { decode } from '../../transform/decode.js';
import { type Accuracy, encode, stepPerBound } from '../../transform/encode.js';
import { stepFor } from '../../transform/step-search.js';
import type { SlabCodec, SlabDecoder } from './codec.js';
import { measureErrors } from './error-sums.js';

/** How accurate a variable is to be; one of them or both. */
export interface Target {
  /** Largest error of a value, or with `isRelative` the same in ranges of its block. */
  readonly bound?: number;
  readonly isRelative?: boolean;
  /** Mean square error. */
  readonly meanSquare?: number;
}

/** Where the step that was estimated misses the mean square error, a smaller one is tried. */
const stepShrinks = 0.9;
const mostTries = 40;

/** Records that are decoded again and checked before they are stored. */
export function createBoundedCodec(targetOf: (file: number, path: string) => Target): SlabCodec {
  const decoder = createBoundedDecoder();
  return {
    ...decoder,
    async encode(blocks, variable, file) {
      const { path, blockSize: k } = variable;
      const target = targetOf(file, path);
      let step = target.meanSquare === undefined ? Number.POSITIVE_INFINITY : stepFor(blocks, k, target.meanSquare);
      for (let tries = 0; ; tries++) {
        const payload = { record: encode(blocks, k, accuracyOf(target, step)) };
        const decoded = await decoder.decode(payload, variable, blocks.length / k ** 3);
        expectBound(blocks, decoded, k, target, path);
        if (hasMeanSquare(blocks, decoded, target)) return { payload, decoded };
        // In the end without any loss.
        step = tries < mostTries ? step * stepShrinks : 0;
      }
    },
  };
}

export function createBoundedDecoder(): SlabDecoder {
  return {
    async decode(payload, { dtype, blockSize }, count) {
      if (!('record' in payload)) throw new TypeError('expected a record, got latents');
      const blocks: Blocks = new (dtype === 'float64' ? Float64Array : Float32Array)(count * blockSize ** 3);
      decode(payload.record, blockSize, blocks);
      return blocks;
    },
    async release() {},
  };
}

function accuracyOf({ bound, isRelative }: Target, step: number): Accuracy {
  if (bound === undefined) return { kind: 'step', step };
  const most = step / stepPerBound;
  return isRelative ? { kind: 'block', relative: bound, most } : { kind: 'bound', bound: Math.min(bound, most) };
}

/** The promise to the user, checked on what a decoder gives. Non-finite values have the same bits. */
function expectBound(blocks: Blocks, decoded: Blocks, k: number, { bound, isRelative }: Target, path: string): void {
  const most = bound ?? Number.POSITIVE_INFINITY;
  for (let start = 0; start < blocks.length; start += k ** 3) {
    const allowed = isRelative ? most * rangeOf(blocks.subarray(start, start + k ** 3)) : most;
    for (let i = start; i < start + k ** 3; i++) {
      const error = Math.abs(blocks[i] - decoded[i]);
      if (error <= allowed || Object.is(blocks[i], decoded[i])) continue;
      throw new Error(`${path}: ${blocks[i]} became ${decoded[i]}, allowed is ${allowed}`);
    }
  }
}

function rangeOf(values: Blocks): number {
  let [smallest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  return largest - smallest;
}

function hasMeanSquare(blocks: Blocks, decoded: Blocks, { meanSquare }: Target): boolean {
  if (meanSquare === undefined) return true;
  const { squared, count } = measureErrors(blocks, decoded);
  return squared <= meanSquare * count;
}
