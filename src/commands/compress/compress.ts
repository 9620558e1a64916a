import type { Communicator } from '../../dist/communicator.js';
import { gatherInOrder } from '../../dist/gather.js';
import { deal } from '../../dist/partition.js';
import { exitCode, UsageError } from '../../errors.js';
import type { Manifest } from '../../io/archive/format.js';
import { complain, printSummary, say } from '../../terminal.js';
import { version } from '../../version.js';
import { resolveThreads } from '../options.js';
import { startProgress } from '../progress.js';
import { sampleShares } from '../survey/samples.js';
import { boundedMethod } from './bounded-method.js';
import type { CompressOptions } from './command.js';
import { latentMethod } from './latent-method.js';
import type { Method, Prepared } from './method.js';
import { Output } from './output.js';
import { bytesOfUnit, makePlan, type Plan, planDigest, slabBytes, type Unit, unitsOf } from './plan.js';
import { describePlan, reportRun, summarise, writeSummary } from './report.js';
import { packResult, unpackResult } from './result.js';
import { identityOfUnfinished, openRunFolder, type RunFolder } from './run-folder.js';
import type { FinishedRun } from './run-report.js';
import { Worker } from './worker.js';

export async function compress(communicator: Communicator, options: CompressOptions): Promise<number> {
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
  const owners = deal(weights, communicator.size);
  const wants = { values: options.reconstruct, survey: options.report || options.plots };
  const worker = new Worker(plan, codec, wants);
  const shares = sampleShares(units);
  const produce = (index: number) =>
    produceUnit(worker, units[index], shares[index], folder.done.length > index ? folder.read(index) : undefined);
  if (communicator.rank !== 0) {
    await gatherInOrder(communicator, owners, produce, () => {});
    worker.close();
    await codec.release();
    return exitCode.success;
  }
  const output = openOutput(plan, folder, prepared, options.reconstruct);
  let manifest: Manifest;
  let seconds: number;
  try {
    await gatherInOrder(communicator, owners, produce, recorder(units, weights, output, folder));
    worker.close();
    await codec.release();
    manifest = output.finish();
    seconds = (performance.now() - startedMs) / 1000;
    const summary = summarise(folder, manifest, output, communicator.size, seconds);
    writeSummary(folder, summary);
    folder.finish();
    const { encodedPath: encoded, reconstructedPath } = folder;
    printSummary(
      { encoded, ...(options.reconstruct && { reconstructed: reconstructedPath }), ...summary },
      reportRun(folder, manifest, output, communicator.size, seconds, options.reconstruct),
    );
  } catch (error) {
    output.discard();
    throw error;
  }
  const { coding } = prepared;
  const run = { communicator, folder, plan, manifest, output, coding, threads, startedMs, seconds };
  if (wants.survey) await reportPage({ ...run, modelPath: options.modelPath }, options);
  for (const [what, [first, ...more]] of output.changed) {
    const others = more.length > 0 ? ` (and in ${more.length} more files)` : '';
    complain(`hdf5 "${first}:${what}${others}`);
  }
  for (const complaint of output.complaints) complain(complaint);
  return output.complaints.length > 0 ? exitCode.partial : exitCode.success;
}

/** What draws is loaded by the rank that needs it. */
async function reportPage(run: FinishedRun, options: CompressOptions): Promise<void> {
  const { reportCompression } = await import('./run-report.js');
  for (const line of await reportCompression(run, options)) say(line);
}

/** Rank 0: writes each result to the journal, unless an earlier start has, then to the files. */
function recorder(units: readonly Unit[], weights: readonly number[], output: Output, folder: RunFolder) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const progress = startProgress({ label: 'compress', total, unit: 'B' });
  let done = 0;
  return (index: number, bytes: Uint8Array): void => {
    const result = unpackResult(bytes);
    if (index >= folder.done.length)
      folder.record('failure' in result ? bytes : packResult({ ...result, values: undefined }));
    output.write(units[index], result);
    done += weights[index];
    progress.update(done);
    if (index === units.length - 1) progress.finish();
  };
}

/** `recorded`: what an earlier start has left of it. */
async function produceUnit(
  worker: Worker,
  unit: Unit,
  share: number | undefined,
  recorded: Uint8Array | undefined,
): Promise<Uint8Array> {
  const earlier = recorded && unpackResult(recorded);
  // What could not be read then may be there now.
  if (!earlier || 'failure' in earlier) return packResult(await worker.process(unit, share));
  return packResult(await worker.restore(unit, earlier, share));
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

function chooseMethod(options: CompressOptions): Method {
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
