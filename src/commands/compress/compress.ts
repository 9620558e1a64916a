import type { Communicator } from '../../dist/communicator.js';
import { gatherInOrder } from '../../dist/gather.js';
import { deal } from '../../dist/partition.js';
import { exitCode, UsageError } from '../../errors.js';
import type { Coding } from '../../io/archive/format.js';
import { complain, printSummary, say } from '../../terminal.js';
import { version } from '../../version.js';
import { resolveThreads } from '../options.js';
import { startProgress } from '../progress.js';
import type { ReportOptions } from '../report/options.js';
import { sampleShares } from '../survey/samples.js';
import { boundedMethod } from './bounded-method.js';
import type { CompressOptions } from './command.js';
import { latentMethod } from './latent-method.js';
import type { Method, Prepared } from './method.js';
import type { Outcome } from './outcome.js';
import { Output } from './output.js';
import { bytesOfUnit, makePlan, type Plan, planDigest, slabBytes, type Unit, unitsOf } from './plan.js';
import { describePlan, reportRun, summarise, writeSummary } from './report.js';
import { packResult, type SlabFailure, type SlabResult, unpackResult, withoutValues } from './result.js';
import { identityOfUnfinished, openRunFolder, type RunFolder } from './run-folder.js';
import { StageClock, secondsByStage } from './stages.js';
import { Worker } from './worker.js';

export async function compress(communicator: Communicator, options: CompressOptions & ReportOptions): Promise<number> {
  const outcome = await runCompression(communicator, options);
  if (!outcome) return exitCode.success;
  const { output, folder } = outcome;
  const { encodedPath: encoded, reconstructedPath } = folder;
  printSummary(
    { encoded, ...(options.reconstruct && { reconstructed: reconstructedPath }), ...summarise(outcome) },
    reportRun(outcome, options.reconstruct),
  );
  if (options.report || options.plots) {
    // What draws is loaded by the rank that needs it.
    const { reportCompression } = await import('./run-report.js');
    for (const line of await reportCompression(outcome, options)) say(line);
  }
  // Last: a run without its report is gone on with.
  folder.finish();
  for (const [what, [first, ...more]] of output.changed) {
    const others = more.length > 0 ? ` (and in ${more.length} more files)` : '';
    complain(`hdf5 "${first}:${what}${others}`);
  }
  for (const complaint of output.complaints) complain(complaint);
  return output.complaints.length > 0 ? exitCode.partial : exitCode.success;
}

/** Rank 0 gets the outcome, and calls `finish` of its folder when nothing more is to come. A collective call. */
export async function runCompression(
  communicator: Communicator,
  options: CompressOptions & Partial<ReportOptions>,
): Promise<Outcome | undefined> {
  const method = chooseMethod(options);
  const plan = makePlan(communicator, options.input, options.variables, (variable) => method.blockSizeOf(variable));
  const units = unitsOf(plan);
  const threads = resolveThreads(options.threads, communicator.localSize);
  const prepared = await method.prepare(communicator, plan, threads, identityOfUnfinished(communicator, options));
  const { codec } = prepared;
  const identity = JSON.stringify({ swae: version, ...prepared.identity, inputs: planDigest(plan) });
  const folder = openRunFolder(communicator, options, identity);
  say([...describePlan(plan, communicator, threads, folder), ...prepared.notes].join('\n'));
  const startedMs = performance.now();
  const weights = units.map((unit) => bytesOfUnit(plan, unit));
  const owners = deal(weights, communicator.size, writeShare(prepared.coding, options.reconstruct));
  const clock = new StageClock();
  const wants = { values: options.reconstruct, survey: options.report === true || options.plots === true };
  const worker = new Worker(plan, codec, wants, clock);
  const shares = sampleShares(units);
  const output = communicator.rank === 0 ? openOutput(plan, folder, prepared, options.reconstruct) : undefined;
  clock.lap('write');
  const progress = startProgress({ label: 'compress', total: sum(weights), unit: 'B' });
  try {
    await gatherInOrder(
      communicator,
      owners,
      { pack: packResult, unpack: unpackResult },
      async (index) => {
        clock.lap('gather');
        const recorded = index < folder.done.length ? folder.read(index) : undefined;
        return produceUnit(worker, units[index], shares[index], recorded);
      },
      (index, result) => {
        clock.lap('gather');
        // Unless an earlier start has done so.
        if (index >= folder.done.length) folder.record(packResult(withoutValues(result)));
        output!.write(units[index], result);
        clock.lap('write');
        progress.advance(weights[index]);
      },
    );
    progress.finish();
    worker.close();
    await codec.release();
    clock.lap('gather');
    communicator.reduce(clock.seconds, 'sum', 0);
    if (!output) return undefined;
    const manifest = output.finish();
    clock.lap('write');
    const seconds = (performance.now() - startedMs) / 1000;
    const stages = secondsByStage(clock.seconds);
    const { size: ranks, library } = communicator;
    const run = { folder, plan, coding: prepared.coding, ranks, library, threads, startedMs };
    const outcome = { ...run, manifest, output, seconds, stages };
    writeSummary(folder, summarise(outcome));
    return outcome;
  } catch (error) {
    output?.discard();
    throw error;
  }
}

/**
 * What rank 0 spends on writing a slab, in parts of what its owner spends on it: about so much for the 7³ MLP on one core and for bounds of
 * 1e-3 or so. Where it is wrong some ranks wait.
 */
function writeShare({ kind }: Coding, reconstruct: boolean): number {
  const share = reconstruct ? 0.2 : 0.05;
  return kind === 'latents' ? share : share / 5;
}

function sum(weights: readonly number[]): number {
  return weights.reduce((total, weight) => total + weight, 0);
}

/** `recorded`: what an earlier start has left of it. */
async function produceUnit(
  worker: Worker,
  unit: Unit,
  share: number | undefined,
  recorded: Uint8Array | undefined,
): Promise<SlabResult | SlabFailure> {
  const earlier = recorded && unpackResult(recorded);
  // What could not be read then may be there now.
  if (!earlier || 'failure' in earlier) return worker.process(unit, share);
  return worker.restore(unit, earlier, share);
}

function openOutput(plan: Plan, folder: RunFolder, { coding, model }: Prepared, reconstruct: boolean): Output {
  const header = {
    created: new Date().toISOString(),
    swaeVersion: version,
    command: `swae ${process.argv.slice(2).join(' ')}`,
    slabBytes,
    coding,
  };
  const reconstructed = reconstruct ? folder.reconstructedPath : undefined;
  return new Output(plan, folder.encodedPath, reconstructed, header, model);
}

/** Throws UsageError where the options name none, or contradict each other. */
export function chooseMethod(options: CompressOptions): Method {
  const { modelPath, errorBound, boundMode, targetPsnr, useFloat8, enableInt8 } = options;
  if (boundMode !== undefined && errorBound === undefined)
    throw new UsageError(`--bound-mode ${boundMode} goes with --error-bound`);
  if (errorBound === undefined && targetPsnr === undefined) {
    if (modelPath !== undefined) return latentMethod(modelPath, options);
    throw new UsageError(
      'compress needs --model-path (latents of a model), or --error-bound or --target-psnr (no model)',
    );
  }
  if (useFloat8 || enableInt8)
    throw new UsageError('--use-float8 and --enable-int8 go with a model, not with --error-bound or --target-psnr');
  return boundedMethod(options);
}
