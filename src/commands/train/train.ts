import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Communicator } from '../../dist/communicator.js';
import type { Interruption } from '../../dist/interruption.js';
import { parseDevice } from '../../engines/onnx/device.js';
import { exitCode, InputError, UsageError } from '../../errors.js';
import type { Normalisation } from '../../models/normalise.js';
import { initialParameters, parameterLayout } from '../../models/parameters.js';
import { describeScaling } from '../../models/scaling.js';
import type { Model } from '../../models/swae.js';
import { printSummary, say } from '../../terminal.js';
import { resolveArchitecture } from '../architecture-options.js';
import { describeRanks } from '../describe-ranks.js';
import { bestModelName } from '../model-file.js';
import { requirePositive, requireWhole, resolveThreads } from '../options.js';
import { holdFolder, makeFolder } from '../output-folder.js';
import { duration } from '../progress.js';
import type { TrainOptions } from './command.js';
import { splitDataset } from './dataset.js';
import { openEngine } from './engine.js';
import { psnr, runEpochs } from './epochs.js';
import { loadDataset } from './load.js';
import { openRun, type Run } from './run.js';
import { fetchShown } from './shown-blocks.js';
import { measuredPart, type ValidationErrors, validate } from './validate.js';

export async function train(
  communicator: Communicator,
  options: TrainOptions,
  interruption: Interruption,
): Promise<number> {
  checkOptions(options, communicator.size);
  const described = resolveArchitecture(options);
  const model: Model = {
    architecture: described,
    normalisation: options.normalisation,
    parameters: initialParameters(parameterLayout(described), options.seed),
  };
  const threads = resolveThreads(options.threads, communicator.localSize);
  if (options.graphCache !== undefined) makeFolder(options.graphCache);
  // First: a package that is missing is known before the data are loaded.
  const engine = await openEngine(options, threads);
  const folder = options.outputDir ?? `runs/swae_${Array(3).fill(options.blockSize).join('x')}_${options.arch}`;
  const resumed = prepareFolder(communicator, folder, options.resume);
  const { dataset, fileCount, variableCount, scaling } = await loadDataset(communicator, options);
  const split = splitDataset(dataset, options.splitBy, fileCount, options.seed);
  if (split.training.length < options.batchSize)
    throw new InputError(
      `only ${split.training.length} blocks to train on, fewer than --batch-size ${options.batchSize}`,
      {
        hint: 'Give more data or a smaller batch.',
      },
    );
  say(
    `${dataset.count.toLocaleString('en')} blocks of ${options.blockSize}³ from ${fileCount} files and ${variableCount} variables: ` +
      `${split.training.length} to train on, ${split.validation.length} to validate, ${split.test.length} to test`,
  );
  if (measuredPart(split) === 'training')
    say('note: there are no blocks to validate on: those to train on stand in for them');
  say(describeRanks(communicator, threads, options.device));
  const others = dataset.repeats.reduce((sum, other) => sum + other, 0);
  if (others > 0) say(`${others.toLocaleString('en')} of them are the other form of a block`);
  if (scaling) say(describeScaling(scaling));
  if (options.precision === 'mixed' && options.device === 'cpu')
    say('mixed precision is for GPUs: a CPU emulates float16, which is slower than float32');
  const run = await openRun(
    communicator,
    { ...options, resume: resumed },
    { ...model, scaling },
    dataset,
    split,
    folder,
    engine,
  );
  const best = await runEpochs(run, interruption);
  if (best !== undefined) return reportRun(run, best);
  const signal = (await interruption.signal()) ?? 'another rank';
  const { step, epoch } = run.position;
  printSummary(
    { folder, finished: false, stoppedBy: signal, step, epoch },
    `${signal} stopped it after step ${step}; --resume goes on`,
  );
  // No rank leaves before the checkpoint is written: the launcher ends the others when one has left.
  communicator.barrier();
  return exitCode.interrupted;
}

/** Tests the last model and says how the run went. A collective call. */
async function reportRun(run: Run, best: number): Promise<number> {
  const { trainer } = run;
  const test = trainer.split.test.length > 0 ? await validate(trainer, trainer.split.test) : undefined;
  await run.release();
  const seconds = (performance.now() - run.startedMs) / 1000;
  printSummary(resultOf(run, best, test, seconds), describeRun(run, best, test, seconds));
  if (!run.options.report && !run.options.plots) return exitCode.success;
  const shown = fetchShown(trainer);
  if (trainer.communicator.rank === 0) {
    // What draws is loaded by the rank that needs it.
    const { reportTraining } = await import('./run-report.js');
    for (const line of await reportTraining(run, { best, test }, shown)) say(line);
  }
  return exitCode.success;
}

