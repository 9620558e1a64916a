import { partition } from '../../dist/partition.js';
import type { Split } from '../../models/sampling.js';
import { fetchRows } from './fetch-rows.js';
import type { Trainer } from './loop.js';

export interface ValidationErrors {
  /** Mean squared error over all blocks, in normalised scale. */
  readonly mean: number;
  /** Over the blocks of each variable; NaN of one without blocks. */
  readonly byVariable: readonly number[];
}

/** The part on which a run measures itself after every epoch: a split may leave nothing to validate on. */
export function measuredPart({ validation }: Split): 'validation' | 'training' {
  return validation.length > 0 ? 'validation' : 'training';
}

/** Errors over the blocks of `indices`, the same on every rank. A collective call. */
export async function validate(trainer: Trainer, indices: Uint32Array): Promise<ValidationErrors> {
  const { communicator, dataset, validation } = trainer;
  const { start, end } = partition(indices.length, communicator.size, communicator.rank);
  // The first rank has no fewer blocks than any other, and all fetch as often.
  const longest = partition(indices.length, communicator.size, 0).end;
  const values = new Float32Array(validation.rows * dataset.valuesPerBlock);
  const variables = dataset.variableNames.length;
  /** Sums, then counts. */
  const sums = new Float64Array(2 * variables);
  validation.load();
  for (let row = 0; row < longest; row += validation.rows) {
    const chosen = indices.subarray(start + row, Math.min(end, start + row + validation.rows));
    fetchRows(communicator, dataset, chosen, values);
    if (chosen.length === 0) continue;
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
