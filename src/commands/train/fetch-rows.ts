import type { Communicator } from '../../dist/communicator.js';
import { bytesOf, type Dataset } from './dataset.js';

/**
 * Copies rows `indices` of the dataset into `into` [indices, k³], which it gives, from whichever ranks have them. A collective call:
 * every rank names its own rows, any number of them.
 */
export function fetchRows(
  communicator: Communicator,
  dataset: Dataset,
  indices: Uint32Array,
  into = new Float32Array(indices.length * dataset.valuesPerBlock),
): Float32Array<ArrayBuffer> {
  const { rank, size } = communicator;
  if (size === 1) return takeOwn(dataset, indices, into);
  const owners = indices.map((row) => dataset.owners[partOf(dataset, row)]);
  const asked = byOwner(owners, size).map((places) => places.map((place) => indices[place]));
  const wanted = communicator.exchange(asked.map((rows, owner) => (owner === rank ? nothing : bytesOf(rows))));
  const messages = wanted.map(({ buffer }) => bytesOf(takeOwn(dataset, new Uint32Array(buffer))));
  const answers = communicator.exchange(messages).map(({ buffer }) => new Float32Array(buffer));
  answers[rank] = takeOwn(dataset, asked[rank]);
  const length = dataset.valuesPerBlock;
  const taken = new Uint32Array(size);
  for (let i = 0; i < owners.length; i++) {
    const start = taken[owners[i]]++ * length;
    into.set(answers[owners[i]].subarray(start, start + length), i * length);
  }
  return into;
}

const nothing = new Uint8Array();

/** The places of each owner among `owners`, in order. */
function byOwner(owners: Uint32Array, size: number): Uint32Array[] {
  const counts = new Uint32Array(size);
  for (const owner of owners) counts[owner]++;
  const places = Array.from(counts, (count) => new Uint32Array(count));
  for (let i = owners.length - 1; i >= 0; i--) places[owners[i]][--counts[owners[i]]] = i;
  return places;
}

/** Rows of this rank's own parts. */
function takeOwn(
  dataset: Dataset,
  rows: Uint32Array,
  into = new Float32Array(rows.length * dataset.valuesPerBlock),
): Float32Array<ArrayBuffer> {
  const { starts, values, valuesPerBlock: length } = dataset;
  for (let i = 0; i < rows.length; i++) {
    const part = partOf(dataset, rows[i]);
    const start = (rows[i] - starts[part]) * length;
    into.set(values[part]!.subarray(start, start + length), i * length);
  }
  return into;
}

/** The part that a row is in: the last one that begins at it or before, by bisection. */
function partOf({ starts }: Dataset, row: number): number {
  let [low, high] = [0, starts.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= row) low = middle;
    else high = middle;
  }
  return low;
}
