import type { Communicator } from '../../dist/communicator.js';
import { createNormaliser, type Normaliser } from '../../engines/onnx/codec.js';
import { InputError } from '../../errors.js';
import { type Slab, slabs, split, tiling } from '../../io/blocks.js';
import { openSource } from '../../io/hdf5/source.js';
import { random } from '../../models/random.js';
import { randomStream } from '../../models/sampling.js';
import { type BlockType, normaliseGraph } from '../../models/swae.js';
import { resolveThreads } from '../options.js';
import { startProgress } from '../progress.js';
import { type SelectedFile, selectVariables, type Variable } from '../select.js';
import type { TrainOptions } from './command.js';
import { type Dataset, type Origin, shareParts } from './dataset.js';

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
}

/**
 * Reads and normalises the blocks of all selected variables, each slab by one rank, and gives every rank all of them.
 * Constant blocks and those that are not finite are left out: they are stored without a latent. Of more than
 * `maxBlocks`, a random sample of about so many is kept. A collective call.
 */
export async function loadDataset(communicator: Communicator, options: TrainOptions): Promise<Loaded> {
  const k = options.blockSize;
  const files = selectVariables(options.input, options.variables);
  const variableNames = [...new Set(files.flatMap(({ variables }) => variables.map(({ path }) => path)))];
  const parts = planParts(files, variableNames, k);
  const blockCount = parts.reduce((sum, { slab }) => sum + slab.blockCount, 0);
  const share = options.maxBlocks / blockCount;
  const normalisers = new Map<BlockType, Normaliser>();
  const progress = startProgress({ label: 'load', total: blockCount, unit: 'blocks', silent: communicator.rank !== 0 });
  const mine: Float32Array[] = [];
  for (let index = communicator.rank; index < parts.length; index += communicator.size) {
    const part = parts[index];
    const { dtype } = part.info;
    if (!normalisers.has(dtype)) {
      const graph = normaliseGraph(k, options.normalisation, dtype);
      normalisers.set(
        dtype,
        await createNormaliser(graph, {
          blockSize: k,
          threads: resolveThreads(options.threads, communicator.localSize),
        }),
      );
    }
    const values = await loadPart(part, normalisers.get(dtype)!, k, (block) =>
      share >= 1 ? true : random(options.seed, randomStream.sample, block).uniform() < share,
    );
    mine.push(values);
    progress.update(part.firstBlock + part.slab.blockCount);
  }
  progress.finish();
  for (const normaliser of normalisers.values()) await normaliser.release();
  const dataset = shareParts(communicator, parts, variableNames, mine, k ** 3);
  if (dataset.count === 0) throw new InputError('there is nothing to train on: every block is constant or not finite');
  return { dataset, fileCount: files.length, variableCount: variableNames.length };
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

/** The normalised blocks that are kept, [kept, k³]. */
async function loadPart(
  part: Part,
  normaliser: Normaliser,
  k: number,
  keep: (block: number) => boolean,
): Promise<Float32Array> {
  const source = openSource(part.source);
  const blocks = split(source.readSlice(part.info.path, part.slab.read), part.slab);
  source.close();
  const { values, scale } = await normaliser.normalise(blocks, part.slab.blockCount);
  let kept = 0;
  for (let block = 0; block < part.slab.blockCount; block++) {
    const range = scale[2 * block + 1];
    if (!Number.isFinite(range) || range === 0 || !keep(part.firstBlock + block)) continue;
    values.copyWithin(kept * k ** 3, block * k ** 3, (block + 1) * k ** 3);
    kept++;
  }
  return values.slice(0, kept * k ** 3);
}
