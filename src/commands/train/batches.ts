import type { Communicator } from '../../dist/communicator.js';
import { partition } from '../../dist/partition.js';
import type { Dataset } from './dataset.js';
import { fetchRows } from './fetch-rows.js';

/** Of the blocks that a rank fetches at once: by the step, hundreds of ranks would send one another single blocks, or none. */
const leastWindowBytes = 1e6;
const windowBytesPerRank = 4e3;

/** The blocks of an epoch's batches, cut into `parts`, of which every rank has a slice. */
export interface Batches {
  /**
   * This rank's of part `part` of step `step` [rows, k³]; `order`, a new array for each epoch, has rows of the dataset and is the same on
   * every rank. They stay until the next call, which is collective: every rank asks for the same parts in turn.
   */
  slice(order: Uint32Array, step: number, part: number): Float32Array;
}

export interface BatchOptions {
  readonly batchSize: number;
  readonly parts: number;
  readonly windowBytes?: number;
}

/** Fetches some slices ahead where the blocks lie with several ranks. */
export function createBatches(
  communicator: Communicator,
  dataset: Dataset,
  { batchSize, parts, windowBytes = Math.max(leastWindowBytes, windowBytesPerRank * communicator.size) }: BatchOptions,
): Batches {
  const { rank, size } = communicator;
  const { valuesPerBlock } = dataset;
  const partRows = batchSize / parts;
  const { start, end } = partition(partRows, size, rank);
  const rows = end - start;
  // As many on every rank: the first has no fewer rows than any other.
  const mostBytes = partition(partRows, size, 0).end * valuesPerBlock * Float32Array.BYTES_PER_ELEMENT;
  const ahead = size === 1 ? 1 : Math.max(1, Math.floor(windowBytes / mostBytes));
  const values = new Float32Array(ahead * rows * valuesPerBlock);
  let fetched: { order: Uint32Array; first: number; count: number } = { order: new Uint32Array(), first: 0, count: 0 };

  function fetchFrom(order: Uint32Array, first: number): void {
    const count = Math.min(ahead, Math.floor(order.length / batchSize) * parts - first);
    const indices = new Uint32Array(count * rows);
    for (let i = 0; i < count; i++) {
      const row = (first + i) * partRows;
      indices.set(order.subarray(row + start, row + end), i * rows);
    }
    fetchRows(communicator, dataset, indices, values);
    fetched = { order, first, count };
  }

  return {
    slice(order, step, part) {
      const number = step * parts + part;
      const { first, count } = fetched;
      if (order !== fetched.order || number < first || number >= first + count) fetchFrom(order, number);
      const place = (number - fetched.first) * rows * valuesPerBlock;
      return values.subarray(place, place + rows * valuesPerBlock);
    },
  };
}
