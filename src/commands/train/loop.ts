import type { Communicator } from '../../dist/communicator.js';
import { partition } from '../../dist/partition.js';
import type { StepLosses, StepResults, TrainingStep, Validation } from '../../engines/engine.js';
import { clipByNorm, type Optimiser, type OptimiserState } from '../../models/optimiser.js';
import { drawDirections, drawPrior, epochOrder, type Split } from '../../models/sampling.js';
import { ratesAt, type ScheduleOptions } from '../../models/schedule.js';
import { type Dataset, takeRows } from './dataset.js';

export interface Trainer {
  communicator: Communicator;
  dataset: Dataset;
  split: Split;
  /** The trained ones first, running statistics behind them. */
  parameters: Float32Array<ArrayBuffer>;
  /** One longer than the gradients: the last place carries the reconstruction loss through the same allreduce. */
  reduced: Float32Array<ArrayBuffer>;
  results: StepResults;
  step: TrainingStep;
  validation: Validation;
  optimiser: Optimiser;
  state: OptimiserState;
  /** [rows of this rank, k³], filled before each step. */
  batch: Float32Array;
  options: {
    batchSize: number;
    latentSize: number;
    projections: number;
    seed: number;
    schedule: ScheduleOptions;
    /** Largest Euclidean norm of a gradient. */
    clipNorm: number | undefined;
  };
}

/** The order of an epoch's blocks, worked out once an epoch. */
export function openEpoch({ split, options }: Trainer, epoch: number): Uint32Array {
  return epochOrder(split.training.length, options.seed, epoch).map((i) => split.training[i]);
}

/**
 * Step `step` of the run on the global batch `stepInEpoch` of its epoch: every rank takes its slice of the same batch,
 * gradients are summed, and every rank makes the same update.
 */
export async function trainStep(
  trainer: Trainer,
  order: Uint32Array,
  stepInEpoch: number,
  step: number,
): Promise<StepLosses> {
  const { communicator, options, reduced, parameters, results, state } = trainer;
  const { start, end } = partition(options.batchSize, communicator.size, communicator.rank);
  const first = stepInEpoch * options.batchSize;
  takeRows(trainer.dataset, order.subarray(first + start, first + end), trainer.batch);
  const directions = drawDirections(options.projections, options.latentSize, options.seed, step);
  const prior = drawPrior(options.batchSize, options.latentSize, options.seed, step);
  const { reconstruction, divergence } = await trainer.step.run({ values: trainer.batch, directions, prior });
  const trained = results.gradients.length;
  parameters.set(results.statistics, trained);
  reduced[trained] = reconstruction;
  communicator.allreduce(reduced, 'sum');
  if (options.clipNorm !== undefined) clipByNorm(reduced, trained, options.clipNorm);
  trainer.optimiser.update(parameters.subarray(0, trained), reduced, state, ratesAt(step, options.schedule));
  return { reconstruction: reduced[trained], divergence };
}

/** Mean squared error, in normalised scale, over all blocks of `indices`. A collective call. */
export async function meanError(trainer: Trainer, indices: Uint32Array): Promise<number> {
  const { communicator, dataset, validation } = trainer;
  const { start, end } = partition(indices.length, communicator.size, communicator.rank);
  const values = new Float32Array((validation.rows * dataset.values.length) / dataset.count);
  const sum = new Float64Array(1);
  validation.load();
  for (let row = start; row < end; row += validation.rows) {
    const chosen = indices.subarray(row, Math.min(end, row + validation.rows));
    takeRows(dataset, chosen, values);
    const errors = await validation.errors(values);
    for (let i = 0; i < chosen.length; i++) sum[0] += errors[i];
  }
  communicator.allreduce(sum, 'sum');
  return sum[0] / indices.length;
}
