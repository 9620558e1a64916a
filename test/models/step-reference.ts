import type { Architecture } from '../../src/models/architectures.js';
import type { Layer } from '../../src/models/layers.js';
import { parameterLayout } from '../../src/models/parameters.js';
import { random } from '../../src/models/random.js';

export interface StepData {
  /** [rows, k³] */
  readonly values: Float32Array;
  /** [projections, L] */
  readonly directions: Float32Array;
}

type Numbers = Float32Array | Float64Array;

/** Loss terms of a training step in float64, written without any of the graph's code. */
export function stepLosses(
  architecture: Architecture,
  parameters: Numbers,
  { values, directions }: StepData,
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
    divergence: slicedWasserstein(latents, directions, architecture.latentSize),
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

/** They take long. */
const known = new Map<number, ReturnType<typeof normalMoments>>();

/** The mean over the directions of ∫ (x(p) − Φ⁻¹(p))² dp, where x(p) is the step function of the sorted projections. */
export function slicedWasserstein(latents: Numbers, directions: Numbers, size: number): number {
  const projections = directions.length / size;
  const rows = latents.length / size;
  if (!known.has(rows)) known.set(rows, normalMoments(rows));
  const moments = known.get(rows)!;
  let sum = 0;
  for (let p = 0; p < projections; p++) {
    const projected = Float64Array.from({ length: rows }, (_, row) => {
      let dot = 0;
      for (let i = 0; i < size; i++) dot += directions[p * size + i] * latents[row * size + i];
      return dot;
    }).sort();
    for (const [row, x] of projected.entries()) sum += moments.mass[row] * x * x - 2 * x * moments.first[row];
  }
  return sum / projections + moments.second;
}

/**
 * ∫ φ dz and ∫ z·φ dz over each of so many parts of equal probability, from the lowest, and ∫ z²·φ dz over all: by the midpoint rule, its
 * steps those of the probability as it adds up. A step at the border of two parts is put into one of them: 4e-6 of the probability.
 */
export function normalMoments(parts: number) {
  const h = 1e-5;
  const [mass, first] = [new Float64Array(parts), new Float64Array(parts)];
  let [probability, second] = [0, 0];
  for (let z = h / 2 - 9; z < 9; z += h) {
    const step = (h * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
    const part = Math.min(parts - 1, Math.floor((probability + step / 2) * parts));
    mass[part] += step;
    first[part] += step * z;
    second += step * z * z;
    probability += step;
  }
  return { mass, first, second };
}

/** A batch like those of training: values in [0, 1], unit directions. */
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
