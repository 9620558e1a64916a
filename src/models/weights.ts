/** The layers of a model that have weights, and their rounding to eight bits. */
import type { Model } from './autoencoder.js';
import { type DenseLayer, denseLayer } from './dense.js';
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

/** Column n of the matrix is values[·, n]·scales[n]. */
export interface QuantisedMatrix {
  /** [rows, columns], −127 … 127 */
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** Each column of [rows, columns] rounded on a scale of its own. */
export function quantiseColumns(matrix: Float32Array, columns: number): QuantisedMatrix {
  const scales = largestOfColumns(matrix, columns).map((largest) => (largest > 0 ? largest / 127 : 1));
  return { values: Int8Array.from(matrix, (value, i) => Math.round(value / scales[i % columns])), scales };
}

export function largestOfColumns(matrix: Float32Array, columns: number): Float32Array {
  const largest = new Float32Array(columns);
  for (const [i, value] of matrix.entries()) largest[i % columns] = Math.max(largest[i % columns], Math.abs(value));
  return largest;
}

/** Row k of [rows, columns] times factors[k]. */
export function scaleRows(matrix: Float32Array, columns: number, factors: readonly number[]): Float32Array {
  return matrix.map((value, i) => value * factors[Math.floor(i / columns)]);
}
