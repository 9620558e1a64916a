/**
 * A network in eight-bit floats (E4M3FN): weights and activations are on its grid, sums in float32. onnxruntime has no such
 * products on a CPU, so the rounded numbers are multiplied as float32, which is exact for each product.
 *
 * Inputs are scaled channel by channel, and weights are multiplied by those scales before they are rounded, each output channel on
 * a scale of its own.
 */
import { constant, divide, multiply, type Value } from '../onnx/index.js';
import type { Model } from './autoencoder.js';
import type { Calibration } from './calibration.js';
import { encodeFloat8, float8Scale, largestFloat8 } from './float8.js';
import type { Pass } from './forward.js';
import { float8Numbers, roundToFloat8 } from './latents.js';
import { parameterLayout, views } from './parameters.js';
import { forEachElement, largestOfColumns, scaleRows } from './weights.js';

export function float8Pass({ architecture, parameters }: Model, calibration: Calibration): Pass {
  const byName = views(parameterLayout(architecture), parameters);
  return {
    input: (x, name) => roundToFloat8(divide(x, vector(calibration[name].map(float8Scale)))),
    parameter(name) {
      const { data, shape } = byName.get(name)!;
      if (!name.endsWith('.weight')) return constant(data, shape);
      return roundedWeight(data, shape, calibration[name.slice(0, -'.weight'.length)].map(float8Scale));
    },
  };
}

/**
 * weight […, inputs, outputs] times the scales of its inputs, as bytes with a scale for each output. onnxruntime works the numbers
 * out once, when a session starts.
 */
function roundedWeight(data: Float32Array, shape: readonly number[], scales: readonly number[]): Value {
  const columns = shape.at(-1)!;
  const rows = data.length / columns;
  const scaled = scaleRows(
    data,
    columns,
    Array.from({ length: rows }, (_, k) => scales[k % scales.length]),
  );
  const steps = largestOfColumns(scaled, columns).map((value) => (value > 0 ? value / largestFloat8 : 1));
  const codes = new Uint8Array(scaled.length);
  forEachElement(scaled.length, columns, (i, _, column) => {
    codes[i] = encodeFloat8(scaled[i] / steps[column]);
  });
  return multiply(float8Numbers(constant(codes, shape)), vector([...steps]));
}

function vector(values: readonly number[]): Value {
  return constant(Float32Array.from(values), [values.length]);
}
