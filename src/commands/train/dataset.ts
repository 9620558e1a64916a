import { crc32 } from 'node:zlib';
import type { Communicator } from '../../dist/communicator.js';
import { type Split, splitIndices } from '../../models/sampling.js';
import { joinCrc32 } from './crc32.js';

/** Normalised blocks, one a row: every rank knows of all of them, and has the values of its own parts. */
export interface Dataset {
  readonly count: number;
  readonly valuesPerBlock: number;
  /** The row at which each part begins, in order, and `count`. */
  readonly starts: Uint32Array;
  /** The rank that has each part. */
  readonly owners: Uint32Array;
  /** Values [rows, k³] of each part of this rank's. */
  readonly values: readonly (Float32Array | undefined)[];
  /** Index of the source file of each block. */
  readonly fileOf: Uint32Array;
  /** Index in `variableNames` of the variable of each block. */
  readonly variableOf: Uint32Array;
  /** Their paths; a variable that occurs in several files is one. */
  readonly variableNames: readonly string[];
  /** 1 for the other form of the block before (`dual` normalisation), else 0. */
  readonly repeats: Uint8Array;
  /** CRC-32 of the values, row by row: a resumed run must see the same data. */
  readonly checksum: number;
}

/** What a rank has loaded of a part: values [rows, k³], and `repeats` of its rows. */
export interface Rows {
  readonly values: Float32Array;
  readonly repeats: Uint8Array;
}

/** The file and the variable of a part, by index, and the rank that has it. */
export interface Origin {
  readonly file: number;
  readonly variable: number;
  readonly owner: number;
}

/** Tells every rank of what the ranks have loaded; `mine` has the parts of this one at their places. A collective call. */
export function shareParts(
  communicator: Communicator,
  origins: readonly Origin[],
  variableNames: readonly string[],
  mine: readonly (Rows | undefined)[],
  valuesPerBlock: number,
): Dataset {
  /** Of each part its rows, then of each its checksum: whole numbers, exact in float64. */
  const told = new Float64Array(2 * origins.length);
  for (const [part, rows] of mine.entries()) {
    if (!rows) continue;
    told[part] = rows.repeats.length;
    told[origins.length + part] = crc32(bytesOf(rows.values));
  }
  communicator.allreduce(told, 'sum');
  const [counts, checksums] = [told.subarray(0, origins.length), told.subarray(origins.length)];
  const starts = new Uint32Array(origins.length + 1);
  for (const [part, rows] of counts.entries()) starts[part + 1] = starts[part] + rows;
  const count = starts[origins.length];
  const fileOf = new Uint32Array(count);
  const variableOf = new Uint32Array(count);
  let checksum = 0;
  for (const [part, { file, variable }] of origins.entries()) {
    fileOf.fill(file, starts[part], starts[part + 1]);
    variableOf.fill(variable, starts[part], starts[part + 1]);
    const bytes = counts[part] * valuesPerBlock * Float32Array.BYTES_PER_ELEMENT;
    checksum = joinCrc32(checksum, checksums[part], bytes);
  }
  return {
    count,
    valuesPerBlock,
    starts,
    owners: Uint32Array.from(origins, ({ owner }) => owner),
    values: mine.map((rows) => rows?.values),
    fileOf,
    variableOf,
    variableNames,
    repeats: shareRepeats(communicator, origins, starts, mine),
    checksum,
  };
}

function shareRepeats(
  communicator: Communicator,
  origins: readonly Origin[],
  starts: Uint32Array,
  mine: readonly (Rows | undefined)[],
): Uint8Array {
  const ofRanks = communicator.allgather(Buffer.concat(mine.flatMap((rows) => rows?.repeats ?? [])));
  const repeats = new Uint8Array(starts[origins.length]);
  const taken = ofRanks.map(() => 0);
  for (const [part, { owner }] of origins.entries()) {
    const end = taken[owner] + starts[part + 1] - starts[part];
    repeats.set(ofRanks[owner].subarray(taken[owner], end), starts[part]);
    taken[owner] = end;
  }
  return repeats;
}

export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array): Uint8Array {
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
