import {
  divide,
  matmul,
  multiply,
  reduceSum,
  reshape,
  scalar,
  sort,
  square,
  subtract,
  type Value,
} from '../onnx/index.js';

export const losses = ['mse'] as const;
export type Loss = (typeof losses)[number];

/**
 * The part of this rank's blocks in the mean squared error of the whole batch: Σ (x̂ − x)² / (globalRows · values), so
 * that a sum over ranks gives the mean. x̂, x: [rows, values].
 */
export function squaredError(reconstruction: Value, target: Value, globalRows: number): Value {
  const values = target.shape[1] as number;
  const sum = reduceSum(square(subtract(reconstruction, target)), [0, 1]);
  return multiply(reshape(sum, [1]), scalar(1 / (globalRows * values), 'float32'));
}

/** The mean squared error of each block: [rows, values] → [rows]. */
export function squaredErrors(reconstruction: Value, target: Value): Value {
  const [rows, values] = target.shape as readonly number[];
  const sums = reduceSum(square(subtract(reconstruction, target)), [1]);
  return multiply(reshape(sums, [rows]), scalar(1 / values, 'float32'));
}

/**
 * Squared sliced Wasserstein-2 distance between the latents and a sample of the prior, both [rows, L] (Kolouri et al.,
 * Sliced Wasserstein Auto-Encoders, ICLR 2019, eq. 12–14): the mean over `directions` [P, L] (unit vectors) of the mean
 * squared difference of the sorted projections.
 */
export function slicedWasserstein(latents: Value, prior: Value, directions: Value): Value {
  const project = (points: Value) => sort(matmul(directions, points, { transposeB: true }));
  const difference = subtract(project(latents), project(prior));
  const count = (latents.shape[0] as number) * (directions.shape[0] as number);
  return divide(reshape(reduceSum(square(difference), [0, 1]), [1]), scalar(count, 'float32'));
}
