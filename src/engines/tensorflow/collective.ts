import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { RunCollective } from '../engine.js';
import type { Tensorflow } from './load.js';

/** The ranks that hold the global batch, seen from one of them. */
export interface Ranks {
  /** Blocks of the global batch that each rank holds. */
  readonly rowsByRank: readonly number[];
  readonly rank: number;
  readonly collective: RunCollective;
}

/** The rows of every rank, in rank order; the gradients of both are explained at `onnx/collective`. */
export function allgather(tf: Tensorflow, rows: Tensor2D, ranks: Ranks): Tensor2D {
  const { rowsByRank, rank, collective } = ranks;
  if (rowsByRank.length === 1) return rows;
  const [own, width] = rows.shape;
  const start = sum(rowsByRank.slice(0, rank));
  const gathered = tf.customGrad((x) => ({
    value: tf.tensor(collective('AllGather', copyOf(x as Tensor)), [sum(rowsByRank), width]),
    gradFunc: (g: Tensor) => tf.slice(allreduce(tf, g, ranks), [start, 0], [own, width]),
  }));
  return gathered(rows) as Tensor2D;
}

/** The sum over ranks. */
export function allreduce(tf: Tensorflow, part: Tensor, ranks: Ranks): Tensor {
  if (ranks.rowsByRank.length === 1) return part;
  const reduced = tf.customGrad((x) => ({
    value: tf.tensor(ranks.collective('AllReduce', copyOf(x as Tensor)), part.shape),
    gradFunc: (g: Tensor) => allreduce(tf, g, ranks),
  }));
  return reduced(part);
}

/** The library may give its own memory, and a collective may overwrite what it gets. */
function copyOf(x: Tensor): Float32Array {
  return (x.dataSync() as Float32Array).slice();
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
