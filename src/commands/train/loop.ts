import type { Communicator } from '../../dist/communicator.js';
import type { StepLosses, StepResults, TrainingStep, Validation } from '../../engines/engine.js';
import { InputError } from '../../errors.js';
import { nextLossScale } from '../../models/loss-scale.js';
import { allFinite, clipByNorm, type Optimiser, type OptimiserState } from '../../models/optimiser.js';
import { drawDirections, type Split } from '../../models/sampling.js';
import { ratesAt, type ScheduleOptions } from '../../models/schedule.js';
import type { Batches } from './batches.js';
import type { Position } from './checkpoint.js';
import type { Dataset } from './dataset.js';

export interface Trainer {
  communicator: Communicator;
  dataset: Dataset;
  split: Split;
  /** The trained ones first, running statistics behind them. */
  parameters: Float32Array<ArrayBuffer>;
  /** Three longer than the gradients: the losses and the ranks that want to stop go through the same allreduce. */
  reduced: Float32Array<ArrayBuffer>;
  /** Its gradients are the front of `reduced`, where a step has one part. */
  results: StepResults;
  step: TrainingStep;
  validation: Validation;
  optimiser: Optimiser;
  state: OptimiserState;
  batches: Batches;
  options: {
    /** Parts that a step's batch is worked through in, one after the other. */
    parts: number;
    latentSize: number;
    projections: number;
    seed: number;
    schedule: ScheduleOptions;
    /** Largest Euclidean norm of a gradient. */
    clipNorm: number | undefined;
    mixed: boolean;
  };
}

export interface StepOutcome extends StepLosses {
  /** Whether any rank asked to stop after this step; the same on every rank. */
  readonly stop: boolean;
  readonly learningRate: number;
}

/**
 * The next step of the run, on the next global batch of its epoch: every rank takes its slice of the same batch, gradients
 * are summed, and every rank makes the same update. Changes `position.lossScale` alone.
 */
export async function trainStep(
  trainer: Trainer,
  order: Uint32Array,
  position: Position,
  wantsToStop: boolean,
): Promise<StepOutcome> {
  const { communicator, options, reduced, parameters, results, state } = trainer;
  const losses = await computeGradients(trainer, order, position);
  const trained = results.gradients.length;
  reduced[trained] = losses.reconstruction;
  reduced[trained + 1] = losses.divergence;
  reduced[trained + 2] = wantsToStop ? 1 : 0;
  communicator.allreduce(reduced, 'sum');
  const overflowed = options.mixed && !allFinite(reduced, trained);
  if (overflowed && position.lossScale.value === 1)
    throw new InputError(`the gradients of step ${position.step} overflow float16, unscaled too`, {
      hint: 'A smaller --lr or --clip-norm may help, or --precision float32.',
    });
  if (options.mixed) position.lossScale = nextLossScale(position.lossScale, overflowed);
  const rates = ratesAt(position.step, options.schedule, position.plateau.reduction);
  if (!overflowed) {
    if (options.clipNorm !== undefined) clipByNorm(reduced, trained, options.clipNorm);
    await trainer.optimiser.update(parameters.subarray(0, trained), reduced, state, rates);
  }
  return {
    reconstruction: reduced[trained],
    divergence: reduced[trained + 1],
    stop: reduced[trained + 2] > 0,
    learningRate: rates.learningRate,
  };
}

/** This rank's gradients into `reduced`: the mean over the parts of the batch. The divergence is that of a part, too. */
async function computeGradients(
  { batches, options, reduced, parameters, results, step }: Trainer,
  order: Uint32Array,
  position: Position,
): Promise<StepLosses> {
  const { parts, latentSize, projections, seed } = options;
  const total = { reconstruction: 0, divergence: 0 };
  if (parts > 1) reduced.fill(0);
  for (let part = 0; part < parts; part++) {
    const values = batches.slice(order, position.stepInEpoch, part);
    const draw = position.step * parts + part;
    const directions = drawDirections(projections, latentSize, seed, draw);
    const lossScale = position.lossScale.value;
    const losses = await step.run({ values, directions, lossScale });
    parameters.set(results.statistics, results.gradients.length);
    total.reconstruction += losses.reconstruction / parts;
    total.divergence += losses.divergence / parts;
    if (parts > 1) for (let i = 0; i < results.gradients.length; i++) reduced[i] += results.gradients[i] / parts;
  }
  return total;
}
