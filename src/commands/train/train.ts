import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Communicator } from '../../dist/communicator.js';
import { partition } from '../../dist/partition.js';
import { createTrainingStep, createValidation } from '../../engines/onnx/training.js';
import { exitCode, InputError } from '../../errors.js';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { writeSafetensors } from '../../io/checkpoint.js';
import { architecture } from '../../models/architectures.js';
import { adam } from '../../models/optimiser.js';
import { initialParameters, parameterLayout } from '../../models/parameters.js';
import type { ScheduleOptions } from '../../models/schedule.js';
import { decoderGraph, encoderGraph, type Model } from '../../models/swae.js';
import { bestModelName, modelMetadata, modelTensors } from '../model-file.js';
import { requirePositive, requireWhole, resolveThreads } from '../options.js';
import { duration, type Progress, startProgress } from '../progress.js';
import { type Identity, type Position, readCheckpoint, startPosition, writeCheckpoint } from './checkpoint.js';
import type { TrainOptions } from './command.js';
import { type Dataset, splitDataset } from './dataset.js';
import { loadDataset } from './load.js';
import { meanError, openEpoch, type Trainer, trainStep } from './loop.js';
import { type Metrics, openMetrics } from './metrics.js';

const validationRows = 512;
const metricsEverySteps = 50;

export async function train(communicator: Communicator, options: TrainOptions): Promise<number> {
  checkOptions(options, communicator.size);
  const described = architecture(options.arch, options.blockSize, options.latentSize);
  const model: Model = {
    architecture: described,
    normalisation: options.normalisation,
    parameters: initialParameters(parameterLayout(described), options.seed),
  };
  const folder = options.outputDir ?? `runs/swae_${Array(3).fill(options.blockSize).join('x')}_${options.arch}`;
  prepareFolder(communicator, folder, options.resume);
  const { dataset, fileCount, variableCount } = await loadDataset(communicator, options);
  const split = splitDataset(dataset, options.splitBy, fileCount, options.seed);
  if (split.training.length < options.batchSize)
    throw new InputError(
      `only ${split.training.length} blocks to train on, fewer than --batch-size ${options.batchSize}`,
      {
        hint: 'Give more data or a smaller batch.',
      },
    );
  const say = (line: string) => communicator.rank === 0 && process.stdout.write(`${line}\n`);
  say(
    `${dataset.count.toLocaleString('en')} blocks of ${options.blockSize}³ from ${fileCount} files and ${variableCount} variables: ` +
      `${split.training.length} to train on, ${split.validation.length} to validate, ${split.test.length} to test`,
  );
  say(`${communicator.size} rank(s) of ${resolveThreads(options.threads)} thread(s), ${communicator.library}`);
  const run = await openRun(communicator, options, model, dataset, split, folder);
  await runEpochs(run);
  const test = split.test.length > 0 ? await meanError(run.trainer, split.test) : undefined;
  await run.trainer.step.release();
  await run.trainer.validation.release();
  say(
    `best validation error ${formatError(run.position.best.error ?? Number.NaN)}` +
      `${test === undefined ? '' : `, last model on the test part ${formatError(test)}`}; ` +
      `${run.position.epoch} epochs, ${run.position.step} steps in ${duration((performance.now() - run.startedMs) / 1000)}`,
  );
  say(`model: ${join(folder, bestModelName)}, encoder.onnx and decoder.onnx beside it`);
  return exitCode.success;
}

interface Run {
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

function checkOptions(options: TrainOptions, ranks: number): void {
  requireWhole('batch-size', options.batchSize, ranks);
  requireWhole('epochs', options.epochs, 1);
  requireWhole('projections', options.projections, 1);
  requireWhole('patience', options.patience, 1);
  requireWhole('seed', options.seed, 0);
  requireWhole('max-blocks', options.maxBlocks, 1);
  requireWhole('checkpoint-every', options.checkpointEvery, 1);
  if (options.warmupSteps !== undefined) requireWhole('warmup-steps', options.warmupSteps, 0);
  if (options.maxSteps !== undefined) requireWhole('max-steps', options.maxSteps, 1);
  requirePositive('lr', options.lr);
  requirePositive('divergence-weight', options.divergenceWeight, true);
}

function prepareFolder(communicator: Communicator, folder: string, resume: boolean): void {
  const last = join(folder, 'last.safetensors');
  if (!resume && existsSync(last))
    throw new InputError(`output folder "${folder}" holds a run already`, {
      hint: 'Go on with it by --resume, or choose another --output-dir.',
    });
  if (resume && !existsSync(last))
    throw new InputError(`output folder "${folder}" holds no last.safetensors to resume from`);
  communicator.barrier();
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`output folder "${folder}" cannot be made: ${(error as Error).message}`);
  }
}

