import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Communicator } from '../../dist/communicator.js';
import { gatherInOrder } from '../../dist/gather.js';
import { deal } from '../../dist/partition.js';
import { exitCode } from '../../errors.js';
import type { ArchiveModel } from '../../io/archive/archive-writer.js';
import { type BlockType, decoderGraph, type Model } from '../../models/swae.js';
import { version } from '../../version.js';
import { readModel, resolveModelPath } from '../model-file.js';
import { resolveThreads } from '../options.js';
import { startProgress } from '../progress.js';
import { createCodecs } from './codecs.js';
import type { CompressOptions } from './command.js';
import { Output } from './output.js';
import { bytesOfUnit, makePlan, type Plan, planDigest, type Unit, unitsOf } from './plan.js';
import { describePlan, reportRun, writeSummary } from './report.js';
import { packResult, unpackResult } from './result.js';
import { openRunFolder, type RunFolder } from './run-folder.js';
import { Worker } from './worker.js';

export async function compress(communicator: Communicator, options: CompressOptions): Promise<number> {
  const modelPath = resolveModelPath(options.modelPath);
  const { model } = readModel(modelPath);
  const modelHash = createHash('sha256').update(readFileSync(modelPath)).digest('hex');
  const plan = makePlan(communicator, options.input, options.variables);
  const { blockSize } = model.architecture;
  const units = unitsOf(plan, blockSize);
  const identity = JSON.stringify({ swae: version, model: modelHash, blockSize, inputs: planDigest(plan) });
  const threads = resolveThreads(options.threads, communicator.localSize);
  const folder = openRunFolder(communicator, options, identity);
  if (communicator.rank === 0) process.stdout.write(describePlan(plan, model, communicator, threads, folder));
  const startedMs = performance.now();
  const weights = units.map((unit) => bytesOfUnit(plan, unit));
  const owners = deal(weights, communicator.size);
  const codecs = await createCodecs(model, plan, threads);
  const worker = new Worker(plan, codecs, options.reconstruct);
  const produce = (index: number) => produceUnit(worker, units[index], index, folder);
  if (communicator.rank !== 0) {
    await gatherInOrder(communicator, owners, produce, () => {});
    worker.close();
    await codecs.release();
    return exitCode.success;
  }
  const output = openOutput(plan, folder, model, modelHash, options.reconstruct);
  try {
    await gatherInOrder(communicator, owners, produce, recorder(units, weights, output, folder));
    worker.close();
    await codecs.release();
    const manifest = output.finish();
    const seconds = (performance.now() - startedMs) / 1000;
    writeSummary(folder, manifest, output, communicator.size, seconds);
    folder.finish();
    process.stdout.write(reportRun(folder, manifest, output, communicator.size, seconds, options.reconstruct));
  } catch (error) {
    output.discard();
    throw error;
  }
  for (const [what, [first, ...more]] of output.changed) {
    const others = more.length > 0 ? ` (and in ${more.length} more files)` : '';
    process.stderr.write(`swae: hdf5 "${first}:${what}${others}\n`);
  }
  for (const complaint of output.complaints) process.stderr.write(`swae: ${complaint}\n`);
  return output.complaints.length > 0 ? exitCode.partial : exitCode.success;
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

async function produceUnit(worker: Worker, unit: Unit, index: number, folder: RunFolder): Promise<Uint8Array> {
  if (index >= folder.done.length) return packResult(await worker.process(unit));
  const recorded = unpackResult(folder.read(index));
  // What could not be read then may be there now.
  return packResult('failure' in recorded ? await worker.process(unit) : await worker.restore(unit, recorded));
}

function blockTypes(plan: Plan): BlockType[] {
  return [...new Set(plan.files.flatMap(({ variables }) => variables.map(({ dtype }) => dtype)))].sort();
}

function openOutput(plan: Plan, folder: RunFolder, model: Model, modelHash: string, reconstruct: boolean): Output {
  const { architecture, normalisation } = model;
  const { name, blockSize, latentSize, encoder, decoder } = architecture;
  const decoders = Object.fromEntries(blockTypes(plan).map((type) => [type, decoderGraph(model, type)]));
  const description: ArchiveModel['description'] = JSON.stringify({
    name,
    blockSize,
    latentSize,
    normalisation,
    encoder,
    decoder,
  });
  const header = {
    created: new Date().toISOString(),
    swaeVersion: version,
    command: `swae ${process.argv.slice(2).join(' ')}`,
    modelHash,
    architecture: name,
    normalisation,
    blockSize,
    latentSize,
  };
  const reconstructed = reconstruct ? folder.reconstructedPath : undefined;
  return new Output(plan, folder.encodedPath, reconstructed, header, { decoders, description });
}
