import { crc32 } from 'node:zlib';
import type { Communicator } from '../../dist/communicator.js';
import { type Split, splitIndices } from '../../models/sampling.js';

/** Normalised blocks in memory, the same on every rank. */
export interface Dataset {
  /** [count, k³] */
  readonly values: Float32Array;
  readonly count: number;
  /** Index of the source file of each block. */
  readonly fileOf: Uint32Array;
  /** Index in `variableNames` of the variable of each block. */
  readonly variableOf: Uint32Array;
  /** Their paths; a variable that occurs in several files is one. */
  readonly variableNames: readonly string[];
  /** 1 for the other form of the block before (`dual` normalisation), else 0. */
  readonly repeats: Uint8Array;
  /** CRC-32 of the values: a resumed run must see the same data. */
  readonly checksum: number;
}

/** What one rank has loaded of the values, [rows, k³], and of `repeats`. */
export type Rows = Pick<Dataset, 'values' | 'repeats'>;

/** Copies rows `indices` of the dataset into `batch` [indices, k³]. */
export function takeRows(dataset: Dataset, indices: Uint32Array, batch: Float32Array): void {
  const length = dataset.values.length / dataset.count;
  for (let i = 0; i < indices.length; i++)
    batch.set(dataset.values.subarray(indices[i] * length, (indices[i] + 1) * length), i * length);
}

/** The file and the variable of a part, by index. */
export interface Origin {
  readonly file: number;
  readonly variable: number;
}

/**
 * Puts together what the ranks have loaded: part p, which comes from `origins[p]`, was loaded by rank p % size, whose
 * `mine` are the blocks of its parts in order. Every rank gets every part.
 */
export function shareParts(
  communicator: Communicator,
  origins: readonly Origin[],
  variableNames: readonly string[],
  mine: readonly Rows[],
  valuesPerBlock: number,
): Dataset {
  const counts = new Float64Array(origins.length);
  for (const [i, part] of mine.entries()) counts[communicator.rank + i * communicator.size] = part.repeats.length;
  communicator.allreduce(counts, 'sum');
  const count = counts.reduce((sum, rows) => sum + rows, 0);
  const values = new Float32Array(count * valuesPerBlock);
  const fileOf = new Uint32Array(count);
  const variableOf = new Uint32Array(count);
  const repeats = new Uint8Array(count);
  let start = 0;
  for (const [index, { file, variable }] of origins.entries()) {
    const end = start + counts[index];
    const owner = index % communicator.size;
    const part = owner === communicator.rank ? mine[Math.floor(index / communicator.size)] : undefined;
    share(communicator, owner, values.subarray(start * valuesPerBlock, end * valuesPerBlock), part?.values);
    share(communicator, owner, repeats.subarray(start, end), part?.repeats);
    fileOf.fill(file, start, end);
    variableOf.fill(variable, start, end);
    start = end;
  }
  const checksum = crc32(new Uint8Array(values.buffer));
  return { values, count, fileOf, variableOf, variableNames, repeats, checksum };
}

/** Fills `target` of every rank with the owner's `part`. */
function share<T extends Float32Array | Uint8Array>(
  communicator: Communicator,
  owner: number,
  target: T,
  part: T | undefined,
): void {
  if (part) target.set(part);
  if (target.length > 0) communicator.broadcast(target, owner);
}

/**
 * 80 / 15 / 5 % of the blocks, or of the files: neighbouring blocks of one file share faces and, in a symmetric run, are
 * mirror images, so only a split by files shows how a model does on data that it has not seen.
 */
export function splitDataset(
  dataset: Pick<Dataset, 'count' | 'repeats' | 'fileOf'>,
  by: 'block' | 'file',
  fileCount: number,
  seed: number,
): Split {
  if (by === 'block') return splitBlocks(dataset, seed);
  const files = splitIndices(fileCount, seed);
  const blocksOf = (chosen: Uint32Array) => {
    const wanted = new Set(chosen);
    return Uint32Array.from({ length: dataset.count }, (_, i) => i).filter((i) => wanted.has(dataset.fileOf[i]));
  };
  return { training: blocksOf(files.training), validation: blocksOf(files.validation), test: blocksOf(files.test) };
}

/** Both forms of a block go to the same part. */
function splitBlocks({ count, repeats }: Pick<Dataset, 'count' | 'repeats'>, seed: number): Split {
  const first = Uint32Array.from({ length: count }, (_, row) => row).filter((row) => repeats[row] === 0);
  const blocks = splitIndices(first.length, seed);
  const rowsOf = (chosen: Uint32Array) =>
    Uint32Array.from(
      [...chosen].flatMap((block) => (repeats[first[block] + 1] ? [first[block], first[block] + 1] : first[block])),
    );
  return { training: rowsOf(blocks.training), validation: rowsOf(blocks.validation), test: rowsOf(blocks.test) };
}
