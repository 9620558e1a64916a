/** The layers of a model that have weights, and their rounding to eight bits. */
import { constant, matmul, type Value } from '../onnx/index.js';
import type { Model } from './autoencoder.js';
import { applyDense, type DenseLayer, denseLayer } from './dense.js';
import { hasChannels, lower } from './layers.js';
import { parameterLayout, views } from './parameters.js';

export interface WeightedLayer {
  /** As in a calibration. */
  readonly name: string;
  readonly dense: DenseLayer;
  /** [output channels] */
  readonly bias: Float32Array;
  /** Whether a ReLU follows. */
  readonly isActivated: boolean;
}

/** Of a model without batch normalisation (see `folded`). */
export function weightedLayers(model: Model, side: 'encoder' | 'decoder'): WeightedLayer[] {
  const { architecture, parameters } = model;
  const layers = architecture[side];
  const byName = views(parameterLayout(architecture), parameters);
  return lower(layers).flatMap((lowered, index): WeightedLayer[] => {
    const { layer } = lowered;
    if (!hasChannels(layer)) return [];
    const name = `${side}.${index}`;
    return [
      {
        name,
        dense: denseLayer(lowered, byName.get(`${name}.weight`)!.data),
        bias: byName.get(`${name}.bias`)?.data ?? new Float32Array(layer.outputs),
        isActivated: layers[index + 1]?.kind === 'relu',
      },
    ];
  });
}

/** Calls `use` with the index of each element of a matrix [rows, columns], its row and its column. */
export function forEachElement(
  length: number,
  columns: number,
  use: (i: number, row: number, column: number) => void,
): void {
  for (let row = 0, i = 0; i < length; row++) for (let column = 0; column < columns; column++, i++) use(i, row, column);
}

/** Column n of the matrix is values[·, n]·scales[n]. */
export interface QuantisedMatrix {
  /** [rows, columns], −127 … 127 */
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Each column of [rows, columns] rounded on a scale of its own: as fine as 127 steps allow, but not so fine that what is to be added to
 * the products, [columns], would be no 32-bit number of steps.
 */
export function quantiseColumns(matrix: Float32Array, columns: number, added?: Float32Array): QuantisedMatrix {
  const scales = largestOfColumns(matrix, columns).map((largest, n) => {
    const scale = Math.max(largest / 127, Math.abs(added?.[n] ?? 0) / 2 ** 30);
    return scale > 0 ? scale : 1;
  });
  const values = new Int8Array(matrix.length);
  forEachElement(matrix.length, columns, (i, _, column) => {
    values[i] = Math.round(matrix[i] / scales[column]);
  });
  return { values, scales };
}

export function largestOfColumns(matrix: Float32Array, columns: number): Float32Array {
  const largest = new Float32Array(columns);
  forEachElement(matrix.length, columns, (i, _, column) => {
    largest[column] = Math.max(largest[column], Math.abs(matrix[i]));
  });
  return largest;
}

/** Row k of [rows, columns] times factors[k]. */
export function scaleRows(matrix: Float32Array, columns: number, factors: ArrayLike<number>): Float32Array {
  const scaled = new Float32Array(matrix.length);
  forEachElement(matrix.length, columns, (i, row) => {
    scaled[i] = matrix[i] * factors[row];
  });
  return scaled;
}

/** x·W + b without an activation, in float32; each output channel divided by its scale. */
export function floatLayer({ dense, bias }: WeightedLayer, x: Value, outputScales: readonly number[]): Value {
  return applyDense(dense, x, (a, { matrix, outputs }) => {
    const divisors = scalesAt(outputs, dense.outputChannels, outputScales);
    const columns = divisors.length;
    const weights = new Float32Array(matrix.length);
    forEachElement(matrix.length, columns, (i, _, column) => {
      weights[i] = matrix[i] / divisors[column];
    });
    const shifts = repeated(bias, columns).map((value, n) => value / divisors[n]);
    return matmul(a, constant(weights, [weights.length / columns, columns]), {}, constant(shifts, [columns]));
  });
}

/** A bias for each channel in each position. */
export function repeated(bias: Float32Array, columns: number): Float32Array {
  return Float32Array.from({ length: columns }, (_, n) => bias[n % bias.length]);
}

/** The scales of all channels at some positions; in each position of a grid the same ones recur, unless there is one for each feature. */
export function scalesAt(positions: readonly number[], channels: number, scales: readonly number[]): Float64Array {
  return Float64Array.from({ length: positions.length * channels }, (_, i) => {
    const feature = positions[Math.floor(i / channels)] * channels + (i % channels);
    return scales[feature % scales.length];
  });
}