/** What --json says. */
function resultOf(
  { trainer: { split, dataset }, position, model, folder }: Run,
  best: number,
  test: ValidationErrors | undefined,
  seconds: number,
) {
  const figures = (error: number) => ({ error, psnr: psnr(error, model.normalisation) });
  const byVariable = dataset.variableNames.map((name, i) => [name, test?.byVariable[i]] as const);
  return {
    folder,
    finished: true,
    model: join(folder, bestModelName),
    blocks: { training: split.training.length, validation: split.validation.length, test: split.test.length },
    validation: figures(best),
    test: test && { ...figures(test.mean), byVariable: Object.fromEntries(byVariable) },
    epochs: position.epoch,
    steps: position.step,
    seconds,
  };
}

function describeRun(
  { trainer: { dataset, split }, position, model, folder }: Run,
  best: number,
  test: ValidationErrors | undefined,
  seconds: number,
): string {
  const describeError = (error: number) => formatError(error, model.normalisation);
  return [
    `best ${measuredPart(split)} error ${describeError(best)}` +
      `${test === undefined ? '' : `, last model on the test part ${describeError(test.mean)}`}; ` +
      `${position.epoch} epochs, ${position.step} steps in ${duration(seconds)}`,
    ...(test && dataset.variableNames.length > 1 ? [describeWorst(dataset.variableNames, test)] : []),
    `model: ${join(folder, bestModelName)}, encoder.onnx and decoder.onnx beside it`,
  ].join('\n');
}

/** Throws UsageError naming the option and the value. */
export function checkOptions(options: TrainOptions, ranks: number): void {
  requireWhole('batch-size', options.batchSize, ranks);
  requireWhole('epochs', options.epochs, 1);
  requireWhole('projections', options.projections, 1);
  requireWhole('patience', options.patience, 1);
  requireWhole('seed', options.seed, 0);
  requireWhole('max-blocks', options.maxBlocks, 1);
  requireWhole('checkpoint-every', options.checkpointEvery, 1);
  requireWhole('accumulate', options.accumulate, 1);
  const partRows = options.batchSize / options.accumulate;
  if (!Number.isInteger(partRows))
    throw new UsageError(`--batch-size ${options.batchSize} is not divisible by --accumulate ${options.accumulate}`);
  if (partRows < ranks)
    throw new UsageError(`a part of --batch-size has ${partRows} block(s), fewer than there are ranks: ${ranks}`);
  parseDevice(options.device, 0);
  requireWhole('plateau-patience', options.plateauPatience, 0);
  requireWhole('oversample-worst', options.oversampleWorst, 1);
  if (options.warmupSteps !== undefined) requireWhole('warmup-steps', options.warmupSteps, 0);
  if (options.maxEpochs !== undefined) requireWhole('max-epochs', options.maxEpochs, 1);
  if (options.maxSteps !== undefined) requireWhole('max-steps', options.maxSteps, 1);
  requirePositive('lr', options.lr);
  if (options.clipNorm !== undefined) requirePositive('clip-norm', options.clipNorm);
  requirePositive('weight-decay', options.weightDecay, true);
  requirePositive('divergence-weight', options.divergenceWeight, true);
}

/** Gives whether there is a checkpoint to go on from: a run killed before its first one begins anew. */
function prepareFolder(communicator: Communicator, folder: string, resume: boolean): boolean {
  const last = join(folder, 'last.safetensors');
  const begun = existsSync(last);
  if (!resume && begun)
    throw new InputError(`output folder "${folder}" holds a run already`, {
      hint: 'Go on with it by --resume, or choose another --output-dir.',
    });
  communicator.barrier();
  makeFolder(folder);
  if (communicator.rank === 0) holdFolder(folder);
  return begun;
}

/** The variables with the largest errors on the test part. */
function describeWorst(names: readonly string[], { byVariable }: ValidationErrors): string {
  const known = [...names.keys()].filter((variable) => !Number.isNaN(byVariable[variable]));
  const worst = known.sort((a, b) => byVariable[b] - byVariable[a]).slice(0, 4);
  return `largest errors there: ${worst.map((i) => `${names[i]} ${byVariable[i].toExponential(2)}`).join(', ')}`;
}

function formatError(meanSquaredError: number, normalisation: Normalisation): string {
  const decibels = psnr(meanSquaredError, normalisation);
  const also = decibels === undefined ? '' : `, PSNR ${decibels.toFixed(2)} dB`;
  return `${meanSquaredError.toExponential(3)} (normalised scale${also})`;
}
