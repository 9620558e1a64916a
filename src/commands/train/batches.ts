import type { Communicator } from '../../dist/communicator.js';
import { partition } from '../../dist/partition.js';
import type { Dataset } from './dataset.js';
import { fetchRows } from './fetch-rows.js';

/** Of the blocks that a rank fetches at once: with hundreds of ranks those of one step would come as messages of no block or one. */
function fetchedBytes(ranks: number): number {
  return Math.max(1e6, 4e3 * ranks);
}

/** The blocks of an epoch's batches, cut into `parts`, of which every rank has a slice. */
export interface Batches {
  /**
   * This rank's of part `part` of step `step` [rows, k³], in an order of the dataset's rows that is the same on every rank. They stay
   * until the next call, which is collective: every rank asks for the same parts in turn.
   */
  slice(order: Uint32Array, step: number, part: number): Float32Array;
}

export interface BatchOptions {
  readonly batchSize: number;
  readonly parts: number;
  readonly windowBytes?: number;
}

/** Fetches some steps ahead where the blocks lie with several ranks. */
export function createBatches(
  communicator: Communicator,
  dataset: Dataset,
  { batchSize, parts, windowBytes = fetchedBytes(communicator.size) }: BatchOptions,
): Batches {
  const { rank, size } = communicator;
  const { valuesPerBlock } = dataset;
  const partRows = batchSize / parts;
  const { start, end } = partition(partRows, size, rank);
  // The same number of steps on every rank: the first has no fewer rows than any other.
  const mostRows = partition(partRows, size, 0).end * parts;
  const stepsAhead = size === 1 ? 1 : Math.max(1, Math.floor(windowBytes / (mostRows * valuesPerBlock * 4)));
  const values = new Float32Array(stepsAhead * parts * (end - start) * valuesPerBlock);
  let fetched: { order: Uint32Array; first: number; steps: number } = { order: new Uint32Array(), first: 0, steps: 0 };

  function fetchFrom(order: Uint32Array, first: number): void {
    const steps = Math.min(stepsAhead, Math.floor(order.length / batchSize) - first);
    const indices = new Uint32Array(steps * parts * (end - start));
    for (let i = 0; i < steps * parts; i++) {
      const row = first * batchSize + i * partRows;
      indices.set(order.subarray(row + start, row + end), i * (end - start));
    }
    fetchRows(communicator, dataset, indices, values);
    fetched = { order, first, steps };
  }

  return {
    slice(order, step, part) {
      const { first, steps } = fetched;
      if (order !== fetched.order || step < first || step >= first + steps) fetchFrom(order, step);
      const length = (end - start) * valuesPerBlock;
      const place = ((step - fetched.first) * parts + part) * length;
      return values.subarray(place, place + length);
    },
  };
}
