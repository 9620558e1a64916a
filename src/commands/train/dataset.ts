import { crc32 } from 'node:zlib';
import type { Communicator } from '../../dist/communicator.js';
import { type Split, splitIndices } from '../../models/sampling.js';

/** Normalised blocks, one a row: every rank knows of all of them, and has the values of its own parts. */
export interface Dataset {
  readonly count: number;
  readonly valuesPerBlock: number;
  /** The row at which each part begins, in order, and `count`. */
  readonly starts: Uint32Array;
  /** Part p is that of rank p % size, whose `parts` has its values [rows, k³] at ⌊p / size⌋. */
  readonly parts: readonly Float32Array[];
  /** Index of the source file of each block. */
  readonly fileOf: Uint32Array;
  /** Index in `variableNames` of the variable of each block. */
  readonly variableOf: Uint32Array;
  /** Their paths; a variable that occurs in several files is one. */
  readonly variableNames: readonly string[];
  /** 1 for the other form of the block before (`dual` normalisation), else 0. */
  readonly repeats: Uint8Array;
  /** CRC-32 of the parts' CRC-32: a resumed run must see the same data. */
  readonly checksum: number;
}

/** What one rank has loaded of a part: values [rows, k³], and `repeats` of its rows. */
export interface Rows {
  readonly values: Float32Array;
  readonly repeats: Uint8Array;
}

/** The file and the variable of a part, by index. */
export interface Origin {
  readonly file: number;
  readonly variable: number;
}

/**
 * Tells every rank of what the ranks have loaded: part p, which comes from `origins[p]`, was loaded by rank p % size, whose
 * `mine` are the blocks of its parts in order. A collective call.
 */
export function shareParts(
  communicator: Communicator,
  origins: readonly Origin[],
  variableNames: readonly string[],
  mine: readonly Rows[],
  valuesPerBlock: number,
): Dataset {
  const { rank, size } = communicator;
  /** Of each part its rows, then of each its checksum: whole numbers, exact in float64. */
  const told = new Float64Array(2 * origins.length);
  for (const [i, { values, repeats }] of mine.entries()) {
    told[rank + i * size] = repeats.length;
    told[origins.length + rank + i * size] = crc32(bytesOf(values));
  }
  communicator.allreduce(told, 'sum');
  const starts = new Uint32Array(origins.length + 1);
  for (let part = 0; part < origins.length; part++) starts[part + 1] = starts[part] + told[part];
  const count = starts[origins.length];
  const fileOf = new Uint32Array(count);
  const variableOf = new Uint32Array(count);
  for (const [part, { file, variable }] of origins.entries()) {
    fileOf.fill(file, starts[part], starts[part + 1]);
    variableOf.fill(variable, starts[part], starts[part + 1]);
  }
  return {
    count,
    valuesPerBlock,
    starts,
    parts: mine.map(({ values }) => values),
    fileOf,
    variableOf,
    variableNames,
    repeats: shareRepeats(communicator, starts, mine),
    checksum: crc32(bytesOf(Uint32Array.from(told.subarray(origins.length)))),
  };
}

function shareRepeats(communicator: Communicator, starts: Uint32Array, mine: readonly Rows[]): Uint8Array {
  const ofRanks = communicator.allgather(Buffer.concat(mine.map(({ repeats }) => repeats)));
  const repeats = new Uint8Array(starts.at(-1)!);
  const taken = ofRanks.map(() => 0);
  for (let part = 0; part + 1 < starts.length; part++) {
    const owner = part % ofRanks.length;
    const end = taken[owner] + starts[part + 1] - starts[part];
    repeats.set(ofRanks[owner].subarray(taken[owner], end), starts[part]);
    taken[owner] = end;
  }
  return repeats;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
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
    return allRows(dataset).filter((row) => wanted.has(dataset.fileOf[row]));
  };
  return { training: blocksOf(files.training), validation: blocksOf(files.validation), test: blocksOf(files.test) };
}

/** Both forms of a block go to the same part. */
function splitBlocks({ count, repeats }: Pick<Dataset, 'count' | 'repeats'>, seed: number): Split {
  const first = allRows({ count }).filter((row) => repeats[row] === 0);
  const blocks = splitIndices(first.length, seed);
  const rowsOf = (chosen: Uint32Array) => {
    const rows = new Uint32Array(2 * chosen.length);
    let taken = 0;
    for (const block of chosen) {
      rows[taken++] = first[block];
      if (repeats[first[block] + 1] === 1) rows[taken++] = first[block] + 1;
    }
    return rows.slice(0, taken);
  };
  return { training: rowsOf(blocks.training), validation: rowsOf(blocks.validation), test: rowsOf(blocks.test) };
}

function allRows({ count }: Pick<Dataset, 'count'>): Uint32Array {
  return new Uint32Array(count).map((_, row) => row);
}
