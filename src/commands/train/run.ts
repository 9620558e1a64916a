import { join } from 'node:path';
import type { Communicator } from '../../dist/communicator.js';
import { partition } from '../../dist/partition.js';
import { parseDevice } from '../../engines/onnx/device.js';
import { createOrthogonaliser } from '../../engines/onnx/orthogonalise.js';
import type { SessionOptions } from '../../engines/onnx/session.js';
import type { Architecture } from '../../models/architectures.js';
import { matrixShapes, muon } from '../../models/muon.js';
import { adam, type Optimiser } from '../../models/optimiser.js';
import { parameterLayout } from '../../models/parameters.js';
import { type ScheduleOptions, scaledRate } from '../../models/schedule.js';
import type { Model } from '../../models/swae.js';
import type { CollectiveOperator } from '../../onnx/index.js';
import { resolveThreads } from '../options.js';
import { type Identity, type Position, readCheckpoint, startPosition } from './checkpoint.js';
import type { TrainOptions } from './command.js';
import type { Dataset } from './dataset.js';
import type { Engine } from './engine.js';
import type { Trainer } from './loop.js';
import { type Metrics, noMetrics, openMetrics } from './metrics.js';

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
  engine: Engine,
): Promise<Run> {
  const { batchSize, accumulate } = options;
  const stepsPerEpoch = Math.floor(split.training.length / batchSize);
  const totalSteps = stepsPerEpoch * options.epochs;
  const schedule = chooseSchedule(options, totalSteps);
  const identity = runIdentity(options, dataset, schedule);
  const session = sessionOptions(communicator, options);
  const optimiser = await createOptimiser(options, model.architecture, session);
  const { length, trainedLength } = parameterLayout(model.architecture);
  const state = optimiser.init(trainedLength);
  const position = options.resume
    ? readCheckpoint(join(folder, 'last.safetensors'), model, state, identity)
    : startPosition();
  const reduced = new Float32Array(trainedLength + 3);
  const results = {
    gradients: accumulate === 1 ? reduced.subarray(0, trainedLength) : new Float32Array(trainedLength),
    statistics: new Float32Array(length - trainedLength),
  };
  const rowsByRank = rowsOfRanks(batchSize / accumulate, communicator.size);
  const { loss, divergenceWeight, projections, precision, latentSize, seed, clipNorm } = options;
  const { rank } = communicator;
  const step = await engine.createTrainingStep(
    model,
    results,
    { loss, divergenceWeight, projections, precision, rowsByRank, rank, ...session },
    (operator, rows) => runCollective(communicator, operator, rows),
  );
  const trainer: Trainer = {
    communicator,
    dataset,
    split,
    parameters: model.parameters,
    reduced,
    results,
    step,
    validation: await engine.createValidation(model, validationRows, session),
    optimiser,
    state,
    batch: new Float32Array(rowsByRank[rank] * options.blockSize ** 3),
    options: {
      batchSize,
      parts: accumulate,
      latentSize,
      projections,
      seed,
      schedule,
      clipNorm,
      mixed: precision === 'mixed',
    },
  };
  return {
    communicator,
    options,
    model,
    trainer,
    folder,
    identity,
    position,
    metrics: rank === 0 ? openMetrics(folder, position) : noMetrics,
    stepsPerEpoch,
    lastStep: Math.min(totalSteps, options.maxSteps ?? Number.POSITIVE_INFINITY),
    startedMs: performance.now(),
  };
}

function sessionOptions({ localRank, localSize }: Communicator, options: TrainOptions): SessionOptions {
  return {
    threads: resolveThreads(options.threads, localSize),
    device: parseDevice(options.device, localRank),
    tf32: options.tf32,
    graphCache: options.graphCache,
  };
}

function rowsOfRanks(rows: number, ranks: number): number[] {
  return Array.from({ length: ranks }, (_, rank) => {
    const { start, end } = partition(rows, ranks, rank);
    return end - start;
  });
}

async function createOptimiser(
  { optimiser, weightDecay }: TrainOptions,
  architecture: Architecture,
  session: SessionOptions,
): Promise<Optimiser> {
  if (optimiser === 'adam') return adam({ weightDecay });
  const layout = parameterLayout(architecture);
  const { orthogonalise } = await createOrthogonaliser(matrixShapes(layout), session);
  return muon(layout, orthogonalise, { weightDecay });
}

function chooseSchedule(options: TrainOptions, totalSteps: number): ScheduleOptions {
  const { schedule, lr, scaleLr, batchSize, warmupSteps = Math.min(1000, Math.floor(totalSteps / 2)) } = options;
  return { schedule, learningRate: scaleLr ? scaledRate(lr, batchSize) : lr, warmupSteps, totalSteps };
}

function runIdentity(options: TrainOptions, dataset: Dataset, schedule: ScheduleOptions): Identity {
  const { arch, blockSize, latentSize, normalisation, loss, divergenceWeight, projections, batchSize } = options;
  const { splitBy, seed } = options;
  return {
    arch,
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

function runCollective(communicator: Communicator, operator: CollectiveOperator, rows: Float32Array): Float32Array {
  if (operator === 'AllReduce') {
    communicator.allreduce(rows, 'sum');
    return rows;
  }
  const parts = communicator.allgather(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  return new Float32Array(new Uint8Array(Buffer.concat(parts)).buffer);
}
