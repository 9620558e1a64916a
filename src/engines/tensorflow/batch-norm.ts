import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import { epsilon, momentum } from '../../models/batch-norm.js';
import { allreduce, type Ranks } from './collective.js';
import type { Tensorflow } from './load.js';

export interface BatchNormalised {
  /** As x. */
  readonly y: Tensor3D;
  /** What the running statistics become, by their parameters' names: [channels]. */
  readonly statistics: Readonly<Record<string, Tensor>>;
}

/** x [rows of this rank, positions, channels]; see the function of this name in `models/batch-norm`. */
export function normaliseBatch(
  tf: Tensorflow,
  x: Tensor3D,
  name: string,
  ranks: Ranks,
  parameter: (name: string) => Tensor,
): BatchNormalised {
  const [, positions] = x.shape;
  const count = positions * ranks.rowsByRank.reduce((sum, rows) => sum + rows, 0);
  const meanOf = (values: Tensor) => tf.div(allreduce(tf, tf.sum(values, [0, 1]), ranks), count);
  const mean = meanOf(x);
  const centered = tf.sub(x, mean);
  const variance = meanOf(tf.square(centered));
  const deviation = tf.sqrt(tf.add(variance, epsilon));
  const scale = tf.div(parameter(`${name}.scale`), deviation);
  const mix = (running: string, batch: Tensor) =>
    tf.add(tf.mul(parameter(running), 1 - momentum), tf.mul(batch, momentum));
  const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
  return {
    y: tf.add(tf.mul(centered, scale), parameter(`${name}.shift`)),
    statistics: {
      [`${name}.running_mean`]: mix(`${name}.running_mean`, mean),
      [`${name}.running_variance`]: mix(`${name}.running_variance`, unbiased),
    },
  };
}
