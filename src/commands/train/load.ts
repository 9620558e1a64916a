import type { Communicator } from '../../dist/communicator.js';
import { type Blocks, createNormaliser, type Normaliser } from '../../engines/onnx/codec.js';
import { InputError } from '../../errors.js';
import { type Slab, slabs, split, tiling } from '../../io/blocks.js';
import { openSource } from '../../io/hdf5/source.js';
import { formsOf } from '../../models/normalise.js';
import { random } from '../../models/random.js';
import { randomStream } from '../../models/sampling.js';
import { type Scaling, transformOf } from '../../models/scaling.js';
import { type BlockType, normaliseGraph } from '../../models/swae.js';
import { resolveThreads } from '../options.js';
import { startProgress } from '../progress.js';
import { type SelectedFile, selectVariables, type Variable } from '../select.js';
import type { TrainOptions } from './command.js';
import { type Dataset, type Origin, type Rows, shareParts } from './dataset.js';
import { bothForms, chooseScaling, type Forms, type LoadedPart } from './forms.js';

const slabBytes = 16e6;

interface Part extends Origin {
  readonly source: string;
  readonly info: Variable;
  readonly slab: Slab;
  /** Index of the slab's first block among all blocks of the run. */
  readonly firstBlock: number;
}

export interface Loaded {
  readonly dataset: Dataset;
  readonly fileCount: number;
  /** Variables of the run, by name: one that occurs in every file counts once. */
  readonly variableCount: number;
  /** For `adaptive` normalisation. */
  readonly scaling: Scaling | undefined;
}

/**
 * Reads and normalises the blocks of all selected variables, each slab by one rank, and gives every rank all of them.
 * Constant blocks and those that are not finite are left out: they are stored without a latent. Of more than
 * `maxBlocks`, a random sample of about so many is kept. A collective call.
 */
export async function loadDataset(communicator: Communicator, options: TrainOptions): Promise<Loaded> {
  const valuesPerBlock = options.blockSize ** 3;
  const files = selectVariables(options.input, options.variables);
  const variableNames = [...new Set(files.flatMap(({ variables }) => variables.map(({ path }) => path)))];
  const parts = planParts(files, variableNames, options.blockSize);
  const mine = await loadParts(communicator, parts, options);
  const scaling =
    options.normalisation === 'adaptive' ? chooseScaling(communicator, variableNames, mine, valuesPerBlock) : undefined;
  const rows = mine.map(({ path, forms }) => forms[(scaling && transformOf(scaling, path)) ?? options.normalisation]!);
  const dataset = shareParts(communicator, parts, variableNames, rows, valuesPerBlock);
  if (dataset.count === 0) throw new InputError('there is nothing to train on: every block is constant or not finite');
  return { dataset, fileCount: files.length, variableCount: variableNames.length, scaling };
}

/** What this rank loads: every part whose index is its rank, modulo their number. */
async function loadParts(
  communicator: Communicator,
  parts: readonly Part[],
  options: TrainOptions,
): Promise<LoadedPart[]> {
  const { blockSize, normalisation, maxBlocks, seed } = options;
  const threads = resolveThreads(options.threads, communicator.localSize);
  const blockCount = parts.reduce((sum, { slab }) => sum + slab.blockCount, 0);
  const keep = blockSample(blockCount, maxBlocks, seed);
  const normalisers = new Map<BlockType, Normaliser>();
  const progress = startProgress({ label: 'load', total: blockCount, unit: 'blocks' });
  const mine: LoadedPart[] = [];
  for (let index = communicator.rank; index < parts.length; index += communicator.size) {
    const part = parts[index];
    const { dtype, path } = part.info;
    if (!normalisers.has(dtype)) {
      const graph = normaliseGraph(blockSize, normalisation, dtype);
      normalisers.set(dtype, await createNormaliser(graph, { blockSize, threads, forms: formsOf(normalisation) }));
    }
    const forms = await loadPart(part, normalisers.get(dtype)!, keep);
    mine.push({ path, forms: normalisation === 'dual' ? { dual: bothForms(forms, blockSize ** 3) } : forms });
    progress.update(part.firstBlock + part.slab.blockCount);
  }
  // This rank's last part is seldom that of all ranks.
  progress.update(blockCount);
  progress.finish();
  for (const normaliser of normalisers.values()) await normaliser.release();
  return mine;
}

function planParts(files: readonly SelectedFile[], variableNames: readonly string[], k: number): Part[] {
  let firstBlock = 0;
  return files.flatMap(({ path: source, variables }, file) =>
    variables.flatMap((info) => {
      const bytesPerValue = info.dtype === 'float64' ? 8 : 4;
      const cut = slabs(info.shape, k, { bytesPerValue, maxBytes: slabBytes, chunks: info.chunks });
      const variable = variableNames.indexOf(info.path);
      const start = firstBlock;
      firstBlock += tiling(info.shape, k).blockCount;
      return cut.map((slab) => ({ file, variable, source, info, slab, firstBlock: start + slab.firstBlock }));
    }),
  );
}

/** The normalised blocks that are kept, in each form. */
async function loadPart(part: Part, normaliser: Normaliser, keep: (block: number) => boolean): Promise<Forms> {
  const { slab } = part;
  const source = openSource(part.source);
  const blocks = split(source.readSlice(part.info.path, slab.read), slab);
  source.close();
  const { forms, scale } = await normaliser.normalise(blocks, slab.blockCount);
  const kept = keptBlocks(scale, part.firstBlock, keep);
  return Object.fromEntries(Object.entries(forms).map(([name, form]) => [name, takeBlocks(form, kept, slab.k ** 3)]));
}

/** Whether a block, by its number among all of a run, is in the random sample of about `maxBlocks`. */
export function blockSample(blockCount: number, maxBlocks: number, seed: number): (block: number) => boolean {
  const share = maxBlocks / blockCount;
  return (block) => share >= 1 || random(seed, randomStream.sample, block).uniform() < share;
}

/** Of the blocks from `firstBlock` with these scales, [blocks, 2], those that are trained on: not constant, finite, and in the sample. */
export function keptBlocks(scale: Blocks, firstBlock: number, keep: (block: number) => boolean): Uint32Array {
  return Uint32Array.from({ length: scale.length / 2 }, (_, block) => block).filter((block) => {
    const range = scale[2 * block + 1];
    return Number.isFinite(range) && range !== 0 && keep(firstBlock + block);
  });
}

function takeBlocks(form: Float32Array, kept: Uint32Array, valuesPerBlock: number): Rows {
  const values = new Float32Array(kept.length * valuesPerBlock);
  for (const [row, block] of kept.entries())
    values.set(form.subarray(block * valuesPerBlock, (block + 1) * valuesPerBlock), row * valuesPerBlock);
  return { values, repeats: new Uint8Array(kept.length) };
}
