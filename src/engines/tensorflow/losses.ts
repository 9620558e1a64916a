/** The losses of `models/losses`, where they are defined and explained. */
import type { GradSaveFunc, Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { type Loss, small } from '../../models/losses.js';
import { normalBins } from '../../models/normal-bins.js';
import type { Tensorflow } from './load.js';

type Cost = (tf: Tensorflow, reconstruction: Tensor, target: Tensor) => Tensor;

const costs: Record<Loss, Cost> = {
  mse: (tf, reconstruction, target) => tf.squaredDifference(reconstruction, target),
  log: (tf, reconstruction, target) => {
    const signedLog = (x: Tensor) => tf.asinh(tf.div(x, small));
    return tf.squaredDifference(signedLog(reconstruction), signedLog(target));
  },
  relative: (tf, reconstruction, target) =>
    tf.div(tf.squaredDifference(reconstruction, target), tf.add(tf.square(target), small ** 2)),
  robust: (tf, reconstruction, target) =>
    tf.sub(tf.sqrt(tf.add(tf.squaredDifference(reconstruction, target), small ** 2)), small),
};

/** The part of this rank's blocks in the mean cost over the whole batch. x̂, x: [rows, values]. */
export function reconstructionLoss(
  tf: Tensorflow,
  loss: Loss,
  reconstruction: Tensor2D,
  target: Tensor2D,
  globalRows: number,
): Scalar {
  return tf.div(tf.sum(costs[loss](tf, reconstruction, target)), globalRows * target.shape[1]);
}

/** The mean squared error of each block: [rows, values] → [rows]. */
export function squaredErrors(tf: Tensorflow, reconstruction: Tensor2D, target: Tensor2D): Tensor {
  return tf.mean(tf.squaredDifference(reconstruction, target), 1);
}

/** Squared sliced Wasserstein-2 distance of the latents [rows, L] from the prior. */
export function slicedWasserstein(tf: Tensorflow, latents: Tensor2D, directions: Tensor2D): Scalar {
  const { means, variance } = normalBins(latents.shape[0]);
  const sorted = sort(tf, tf.matMul(directions, latents, false, true));
  return tf.add(tf.mean(tf.squaredDifference(sorted, Float32Array.from(means))), variance);
}

/** Each row in descending order. The library's `topk` has no gradient: each value's goes back to where it came from. */
function sort(tf: Tensorflow, x: Tensor2D): Tensor2D {
  const [rows, length] = x.shape;
  const sorted = tf.customGrad((unsorted, save) => {
    (save as GradSaveFunc)([unsorted as Tensor2D]);
    return {
      value: tf.topk(unsorted as Tensor2D, length).values,
      gradFunc: (g: Tensor, [kept]: Tensor[]) => {
        const starts = tf.reshape(tf.range(0, rows * length, length, 'int32'), [rows, 1]);
        const places = tf.reshape(tf.add(tf.topk(kept, length).indices, starts), [rows * length, 1]);
        return tf.reshape(tf.scatterND(places, tf.reshape(g, [rows * length]), [rows * length]), [rows, length]);
      },
    };
  });
  return sorted(x) as Tensor2D;
}
