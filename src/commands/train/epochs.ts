import { join } from 'node:path';
import type { Interruption } from '../../dist/interruption.js';
import { InputError } from '../../errors.js';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { writeSafetensors } from '../../io/checkpoint.js';
import { isUnitScaled, type Normalisation } from '../../models/normalise.js';
import { weightedEpochOrder } from '../../models/sampling.js';
import { afterEpoch } from '../../models/schedule.js';
import { decoderGraph, encoderGraph } from '../../models/swae.js';
import { bestModelName, modelMetadata, modelParameters, modelTensors } from '../model-file.js';
import { type Progress, startProgress } from '../progress.js';
import { writeCheckpoint } from './checkpoint.js';
import { trainStep } from './loop.js';
import type { Run } from './run.js';
import { measuredPart, type ValidationErrors, validate } from './validate.js';

const metricsEverySteps = 50;

/**
 * Trains until the last step, or until the validation error has not fallen for `patience` epochs, and gives the least
 * validation error; undefined where a signal ended it before, in mid-epoch or not. A collective call.
 */
export async function runEpochs(run: Run, interruption: Interruption): Promise<number | undefined> {
  const { position, options, communicator } = run;
  interruption.defer();
  const total = run.lastStep * options.batchSize;
  const from = position.step * options.batchSize;
  const progress = startProgress({ label: 'train', total, from, unit: 'samples' });
  const isOver = () => position.step >= run.lastStep || position.best.epochsSince >= options.patience;
  let stopped = false;
  while (!isOver() && !stopped) {
    stopped = await runEpoch(run, interruption, progress);
    if (position.stepInEpoch === run.stepsPerEpoch) await closeEpoch(run);
    if (communicator.rank === 0) saveCheckpoint(run);
  }
  progress.finish();
  return isOver() ? (position.best.error ?? keepFirst(run)) : undefined;
}

/** A run too short for a whole epoch leaves its model too. */
async function keepFirst(run: Run): Promise<number> {
  const { mean } = await validateRun(run);
  if (run.communicator.rank === 0) saveBest(run, mean);
  return mean;
}

/** The blocks of an epoch in their order. */
function openEpoch({ trainer: { split, dataset }, options, position }: Run): Uint32Array {
  const { training } = split;
  const worst = new Set(position.worst);
  const places = new Uint32Array(worst.size === 0 ? 0 : training.length).map((_, place) => place);
  const favoured = places.filter((place) => worst.has(dataset.variableOf[training[place]]));
  const order = weightedEpochOrder(training.length, options.seed, position.epoch, favoured, options.oversampleWorst);
  return order.map((i) => training[i]);
}

/** The rest of the epoch; gives whether the ranks have agreed to stop, which leaves it unfinished. */
async function runEpoch(run: Run, interruption: Interruption, progress: Progress): Promise<boolean> {
  const { position, trainer, options } = run;
  const order = openEpoch(run);
  let recorded = { step: position.step, ms: performance.now() };
  while (position.stepInEpoch < run.stepsPerEpoch && position.step < run.lastStep) {
    const wantsToStop = (await interruption.signal()) !== undefined;
    const { stop, learningRate, ...losses } = await trainStep(trainer, order, position, wantsToStop);
    requireFinite(`loss of step ${position.step}`, losses.reconstruction);
    position.step += 1;
    position.stepInEpoch += 1;
    position.epochLoss.reconstruction += losses.reconstruction;
    position.epochLoss.divergence += losses.divergence;
    if (position.step % metricsEverySteps === 0) {
      const seconds = (performance.now() - recorded.ms) / 1000;
      run.metrics.append({
        step: position.step,
        epoch: position.epoch,
        ...losses,
        learning_rate: learningRate,
        samples_per_second: ((position.step - recorded.step) * options.batchSize) / seconds,
      });
      recorded = { step: position.step, ms: performance.now() };
    }
    progress.update(
      position.step * options.batchSize,
      `epoch ${position.epoch + 1}, loss ${losses.reconstruction.toExponential(2)}`,
    );
    if (stop) return true;
    if (position.step % options.checkpointEvery === 0 && run.communicator.rank === 0) saveCheckpoint(run);
  }
  return false;
}

