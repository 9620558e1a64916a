import { partition } from '../../dist/partition.js';
import { takeRows } from './dataset.js';
import type { Trainer } from './loop.js';

export interface ValidationErrors {
  /** Mean squared error over all blocks, in normalised scale. */
  readonly mean: number;
  /** Over the blocks of each variable; NaN of one without blocks. */
  readonly byVariable: readonly number[];
}

/** Errors over the blocks of `indices`, the same on every rank. A collective call. */
export async function validate(trainer: Trainer, indices: Uint32Array): Promise<ValidationErrors> {
  const { communicator, dataset, validation } = trainer;
  const { start, end } = partition(indices.length, communicator.size, communicator.rank);
  const values = new Float32Array((validation.rows * dataset.values.length) / dataset.count);
  const variables = dataset.variableNames.length;
  /** Sums, then counts. */
  const sums = new Float64Array(2 * variables);
  validation.load();
  for (let row = start; row < end; row += validation.rows) {
    const chosen = indices.subarray(row, Math.min(end, row + validation.rows));
    takeRows(dataset, chosen, values);
    const errors = await validation.errors(values);
    for (let i = 0; i < chosen.length; i++) {
      const variable = dataset.variableOf[chosen[i]];
      sums[variable] += errors[i];
      sums[variables + variable] += 1;
    }
  }
  communicator.allreduce(sums, 'sum');
  // Every rank has the same sums already; rank 0's word counts where an MPI library's reductions differ by rank.
  communicator.broadcast(sums, 0);
  const errors = sums.subarray(0, variables);
  return {
    mean: errors.reduce((sum, error) => sum + error, 0) / indices.length,
    byVariable: Array.from(errors, (error, i) => error / sums[variables + i]),
  };
}
