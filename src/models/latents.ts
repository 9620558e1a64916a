/** Latents as they are stored: one byte each. */
import {
  add,
  cast,
  constant,
  divide,
  greater,
  lookup,
  maximum,
  multiply,
  negate,
  quantize,
  reduceSum,
  reshape,
  scalar,
  type Value,
} from '../onnx/index.js';
import { float8Scale, float8Values } from './float8.js';

export interface LatentCode {
  /** [batch, L] float32 → stored. */
  write(latents: Value): Value;
  /** The inverse, but for rounding. */
  read(stored: Value): Value;
}

/** Whole numbers of a byte, −127 to 127 in calibration, times a scale for each latent. `largest`: magnitude of each. */
export function int8Latents(largest: readonly number[]): LatentCode {
  const scales = largest.map((value) => (value > 0 ? value / 127 : 1));
  const scale = constant(Float32Array.from(scales), [scales.length]);
  const whole = { scale: scalar(1, 'float32'), zeroPoint: scalar(0, 'int8') };
  return {
    write: (latents) => quantize(divide(latents, scale), whole),
    read: (stored) => multiply(cast(stored, 'float32'), scale),
  };
}

/**
 * The byte of the nearest number in E4M3FN, times a scale for each latent. A float8 tensor could not leave the graph (neither
 * JavaScript nor NumPy has the type), so the byte is a uint8, and its value is looked up.
 */
export function float8Latents(largest: readonly number[]): LatentCode {
  const scale = constant(Float32Array.from(largest, float8Scale), [largest.length]);
  return {
    write: (latents) => float8Bytes(divide(latents, scale)),
    read: (stored) => multiply(float8Numbers(stored), scale),
  };
}

/**
 * x rounded to a number of E4M3FN, as float32. Back by Cast, which is as exact as DequantizeLinear: that one onnxruntime moves behind
 * a Reshape or a Transpose, for which it has no float8 kernel.
 */
export function roundToFloat8(x: Value): Value {
  const grid = { scale: scalar(1, 'float32'), zeroPoint: constant(Uint8Array.of(0), [], 'float8e4m3fn') };
  return cast(quantize(x, grid), 'float32');
}

/** The numbers that bytes stand for. */
export function float8Numbers(bytes: Value): Value {
  return lookup(constant(float8Values, [256]), bytes);
}

/**
 * A number of the grid is 8…15 steps of its binade, or 0…7 of the lowest: its byte is the steps plus 8 for each binade
 * that lies wholly below it, plus 128 below 0. All of it is exact in float32.
 */
function float8Bytes(x: Value): Value {
  const rounded = roundToFloat8(x);
  const size = maximum(rounded, negate(rounded));
  const [batch, count] = size.shape;
  // No number of the grid lies between 1.94 and 2 times a power of two.
  const starts = constant(
    Float32Array.from({ length: 14 }, (_, i) => 1.94 * 2 ** (i - 6)),
    [14],
  );
  const isReached = cast(greater(reshape(size, [batch, count, 1]), starts), 'float32');
  const binades = reshape(reduceSum(isReached, [2]), [batch, count]);
  const steps = constant(
    Float32Array.from({ length: 15 }, (_, i) => 2 ** (i - 9)),
    [15],
  );
  const byte = add(divide(size, lookup(steps, cast(binades, 'int32'))), multiply(binades, scalar(8, 'float32')));
  const sign = multiply(cast(greater(scalar(0, 'float32'), rounded), 'float32'), scalar(128, 'float32'));
  return cast(add(byte, sign), 'uint8');
}
