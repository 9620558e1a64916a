import type { Architecture } from '../../src/models/architectures.js';
import type { Layer } from '../../src/models/layers.js';
import { parameterLayout } from '../../src/models/parameters.js';
import { random } from '../../src/models/random.js';

export interface StepData {
  /** [rows, k³] */
  readonly values: Float32Array;
  /** [projections, L] */
  readonly directions: Float32Array;
  /** [rows, L] */
  readonly prior: Float32Array;
}

type Numbers = Float32Array | Float64Array;

/** Loss terms of a training step in float64, written without any of the graph's code. */
export function stepLosses(
  architecture: Architecture,
  parameters: Numbers,
  { values, directions, prior }: StepData,
): { reconstruction: number; divergence: number } {
  const { entries } = parameterLayout(architecture);
  const byName = new Map(
    entries.map(({ name, offset, length }) => [name, parameters.subarray(offset, offset + length)]),
  );
  // The network sees values in [0, 1] as 4·(x − ½), so that their mean is near 0 and their variance near 1.
  const centered = Float64Array.from(values, (value) => 4 * (value - 0.5));
  const latents = apply(architecture.encoder, 'encoder', centered, byName);
  const decoded = apply(architecture.decoder, 'decoder', latents, byName).map((value) => value / 4 + 0.5);
  const squares = decoded.reduce((sum, value, i) => sum + (value - values[i]) ** 2, 0);
  return {
    reconstruction: squares / values.length,
    divergence: slicedWasserstein(latents, prior, directions, architecture.latentSize),
  };
}

function apply(layers: readonly Layer[], prefix: string, x: Numbers, parameters: Map<string, Numbers>): Float64Array {
  return layers.reduce<Float64Array>((value, layer, index) => {
    if (layer.kind === 'relu') return value.map((v) => Math.max(v, 0));
    if (layer.kind !== 'linear') throw new Error(`the reference has no ${layer.kind}`);
    const weight = parameters.get(`${prefix}.${index}.weight`)!;
    const bias = parameters.get(`${prefix}.${index}.bias`)!;
    return linear(value, weight, bias, layer.inputs, layer.outputs);
  }, Float64Array.from(x));
}

function linear(x: Numbers, weight: Numbers, bias: Numbers, inputs: number, outputs: number): Float64Array {
  const rows = x.length / inputs;
  const out = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < outputs; j++) out[row * outputs + j] = bias[j];
    for (let i = 0; i < inputs; i++)
      for (let j = 0; j < outputs; j++) out[row * outputs + j] += x[row * inputs + i] * weight[i * outputs + j];
  }
  return out;
}

/** Kolouri et al. 2019, eq. 14, with the squared distance as cost. */
export function slicedWasserstein(latents: Numbers, prior: Numbers, directions: Numbers, size: number): number {
  const projections = directions.length / size;
  const rows = latents.length / size;
  let sum = 0;
  for (let p = 0; p < projections; p++) {
    const project = (points: Numbers) =>
      Float64Array.from({ length: rows }, (_, row) => {
        let dot = 0;
        for (let i = 0; i < size; i++) dot += directions[p * size + i] * points[row * size + i];
        return dot;
      }).sort();
    const [a, b] = [project(latents), project(prior)];
    for (let row = 0; row < rows; row++) sum += (a[row] - b[row]) ** 2;
  }
  return sum / (projections * rows);
}

/** A batch like those of training: values in [0, 1], unit directions, a normal prior. */
export function exampleStep(architecture: Architecture, rows: number, projections: number, seed: number): StepData {
  const { latentSize, blockSize } = architecture;
  const source = random(seed);
  const directions = new Float32Array(projections * latentSize).map(() => source.normal());
  for (let start = 0; start < directions.length; start += latentSize) {
    const row = directions.subarray(start, start + latentSize);
    const norm = Math.hypot(...row);
    for (const i of row.keys()) row[i] /= norm;
  }
  return {
    values: new Float32Array(rows * blockSize ** 3).map(() => source.uniform()),
    directions,
    prior: new Float32Array(rows * latentSize).map(() => source.normal()),
  };
}

/** Parameters as in mid-training: no bias is 0, every deviation is above it. */
export function exampleParameters(architecture: Architecture, seed: number): Float32Array<ArrayBuffer> {
  const { entries, length } = parameterLayout(architecture);
  const source = random(seed);
  const parameters = new Float32Array(length);
  for (const { name, shape, offset, length: count } of entries) {
    const middle = /\.(scale|running_variance)$/.test(name) ? 1 : 0;
    const width = shape.length === 1 ? 0.1 : (count / shape[shape.length - 1]) ** -0.5;
    for (let i = offset; i < offset + count; i++) parameters[i] = middle + source.normal() * width;
  }
  return parameters;
}
