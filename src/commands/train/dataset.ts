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
  /** CRC-32 of the values: a resumed run must see the same data. */
  readonly checksum: number;
}

/** Copies rows `indices` of the dataset into `batch` [indices, k³]. */
export function takeRows(dataset: Dataset, indices: Uint32Array, batch: Float32Array): void {
  const length = dataset.values.length / dataset.count;
  for (let i = 0; i < indices.length; i++)
    batch.set(dataset.values.subarray(indices[i] * length, (indices[i] + 1) * length), i * length);
}

/**
 * Puts together what the ranks have loaded: part p (in order) was loaded by rank p % size, which alone knows its rows.
 * Every rank gets every part.
 */
export function shareParts(
  communicator: Communicator,
  parts: readonly { file: number; values: Float32Array }[],
  partCount: number,
  valuesPerBlock: number,
): Dataset {
  const counts = new Float64Array(partCount);
  const files = new Float64Array(partCount);
  for (const [i, part] of parts.entries()) {
    const index = communicator.rank + i * communicator.size;
    counts[index] = part.values.length / valuesPerBlock;
    files[index] = part.file;
  }
  communicator.allreduce(counts, 'sum');
  communicator.allreduce(files, 'sum');
  const count = counts.reduce((sum, rows) => sum + rows, 0);
  const values = new Float32Array(count * valuesPerBlock);
  const fileOf = new Uint32Array(count);
  let start = 0;
  for (let index = 0; index < partCount; index++) {
    const end = start + counts[index];
    const target = values.subarray(start * valuesPerBlock, end * valuesPerBlock);
    const owner = index % communicator.size;
    if (owner === communicator.rank) target.set(parts[Math.floor(index / communicator.size)].values);
    if (target.length > 0) communicator.broadcast(target, owner);
    fileOf.fill(files[index], start, end);
    start = end;
  }
  return { values, count, fileOf, checksum: crc32(new Uint8Array(values.buffer)) };
}

/**
 * 80 / 15 / 5 % of the blocks, or of the files: neighbouring blocks of one file share faces and, in a symmetric run, are
 * mirror images, so only a split by files shows how a model does on data that it has not seen.
 */
export function splitDataset(dataset: Dataset, by: 'block' | 'file', fileCount: number, seed: number): Split {
  if (by === 'block') return splitIndices(dataset.count, seed);
  const files = splitIndices(fileCount, seed);
  const blocksOf = (chosen: Uint32Array) => {
    const wanted = new Set(chosen);
    return Uint32Array.from({ length: dataset.count }, (_, i) => i).filter((i) => wanted.has(dataset.fileOf[i]));
  };
  return { training: blocksOf(files.training), validation: blocksOf(files.validation), test: blocksOf(files.test) };
}
