import { deal, partition, type Range } from '../../dist/partition.js';
import { UsageError } from '../../errors.js';
import { bytesOf } from '../../io/variable-bytes.js';
import type { Plan } from './plan.js';

/** Ranks that do files of their own; the first of them writes what all of them make. */
export interface Group {
  readonly index: number;
  readonly ranks: Range;
  /** Indices in the plan, ascending. */
  readonly files: readonly number[];
}

/** Throws UsageError. */
export function requireWriters(writers: number, ranks: number): void {
  if (!Number.isInteger(writers) || writers < 1)
    throw new UsageError(`--writers must be a whole number from 1, got ${writers}`);
  if (writers > ranks) throw new UsageError(`--writers ${writers}: there are no more than ${ranks} rank(s)`);
}

/**
 * A group for each writer, of neighbouring ranks: launchers put these on one node. No more groups than files. Which files a group has depends
 * on the plan and the number of writers alone, so that a run may go on with other ranks.
 */
export function groupsOf({ files }: Plan, ranks: number, writers: number): Group[] {
  const count = Math.min(writers, files.length);
  // A file without variables counts too: no group goes without files.
  const weights = files.map(({ variables }) => variables.reduce((sum, variable) => sum + bytesOf(variable), 1));
  const owners = deal(weights, count);
  return Array.from({ length: count }, (_, index) => ({
    index,
    ranks: partition(ranks, count, index),
    files: [...files.keys()].filter((file) => owners[file] === index),
  }));
}
