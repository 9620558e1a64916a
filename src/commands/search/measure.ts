/** What a trained model is worth. */
import { cpus, hostname } from 'node:os';
import type { Communicator } from '../../dist/communicator.js';
import { tiling } from '../../io/blocks.js';
import { flopsOf } from '../../models/layers.js';
import { measureSpeed } from '../coding-speed.js';
import type { Row } from '../evaluate/cube.js';
import { measureReconstruction } from '../evaluate/evaluate.js';
import { openReconstructor } from '../evaluate/reconstructor.js';
import { readModel, resolveModelPath } from '../model-file.js';
import { resolveResources } from '../options.js';
import { selectVariables } from '../select.js';
import type { TrainOptions } from '../train/command.js';
import type { Measured, PartErrors, Speed } from './result.js';

/** Of the model that a training has left in its folder. */
export async function measureModel(
  communicator: Communicator,
  training: TrainOptions & { readonly outputDir: string },
  epochs: number,
): Promise<Omit<Measured, 'seconds'>> {
  const { model } = readModel(resolveModelPath(training.outputDir));
  const { encoder, decoder } = model.architecture;
  const resources = resolveResources(training, communicator);
  const { threads } = resources;
  const size = measureSize(training);
  const blocksPerSecond = await measureSpeed(model, { type: 'float32', ...resources });
  return {
    epochs,
    parameters: model.parameters.length,
    encodeFlops: flopsOf(encoder),
    decodeFlops: flopsOf(decoder),
    ratio: size.bytes / size.storedBytes,
    validation: await measurePart(communicator, training, 'validation', threads),
    test: await measurePart(communicator, training, 'test', threads),
    speed: speedOf(blocksPerSecond, size.values / size.blocks),
    machine: { node: hostname(), processor: cpus()[0]?.model.trim() ?? 'unknown', device: training.device, threads },
  };
}

/** `valuesPerBlock`: where blocks overlap, fewer than a block has. */
function speedOf({ encode, decode }: { encode: number; decode: number }, valuesPerBlock: number): Speed {
  const gigabytes = (valuesPerBlock * Float32Array.BYTES_PER_ELEMENT) / 1e9;
  return {
    encodeBlocksPerSecond: encode,
    decodeBlocksPerSecond: decode,
    encodeGigabytesPerSecond: encode * gigabytes,
    decodeGigabytesPerSecond: decode * gigabytes,
  };
}

interface Size {
  /** Of the variables. */
  readonly values: number;
  readonly bytes: number;
  readonly blocks: number;
  readonly storedBytes: number;
}

/** As `swae compress` stores them if no block is constant or kept exactly: latents, two numbers in the type of the data, one byte of code. */
function measureSize({ input, variables, blockSize, latentSize }: TrainOptions): Size {
  const size = { values: 0, bytes: 0, blocks: 0, storedBytes: 0 };
  for (const { dtype, shape } of selectVariables(input, variables).flatMap((file) => file.variables)) {
    const valueBytes = dtype === 'float64' ? 8 : 4;
    const { blockCount } = tiling(shape, blockSize);
    const values = shape.reduce((product, length) => product * length, 1);
    size.values += values;
    size.bytes += values * valueBytes;
    size.blocks += blockCount;
    size.storedBytes += blockCount * (latentSize * Float32Array.BYTES_PER_ELEMENT + 2 * valueBytes + 1);
  }
  return size;
}

async function measurePart(
  communicator: Communicator,
  { input, variables, outputDir, maxBlocks }: TrainOptions,
  split: 'validation' | 'test',
  threads: number,
): Promise<PartErrors> {
  const options = { input, variables, modelPath: outputDir, maxBlocks, split };
  const float32 = { useFloat8: false, enableInt8: false, dynamicScales: false, latentsOnly: false };
  const reconstructor = await openReconstructor(communicator, { ...options, ...float32, device: 'cpu' }, { threads });
  const { evaluation } = await measureReconstruction(communicator, reconstructor, options, threads);
  const rows = evaluation!.rows.filter(({ file, level }) => file === undefined && level === undefined);
  const byVariable = rows.filter(({ variable }) => variable !== undefined);
  return errorsOf(
    rows.find(({ variable }) => variable === undefined),
    byVariable.length === 1 ? byVariable[0] : undefined,
  );
}

function errorsOf(whole: Row | undefined, only: Row | undefined): PartErrors {
  return {
    psnr: whole?.physical.psnr ?? null,
    mse: only?.physical.mse ?? null,
    normalisedMse: whole?.normalised.mse ?? null,
    normalisedPsnr: whole?.normalised.psnr ?? null,
  };
}
