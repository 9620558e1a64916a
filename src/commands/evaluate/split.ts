/** Which blocks a training run has left for validation and test: dealt out again, as `swae train` does. */
import type { Communicator } from '../../dist/communicator.js';
import { createNormaliser, type Normaliser } from '../../engines/onnx/codec.js';
import { InputError, UsageError } from '../../errors.js';
import { split } from '../../io/blocks.js';
import { formsOf } from '../../models/normalise.js';
import type { Split } from '../../models/sampling.js';
import { type BlockType, type Model, normaliseGraph } from '../../models/swae.js';
import type { Plan, Unit } from '../compress/plan.js';
import { readModel, resolveModelPath } from '../model-file.js';
import { OpenFile } from '../open-file.js';
import { startProgress } from '../progress.js';
import { createBlockSample } from '../train/block-sample.js';
import { splitDataset } from '../train/dataset.js';
import { keptBlocks } from '../train/load.js';

export const parts = ['all', 'training', 'validation', 'test'] as const;
export type Part = (typeof parts)[number];

export interface SplitOptions {
  readonly split: Part;
  readonly splitBy?: 'block' | 'file' | undefined;
  readonly seed?: number | undefined;
  readonly maxBlocks: number;
  readonly modelPath?: string | undefined;
}

export interface ChosenBlocks {
  /** What was chosen, for people. */
  readonly description: string;
  /** For each unit its blocks, by their numbers in the slab. */
  readonly byUnit: readonly Uint32Array[];
}

/** What the metadata of a model tell of its training. */
interface Training {
  readonly seed?: number;
  readonly 'split-by'?: 'block' | 'file';
  readonly blocks?: number;
}

/**
 * The blocks of a part; undefined for all of them. Throws InputError where the model was trained on other blocks than these, as far as
 * their number tells. A collective call; `owners` have the units.
 */
export async function chooseBlocks(
  communicator: Communicator,
  plan: Plan,
  units: readonly Unit[],
  owners: Uint32Array,
  options: SplitOptions,
  threads: number,
): Promise<ChosenBlocks | undefined> {
  if (options.split === 'all') return undefined;
  if (options.modelPath === undefined)
    throw new UsageError(`--split ${options.split} needs --model-path: a model that was trained on the rest`);
  const failed = plan.files.find(({ failure }) => failure !== undefined);
  if (failed) throw new InputError(`${failed.failure}: without it the split would be another one`);
  const { model, file } = readModel(resolveModelPath(options.modelPath));
  const training: Training = JSON.parse(file.metadata.training ?? file.metadata.run ?? '{}');
  const seed = options.seed ?? training.seed ?? 42;
  const by = options.splitBy ?? training['split-by'] ?? 'block';
  const mine = await keptOfRank(communicator.rank, plan, units, owners, model, { ...options, seed }, threads);
  const kept = shareKept(communicator, owners, mine);
  const count = kept.reduce((sum, blocks) => sum + blocks.length, 0);
  expectTrained(options.modelPath, model, training.blocks, count);
  const fileOf = new Uint32Array(count);
  let row = 0;
  for (const [unit, { length }] of kept.entries()) {
    fileOf.fill(units[unit].file, row, row + length);
    row += length;
  }
  const dataset = { count, repeats: new Uint8Array(count), fileOf };
  const chosen = splitDataset(dataset, by, plan.files.length, seed)[options.split satisfies keyof Split];
  return {
    description: `${options.split} part of the split by ${by}, seed ${seed}: ${chosen.length} of ${count} blocks`,
    byUnit: chosenOf(kept, chosen),
  };
}

/** Of the blocks of each unit those that are chosen; rows are the blocks of all units in order. */
function chosenOf(kept: readonly Uint32Array[], chosen: Uint32Array): Uint32Array[] {
  const rows = chosen.slice().sort();
  let [start, taken] = [0, 0];
  return kept.map((blocks) => {
    const from = taken;
    while (rows[taken] < start + blocks.length) taken++;
    const own = rows.subarray(from, taken).map((row) => blocks[row - start]);
    start += blocks.length;
    return own;
  });
}

/** What a run would train on in the units of this rank: the blocks of each. */
async function keptOfRank(
  rank: number,
  plan: Plan,
  units: readonly Unit[],
  owners: Uint32Array,
  { architecture, normalisation }: Model,
  { maxBlocks, seed }: { maxBlocks: number; seed: number },
  threads: number,
): Promise<Uint32Array[]> {
  const { blockSize } = architecture;
  const blockCount = units.reduce((sum, { slab }) => sum + slab.blockCount, 0);
  const sample = createBlockSample(blockCount, maxBlocks, seed);
  const progress = startProgress({ label: 'split', total: blockCount, unit: 'blocks' });
  const normalisers = new Map<BlockType, Normaliser>();
  const file = new OpenFile();
  const mine: Uint32Array[] = [];
  let firstBlock = 0;
  for (const [index, { file: place, variable, slab }] of units.entries()) {
    const { path, variables } = plan.files[place];
    const { dtype, path: name } = variables[variable];
    const start = firstBlock - slab.firstBlock;
    const isMine = owners[index] === rank;
    if (isMine && !sample.touches(start, slab.firstBlock, slab.blockCount)) mine.push(new Uint32Array());
    else if (isMine) {
      if (!normalisers.has(dtype)) {
        const graph = normaliseGraph(blockSize, normalisation, dtype);
        normalisers.set(dtype, await createNormaliser(graph, { blockSize, threads, forms: formsOf(normalisation) }));
      }
      const blocks = split(file.open(path).readSlice(name, slab.read), slab);
      const { scale } = await normalisers.get(dtype)!.normalise(blocks, slab.blockCount);
      mine.push(keptBlocks(scale, start, slab.firstBlock, sample));
    }
    firstBlock += slab.blockCount;
    progress.update(firstBlock);
  }
  progress.finish();
  file.close();
  for (const normaliser of normalisers.values()) await normaliser.release();
  return mine;
}

/** Gives every rank what each has found. A collective call. */
function shareKept(communicator: Communicator, owners: Uint32Array, mine: readonly Uint32Array[]): Uint32Array[] {
  const lists = mine.flatMap((blocks) => [blocks.length, ...blocks]);
  const shared = communicator.allgather(new Uint8Array(Uint32Array.from(lists).buffer));
  const queues = shared.map((bytes) => ({ numbers: new Uint32Array(Uint8Array.from(bytes).buffer), at: 0 }));
  return Array.from(owners, (owner) => {
    const queue = queues[owner];
    const start = queue.at + 1;
    queue.at = start + queue.numbers[queue.at];
    return queue.numbers.slice(start, queue.at);
  });
}

/** A `dual` model has counted a block once for each of its forms, two at most. */
function expectTrained(path: string, { normalisation }: Model, trained: number | undefined, kept: number): void {
  if (trained === undefined) return;
  const most = normalisation === 'dual' ? 2 * kept : kept;
  if (trained >= kept && trained <= most) return;
  throw new InputError(`model "${path}": was trained on a split of ${trained} blocks, the input has ${kept}`, {
    hint: 'Give the input, --variables and --max-blocks of its training, or --split all to evaluate everything.',
  });
}