async function openRun(
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
  const optimiser = adam();
  const state = optimiser.init(model.parameters.length);
  const position = options.resume
    ? readCheckpoint(join(folder, 'last.safetensors'), model, state, identity)
    : startPosition();
  const reduced = new Float32Array(model.parameters.length + 1);
  const ranges = Array.from({ length: communicator.size }, (_, rank) => partition(batchSize, communicator.size, rank));
  const rowsByRank = ranges.map(({ start, end }) => end - start);
  const threads = resolveThreads(options.threads);
  const { loss, divergenceWeight } = options;
  const { rank } = communicator;
  const step = await createTrainingStep(
    model.architecture,
    model.parameters,
    reduced.subarray(0, model.parameters.length),
    { loss, divergenceWeight, projections, rowsByRank, rank, threads },
    (rows) => joinFloats(communicator.allgather(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))),
  );
  const validation = await createValidation(model.architecture, model.parameters, validationRows, { threads });
  const batch = new Float32Array(rowsByRank[rank] * options.blockSize ** 3);
  const trainer: Trainer = {
    communicator,
    dataset,
    split,
    parameters: model.parameters,
    reduced,
    step,
    validation,
    optimiser,
    state,
    batch,
    options: { batchSize, latentSize, projections, seed, schedule },
  };
  const metrics = rank === 0 ? openMetrics(join(folder, 'metrics.jsonl'), position.step) : { append() {} };
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
    'warmup-steps': schedule.warmupSteps,
    'steps of the schedule': schedule.schedule === 'constant' ? null : schedule.totalSteps,
    'split-by': splitBy,
    seed,
    blocks: dataset.count,
    'checksum of the blocks': dataset.checksum,
  };
}

async function runEpochs(run: Run): Promise<void> {
  const { position, options, communicator } = run;
  const total = run.lastStep * options.batchSize;
  const progress = startProgress({ label: 'train', total, unit: 'samples', silent: communicator.rank !== 0 });
  while (position.step < run.lastStep && position.best.epochsSince < options.patience) {
    await runEpoch(run, progress);
    if (position.stepInEpoch === run.stepsPerEpoch) await closeEpoch(run);
    if (communicator.rank === 0) saveCheckpoint(run);
  }
  progress.finish();
}

async function runEpoch(run: Run, progress: Progress): Promise<void> {
  const { position, trainer, options } = run;
  const order = openEpoch(trainer, position.epoch);
  while (position.stepInEpoch < run.stepsPerEpoch && position.step < run.lastStep) {
    const losses = await trainStep(trainer, order, position.stepInEpoch, position.step);
    if (!Number.isFinite(losses.reconstruction))
      throw new Error(`the loss of step ${position.step} is ${losses.reconstruction}: a smaller --lr may help`);
    position.step += 1;
    position.stepInEpoch += 1;
    position.epochLoss.reconstruction += losses.reconstruction;
    position.epochLoss.divergence += losses.divergence;
    if (position.step % metricsEverySteps === 0)
      run.metrics.append({ step: position.step, epoch: position.epoch, ...losses });
    if (position.step % options.checkpointEvery === 0 && run.communicator.rank === 0) saveCheckpoint(run);
    progress.update(
      position.step * options.batchSize,
      `epoch ${position.epoch + 1}, loss ${losses.reconstruction.toExponential(2)}`,
    );
  }
}

/** Validates, keeps the model if it is the best, and moves to the next epoch. */
async function closeEpoch(run: Run): Promise<void> {
  const { position, communicator, trainer, stepsPerEpoch } = run;
  const measured = await meanError(
    trainer,
    trainer.split.validation.length ? trainer.split.validation : trainer.split.training,
  );
  // Every rank has the same sum already; rank 0's word counts where an MPI library's reductions differ by rank.
  const error = Float64Array.of(measured);
  communicator.broadcast(error, 0);
  const better = position.best.error === null || error[0] < position.best.error;
  position.best = better
    ? { error: error[0], epochsSince: 0 }
    : { error: position.best.error, epochsSince: position.best.epochsSince + 1 };
  if (communicator.rank === 0) {
    if (better) saveBest(run);
    run.metrics.append({
      step: position.step,
      epoch: position.epoch,
      epoch_reconstruction: position.epochLoss.reconstruction / stepsPerEpoch,
      epoch_divergence: position.epochLoss.divergence / stepsPerEpoch,
      validation_error: error[0],
      validation_psnr_db: psnr(error[0]),
      seconds: (performance.now() - run.startedMs) / 1000,
    });
  }
  position.epoch += 1;
  position.stepInEpoch = 0;
  position.epochLoss = { reconstruction: 0, divergence: 0 };
}

function saveCheckpoint({ folder, model, trainer, position, identity }: Run): void {
  writeCheckpoint(join(folder, 'last.safetensors'), model, trainer.state, position, identity);
}

function saveBest({ folder, model, position, identity }: Run): void {
  const training = { ...identity, step: position.step, validation_error: position.best.error };
  writeSafetensors(join(folder, bestModelName), modelTensors(model), {
    ...modelMetadata(model),
    training: JSON.stringify(training),
  });
  writeFileAtomic(join(folder, 'encoder.onnx'), [encoderGraph(model, 'float32')]);
  writeFileAtomic(join(folder, 'decoder.onnx'), [decoderGraph(model, 'float32')]);
}

function joinFloats(parts: readonly Uint8Array[]): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.concat(parts)).buffer);
}

/** Of values in [0, 1], in dB. */
function psnr(meanSquaredError: number): number {
  return -10 * Math.log10(meanSquaredError);
}

function formatError(meanSquaredError: number): string {
  return `${meanSquaredError.toExponential(3)} (PSNR ${psnr(meanSquaredError).toFixed(2)} dB, normalised)`;
}
