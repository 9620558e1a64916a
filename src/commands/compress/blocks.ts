import type { Blocks, Decoder, Encoder } from '../../engines/onnx/codec.js';
import { blockCode, type Payload } from '../../io/archive/format.js';
import type { ErrorSums } from './result.js';

/** blocks [count, k, k, k] → what is stored of them. Constant blocks keep one value, those not finite every value. */
export async function encodeBlocks(encoder: Encoder, blocks: Blocks, count: number): Promise<Payload> {
  const { latent, scale } = await encoder.encode(blocks, count);
  const [valuesPerBlock, latentSize] = [blocks.length / count, latent.length / count];
  const code = new Uint8Array(count);
  const constants: number[] = [];
  const exact: Blocks[] = [];
  let encoded = 0;
  for (let block = 0; block < count; block++) {
    const range = scale[2 * block + 1];
    const values = blocks.subarray(block * valuesPerBlock, (block + 1) * valuesPerBlock);
    if (range === 0 && isUniform(values)) {
      code[block] = blockCode.constant;
      constants.push(values[0]);
    } else if (range === 0 || !Number.isFinite(range)) {
      code[block] = blockCode.exact;
      exact.push(values);
    } else {
      latent.copyWithin(encoded * latentSize, block * latentSize, (block + 1) * latentSize);
      scale.copyWithin(encoded * 2, block * 2, block * 2 + 2);
      encoded++;
    }
  }
  return {
    code,
    latent: latent.subarray(0, encoded * latentSize),
    scale: scale.subarray(0, encoded * 2),
    constant: scale instanceof Float64Array ? Float64Array.from(constants) : Float32Array.from(constants),
    exact: concatenate(exact, scale),
  };
}

/** The inverse: blocks [code.length, k, k, k]. */
export async function decodeBlocks(decoder: Decoder, payload: Payload, valuesPerBlock: number): Promise<Blocks> {
  const { code, scale, constant, exact } = payload;
  const encoded = scale.length / 2;
  const decoded = await decoder.decode(payload, encoded);
  if (encoded === code.length) return decoded;
  const blocks = emptyLike(scale, code.length * valuesPerBlock);
  const next = [0, 0, 0];
  for (let block = 0; block < code.length; block++) {
    const target = blocks.subarray(block * valuesPerBlock, (block + 1) * valuesPerBlock);
    const from = next[code[block]]++;
    if (code[block] === blockCode.constant) target.fill(constant[from]);
    else {
      const source = code[block] === blockCode.exact ? exact : decoded;
      target.set(source.subarray(from * valuesPerBlock, (from + 1) * valuesPerBlock));
    }
  }
  return blocks;
}

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

/** Whether all values have the same bits: 0 and −0 differ. */
function isUniform(values: Blocks): boolean {
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], values[0])) return false;
  return true;
}

function concatenate(parts: readonly Blocks[], like: Blocks): Blocks {
  const joined = emptyLike(
    like,
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let start = 0;
  for (const part of parts) {
    joined.set(part, start);
    start += part.length;
  }
  return joined;
}

function emptyLike(values: Blocks, length: number): Blocks {
  return values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
