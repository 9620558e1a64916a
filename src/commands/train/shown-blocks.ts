import { evenly } from '../survey/samples.js';
import { fetchRows } from './fetch-rows.js';
import type { Trainer } from './loop.js';
import { measuredPart } from './validate.js';

/** So many blocks are looked at: enough for a picture, and a second or two for the slowest network. */
const mostBlocks = 1024;

/** Blocks of a part of the split that a report looks at. */
export interface Shown {
  readonly part: 'validation' | 'training';
  /** Rows of the dataset. */
  readonly rows: Uint32Array;
  /** [rows, k³] normalised */
  readonly blocks: Float32Array<ArrayBuffer>;
}

/** On rank 0 some of the validation part, or of the training part where that is empty; on the others none. A collective call. */
export function fetchShown({ communicator, dataset, split }: Trainer): Shown {
  const part = measuredPart(split);
  const indices = split[part];
  const wanted = communicator.rank === 0 ? mostBlocks : 0;
  const rows = Uint32Array.from(evenly(indices.length, wanted), (i) => indices[i]);
  return { part, rows, blocks: fetchRows(communicator, dataset, rows) };
}