/** Validates, keeps the model if it is the best, and moves to the next epoch. */
async function closeEpoch(run: Run): Promise<void> {
  const { position, communicator, options } = run;
  syncRanks(run);
  const { mean: error, byVariable } = await validateRun(run);
  const better = position.best.error === null || error < position.best.error;
  position.best = better
    ? { error, epochsSince: 0 }
    : { error: position.best.error, epochsSince: position.best.epochsSince + 1 };
  if (options.schedule === 'plateau') position.plateau = afterEpoch(position.plateau, better, options.plateauPatience);
  if (options.oversampleWorst > 1) position.worst = worstVariables(byVariable);
  if (communicator.rank === 0) {
    if (better) saveBest(run, error);
    appendEpoch(run, error);
  }
  position.epoch += 1;
  position.stepInEpoch = 0;
  position.epochLoss = { reconstruction: 0, divergence: 0 };
}

function appendEpoch({ position, metrics, model, stepsPerEpoch, startedMs }: Run, error: number): void {
  metrics.append({
    step: position.step,
    epoch: position.epoch,
    epoch_reconstruction: position.epochLoss.reconstruction / stepsPerEpoch,
    epoch_divergence: position.epochLoss.divergence / stepsPerEpoch,
    validation_error: error,
    validation_psnr_db: psnr(error, model.normalisation),
    seconds: (performance.now() - startedMs) / 1000,
  });
  metrics.appendParameters(position.step, modelParameters(model));
}

/** The quarter with the largest errors, at least one of several. */
function worstVariables(errors: readonly number[]): number[] {
  const known = [...errors.keys()].filter((variable) => !Number.isNaN(errors[variable]));
  const byError = known.sort((a, b) => errors[b] - errors[a]);
  if (byError.length < 2) return [];
  return byError.slice(0, Math.max(1, Math.round(byError.length / 4))).sort((a, b) => a - b);
}

async function validateRun({ trainer, position }: Run): Promise<ValidationErrors> {
  const part = measuredPart(trainer.split);
  const errors = await validate(trainer, trainer.split[part]);
  requireFinite(`${part} error after step ${position.step}`, errors.mean);
  return errors;
}

/** Every rank makes the same updates; where their processors or devices round otherwise, rank 0's word counts. */
function syncRanks({ trainer, communicator }: Run): void {
  for (const values of [trainer.parameters, ...trainer.state.moments]) communicator.broadcast(values, 0);
}

function requireFinite(what: string, value: number): void {
  if (!Number.isFinite(value))
    throw new InputError(`the ${what} is ${value}: training diverged`, {
      hint: 'A smaller --lr, a longer --warmup-steps or --clip-norm 1 may help; --resume goes on from the last checkpoint.',
    });
}

function saveCheckpoint({ folder, model, trainer, position, identity }: Run): void {
  writeCheckpoint(join(folder, 'last.safetensors'), model, trainer.state, position, identity);
}

function saveBest({ folder, model, position, identity }: Run, error: number): void {
  const training = { ...identity, step: position.step, validation_error: error };
  writeSafetensors(join(folder, bestModelName), modelTensors(model), {
    ...modelMetadata(model),
    training: JSON.stringify(training),
  });
  writeFileAtomic(join(folder, 'encoder.onnx'), [encoderGraph(model, 'float32')]);
  if (model.scaling) writeFileAtomic(join(folder, 'encoder_linear.onnx'), [encoderGraph(model, 'float32', 'minmax')]);
  writeFileAtomic(join(folder, 'decoder.onnx'), [decoderGraph(model, 'float32')]);
}

/** In dB, of values in [0, 1]; undefined where the normalisation gives others. */
export function psnr(meanSquaredError: number, normalisation: Normalisation): number | undefined {
  return isUnitScaled(normalisation) ? -10 * Math.log10(meanSquaredError) : undefined;
}
