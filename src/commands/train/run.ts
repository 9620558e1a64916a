import { join } from 'node:path';
import type { Communicator } from '../../dist/communicator.js';
import { partition } from '../../dist/partition.js';
import { createTrainingStep, createValidation } from '../../engines/onnx/training.js';
import { adam } from '../../models/optimiser.js';
import { parameterLayout } from '../../models/parameters.js';
import type { ScheduleOptions } from '../../models/schedule.js';
import type { Model } from '../../models/swae.js';
import type { CollectiveOperator } from '../../onnx/index.js';
import { resolveThreads } from '../options.js';
import { type Identity, type Position, readCheckpoint, startPosition } from './checkpoint.js';
import type { TrainOptions } from './command.js';
import type { Dataset } from './dataset.js';
import type { Trainer } from './loop.js';
import { type Metrics, openMetrics } from './metrics.js';

const validationRows = 512;

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
}

/** Begins a run, or with `resume` goes on with the one in the folder. */
export async function openRun(
  communicator: Communicator,
  options: TrainOptions,
  model: Model,
  dataset: Dataset,
  split: Trainer['split'],
  folder: string,
): Promise<Run> {
  const { batchSize, latentSize, projections, seed } = options;
  const stepsPerEpoch = Math.floor(split.training.length / batchSize);
  const totalSteps = stepsPerEpoch * options.epochs;
  const schedule = chooseSchedule(options, totalSteps);
  const identity = runIdentity(options, dataset, schedule);
  const optimiser = adam({ weightDecay: options.weightDecay });
  const { length, trainedLength } = parameterLayout(model.architecture);
  const state = optimiser.init(trainedLength);
  const position = options.resume
    ? readCheckpoint(join(folder, 'last.safetensors'), model, state, identity)
    : startPosition();
  const reduced = new Float32Array(trainedLength + 1);
  const results = {
    gradients: reduced.subarray(0, trainedLength),
    statistics: new Float32Array(length - trainedLength),
  };
  const ranges = Array.from({ length: communicator.size }, (_, rank) => partition(batchSize, communicator.size, rank));
  const rowsByRank = ranges.map(({ start, end }) => end - start);
  const threads = resolveThreads(options.threads, communicator.localSize);
  const { loss, divergenceWeight } = options;
  const { rank } = communicator;
  const step = await createTrainingStep(
    model,
    results,
    { loss, divergenceWeight, projections, rowsByRank, rank, threads },
    (operator, rows) => runCollective(communicator, operator, rows),
  );
  const validation = await createValidation(model, validationRows, { threads });
  const batch = new Float32Array(rowsByRank[rank] * options.blockSize ** 3);
  const trainer: Trainer = {
    communicator,
    dataset,
    split,
    parameters: model.parameters,
    reduced,
    results,
    step,
    validation,
    optimiser,
    state,
    batch,
    options: { batchSize, latentSize, projections, seed, schedule, clipNorm: options.clipNorm },
  };
  const metrics = rank === 0 ? openMetrics(join(folder, 'metrics.jsonl'), position) : { append() {} };
  const lastStep = Math.min(totalSteps, options.maxSteps ?? Number.POSITIVE_INFINITY);
  const startedMs = performance.now();
  return {
    communicator,
    options,
    model,
    trainer,
    folder,
    identity,
    position,
    metrics,
    stepsPerEpoch,
    lastStep,
    startedMs,
  };
}

function chooseSchedule({ schedule, lr, warmupSteps }: TrainOptions, totalSteps: number): ScheduleOptions {
  const defaultWarmup = Math.min(1000, Math.floor(totalSteps / 2));
  return { schedule, learningRate: lr, warmupSteps: warmupSteps ?? defaultWarmup, totalSteps };
}

function runIdentity(options: TrainOptions, dataset: Dataset, schedule: ScheduleOptions): Identity {
  const { arch, blockSize, latentSize, normalisation, loss, divergenceWeight, projections, batchSize } = options;
  const { lr, splitBy, seed } = options;
  return {
    arch,
    'block-size': blockSize,
    'latent-size': latentSize,
    normalisation,
    loss,
    'divergence-weight': divergenceWeight,
    projections,
    'batch-size': batchSize,
    lr,
    schedule: schedule.schedule,
    'weight-decay': options.weightDecay,
    'clip-norm': options.clipNorm ?? null,
    'split-by': splitBy,
    seed,
    blocks: dataset.count,
    'checksum of the blocks': dataset.checksum,
    // A constant rate may go on for longer; what epochs do to the warm-up is below.
    epochs: schedule.schedule === 'constant' ? null : options.epochs,
    'warmup-steps': schedule.warmupSteps,
  };
}

function runCollective(communicator: Communicator, operator: CollectiveOperator, rows: Float32Array): Float32Array {
  if (operator === 'AllReduce') {
    communicator.allreduce(rows, 'sum');
    return rows;
  }
  const parts = communicator.allgather(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  return new Float32Array(new Uint8Array(Buffer.concat(parts)).buffer);
}
