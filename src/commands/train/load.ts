import type { Communicator } from '../../dist/communicator.js';
import { type Blocks, createNormaliser, type Normaliser } from '../../engines/onnx/codec.js';
import { InputError } from '../../errors.js';
import { split, tiling } from '../../io/blocks.js';
import { formsOf } from '../../models/normalise.js';
import { type Scaling, transformOf } from '../../models/scaling.js';
import { type BlockType, normaliseGraph } from '../../models/swae.js';
import { OpenFile } from '../open-file.js';
import { resolveThreads } from '../options.js';
import { startProgress } from '../progress.js';
import { selectVariables } from '../select.js';
import { type BlockSample, createBlockSample } from './block-sample.js';
import type { TrainOptions } from './command.js';
import { type Dataset, type Rows, shareParts } from './dataset.js';
import { bothForms, chooseScaling, type Forms, type LoadedPart } from './forms.js';
import { type Part, planParts } from './parts.js';

export interface Loaded {
  readonly dataset: Dataset;
  readonly fileCount: number;
  /** Variables of the run, by name: one that occurs in every file counts once. */
  readonly variableCount: number;
  /** For `adaptive` normalisation. */
  readonly scaling: Scaling | undefined;
}

/**
 * Reads and normalises the blocks of all selected variables, each slab by one rank, which keeps them in memory.
 * Constant blocks and those that are not finite are left out: they are stored without a latent. Of more than
 * `maxBlocks`, a random sample of about so many is kept, and of a much larger run only places are read. A collective call.
 */
export async function loadDataset(communicator: Communicator, options: TrainOptions): Promise<Loaded> {
  const valuesPerBlock = options.blockSize ** 3;
  const files = selectVariables(options.input, options.variables);
  const variableNames = [...new Set(files.flatMap(({ variables }) => variables.map(({ path }) => path)))];
  const counts = files.flatMap(({ variables }) =>
    variables.map(({ shape }) => tiling(shape, options.blockSize).blockCount),
  );
  const sample = createBlockSample(sum(counts), options.maxBlocks, options.seed);
  const parts = planParts(files, variableNames, options.blockSize, sample, communicator.size);
  const loaded = await loadParts(communicator, parts, sample, options);
  const scaling =
    options.normalisation === 'adaptive'
      ? chooseScaling(communicator, variableNames, loaded, valuesPerBlock)
      : undefined;
  const mine = loaded.map((part) => part?.forms[(scaling && transformOf(scaling, part.path)) ?? options.normalisation]);
  const dataset = shareParts(communicator, parts, variableNames, mine, valuesPerBlock);
  if (dataset.count === 0) throw new InputError('there is nothing to train on: every block is constant or not finite');
  return { dataset, fileCount: files.length, variableCount: variableNames.length, scaling };
}

/** The parts of this rank at their places. */
async function loadParts(
  communicator: Communicator,
  parts: readonly Part[],
  sample: BlockSample,
  options: TrainOptions,
): Promise<(LoadedPart | undefined)[]> {
  const { blockSize, normalisation } = options;
  const threads = resolveThreads(options.threads, communicator.localSize);
  const normalisers = new Map<BlockType, Normaliser>();
  const progress = startProgress({
    label: 'load',
    total: sum(parts.map(({ slab }) => slab.blockCount)),
    unit: 'blocks',
  });
  const file = new OpenFile();
  const loaded = new Array<LoadedPart | undefined>(parts.length).fill(undefined);
  let done = 0;
  for (const [index, part] of parts.entries()) {
    done += part.slab.blockCount;
    if (part.owner !== communicator.rank) continue;
    const { dtype, path } = part.info;
    if (!normalisers.has(dtype)) {
      const graph = normaliseGraph(blockSize, normalisation, dtype);
      normalisers.set(dtype, await createNormaliser(graph, { blockSize, threads, forms: formsOf(normalisation) }));
    }
    const forms = await loadPart(file, part, normalisers.get(dtype)!, sample);
    loaded[index] = { path, forms: normalisation === 'dual' ? { dual: bothForms(forms, blockSize ** 3) } : forms };
    progress.update(done);
  }
  // This rank's last part is seldom that of all ranks.
  progress.update(done);
  progress.finish();
  file.close();
  for (const normaliser of normalisers.values()) await normaliser.release();
  return loaded;
}

/** The normalised blocks that are kept, in each form. */
async function loadPart(file: OpenFile, part: Part, normaliser: Normaliser, sample: BlockSample): Promise<Forms> {
  const { slab } = part;
  const blocks = split(file.open(part.source).readSlice(part.info.path, slab.read), slab);
  const { forms, scale } = await normaliser.normalise(blocks, slab.blockCount);
  const kept = keptBlocks(scale, part.start, slab.firstBlock, sample);
  return Object.fromEntries(Object.entries(forms).map(([name, form]) => [name, takeBlocks(form, kept, slab.k ** 3)]));
}

/**
 * Of the blocks from `first` of a variable (as `BlockSample` has it) with these scales, [blocks, 2], those that are trained on: not
 * constant, finite, and in the sample.
 */
export function keptBlocks(scale: Blocks, variable: number, first: number, sample: BlockSample): Uint32Array {
  return Uint32Array.from({ length: scale.length / 2 }, (_, block) => block).filter((block) => {
    const range = scale[2 * block + 1];
    return Number.isFinite(range) && range !== 0 && sample.has(variable, first + block);
  });
}

function takeBlocks(form: Float32Array, kept: Uint32Array, valuesPerBlock: number): Rows {
  const values = new Float32Array(kept.length * valuesPerBlock);
  for (const [row, block] of kept.entries())
    values.set(form.subarray(block * valuesPerBlock, (block + 1) * valuesPerBlock), row * valuesPerBlock);
  return { values, repeats: new Uint8Array(kept.length) };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
