import type { Communicator } from '../../dist/communicator.js';
import { partition } from '../../dist/partition.js';
import { drawPrior, priorStreamRows } from '../../models/sampling.js';
import { gatherRows } from './gather-rows.js';

/**
 * A step's sample of the prior for the blocks of all ranks, [rows, dimensions]: the same on every rank, and on any number of them. Each
 * draws its part, for otherwise all would draw for all. A collective call.
 */
export function samplePrior(
  communicator: Communicator,
  rows: number,
  dimensions: number,
  seed: number,
  step: number,
): Float32Array {
  const streams = Math.ceil(rows / priorStreamRows);
  if (communicator.size === 1 || streams === 1) return drawPrior({ start: 0, end: rows }, dimensions, seed, step);
  const own = partition(streams, communicator.size, communicator.rank);
  const part = { start: own.start * priorStreamRows, end: Math.min(rows, own.end * priorStreamRows) };
  return gatherRows(communicator, drawPrior(part, dimensions, seed, step));
}
