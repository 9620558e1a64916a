import {
  add,
  assignByRank,
  constant,
  divide,
  log,
  matmul,
  multiply,
  negate,
  reduceSum,
  relu,
  reshape,
  scalar,
  sort,
  sqrt,
  square,
  subtract,
  type Value,
} from '../onnx/index.js';
import { normalBins } from './normal-bins.js';

export const losses = ['mse', 'log', 'relative', 'robust'] as const;
export type Loss = (typeof losses)[number];

/** Normalised values (blocks scaled to about 1) and errors below this count as small. */
export const small = 0.01;

/**
 * What an error costs, for reconstruction x̂ and truth x in normalised scale, δ = 0.01:
 *
 * - `mse`: (x̂ − x)²
 * - `log`: (asinh(x̂/δ) − asinh(x/δ))², the squared difference of logarithms where |x| is well above δ, of either sign
 * - `relative`: (x̂ − x)² / (x² + δ²)
 * - `robust`: √((x̂ − x)² + δ²) − δ, the squared error below δ, the absolute one above (Charbonnier et al., Two
 *   deterministic half-quadratic regularization algorithms for computed imaging, ICIP 1994)
 */
const costs: Record<Loss, (reconstruction: Value, target: Value) => Value> = {
  mse: (reconstruction, target) => square(subtract(reconstruction, target)),
  log: (reconstruction, target) => square(subtract(signedLog(reconstruction), signedLog(target))),
  relative: (reconstruction, target) =>
    divide(square(subtract(reconstruction, target)), add(square(target), scalar(small ** 2, 'float32'))),
  robust: (reconstruction, target) => {
    const squared = square(subtract(reconstruction, target));
    return subtract(sqrt(add(squared, scalar(small ** 2, 'float32'))), scalar(small, 'float32'));
  },
};

/** asinh(x/δ) = log(|x/δ| + √((x/δ)² + 1)) with the sign of x. */
function signedLog(x: Value): Value {
  const scaled = multiply(x, scalar(1 / small, 'float32'));
  const positive = (y: Value) => log(add(y, sqrt(add(square(y), scalar(1, 'float32')))));
  return subtract(positive(relu(scaled)), positive(relu(negate(scaled))));
}

/**
 * The part of this rank's blocks in the mean cost over the whole batch: a sum over ranks gives the mean. x̂, x: [rows,
 * values].
 */
export function reconstructionLoss(loss: Loss, reconstruction: Value, target: Value, globalRows: number): Value {
  const values = target.shape[1] as number;
  const sum = reduceSum(costs[loss](reconstruction, target), [0, 1]);
  return multiply(reshape(sum, [1]), scalar(1 / (globalRows * values), 'float32'));
}

/** The mean squared error of each block: [rows, values] → [rows]. */
export function squaredErrors(reconstruction: Value, target: Value): Value {
  const [rows, values] = target.shape as readonly number[];
  const sums = reduceSum(square(subtract(reconstruction, target)), [1]);
  return multiply(reshape(sums, [rows]), scalar(1 / values, 'float32'));
}

/** Where the projections are sorted. */
export type Sorting = 'inside' | 'outside';

/**
 * Squared sliced Wasserstein-2 distance of the latents [rows, L] from the prior, the standard normal distribution (Kolouri et al., Sliced
 * Wasserstein Auto-Encoders, ICLR 2019, eq. 12–14): the mean over `directions` [P, L], unit vectors. Along each of them the prior is
 * standard normal again, so the sorted projections are compared with the distribution itself and not with a sample of it, which
 * would have to be drawn, projected and sorted, and whose noise would be part of the distance. `sorting`: a processor sorts faster outside
 * of the graph, where it has `assignByRank`.
 */
export function slicedWasserstein(latents: Value, directions: Value, sorting: Sorting = 'inside'): Value {
  const [rows] = latents.shape as readonly number[];
  const [projections] = directions.shape as readonly number[];
  const { means, variance } = normalBins(rows);
  const targets = Float32Array.from(means);
  const projected = matmul(directions, latents, { transposeB: true });
  const difference =
    sorting === 'inside'
      ? subtract(sort(projected), constant(targets, [1, rows]))
      : subtract(projected, assignByRank(projected, targets));
  const sum = reshape(reduceSum(square(difference), [0, 1]), [1]);
  return add(multiply(sum, scalar(1 / (projections * rows), 'float32')), scalar(variance, 'float32'));
}
