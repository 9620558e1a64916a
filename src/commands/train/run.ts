import { join } from 'node:path';
import type { Communicator } from '../../dist/communicator.js';
import { type Architecture, labelOf } from '../../models/architectures.js';
import { type ScheduleOptions, scaledRate } from '../../models/schedule.js';
import type { Model } from '../../models/swae.js';
import { type Identity, type Position, readCheckpoint, startPosition } from './checkpoint.js';
import type { TrainOptions } from './command.js';
import type { Dataset } from './dataset.js';
import type { Engine } from './engine.js';
import type { Trainer } from './loop.js';
import { type Metrics, noMetrics, openMetrics } from './metrics.js';
import { createTrainer } from './trainer.js';

/** A training run on its way. */
export interface Run {
  communicator: Communicator;
  options: TrainOptions;
  model: Model;
  trainer: Trainer;
  folder: string;
  identity: Identity;
  position: Position;
  metrics: Metrics;
  stepsPerEpoch: number;
  lastStep: number;
  startedMs: number;
  release(): Promise<void>;
}

/** Begins a run, or with `resume` goes on with the one in the folder. */
export async function openRun(
  communicator: Communicator,
  options: TrainOptions,
  start: Model,
  dataset: Dataset,
  split: Trainer['split'],
  folder: string,
  engine: Engine,
): Promise<Run> {
  const stepsPerEpoch = Math.floor(split.training.length / options.batchSize);
  const totalSteps = stepsPerEpoch * options.epochs;
  const schedule = chooseSchedule(options, totalSteps);
  const identity = runIdentity(start.architecture, options, dataset, schedule);
  const data = { dataset, split };
  const { trainer, model, release } = await createTrainer(communicator, options, schedule, start, data, engine);
  const position = options.resume
    ? readCheckpoint(join(folder, 'last.safetensors'), model, trainer.state, identity)
    : startPosition();
  return {
    communicator,
    options,
    model,
    trainer,
    folder,
    identity,
    position,
    metrics: communicator.rank === 0 ? openMetrics(folder, position) : noMetrics,
    stepsPerEpoch,
    lastStep: Math.min(totalSteps, stepsPerEpoch * (options.maxEpochs ?? Infinity), options.maxSteps ?? Infinity),
    startedMs: performance.now(),
    release,
  };
}

function chooseSchedule(options: TrainOptions, totalSteps: number): ScheduleOptions {
  const { schedule, lr, scaleLr, batchSize, warmupSteps = Math.min(1000, Math.floor(totalSteps / 2)) } = options;
  return { schedule, learningRate: scaleLr ? scaledRate(lr, batchSize) : lr, warmupSteps, totalSteps };
}

function runIdentity(
  architecture: Architecture,
  options: TrainOptions,
  dataset: Dataset,
  schedule: ScheduleOptions,
): Identity {
  const { blockSize, latentSize, normalisation, loss, divergenceWeight, projections, batchSize } = options;
  const { splitBy, seed } = options;
  return {
    arch: labelOf(architecture),
    'block-size': blockSize,
    'latent-size': latentSize,
    normalisation,
    loss,
    'divergence-weight': divergenceWeight,
    projections,
    'batch-size': batchSize,
    accumulate: options.accumulate,
    optimiser: options.optimiser,
    lr: schedule.learningRate,
    schedule: schedule.schedule,
    'plateau-patience': schedule.schedule === 'plateau' ? options.plateauPatience : null,
    'oversample-worst': options.oversampleWorst,
    precision: options.precision,
    'weight-decay': options.weightDecay,
    'clip-norm': options.clipNorm ?? null,
    'split-by': splitBy,
    seed,
    blocks: dataset.count,
    'checksum of the blocks': dataset.checksum,
    // Other rates may go on for longer; what epochs do to the warm-up is below.
    epochs: schedule.schedule === 'cosine' ? options.epochs : null,
    'warmup-steps': schedule.warmupSteps,
  };
}
