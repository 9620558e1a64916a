/**
 * Times of collective operations between p ranks that all have the same link to one another, by Hockney's model: a message of n bytes
 * takes α + n/β, and a rank sends and receives one at a time. R. Thakur, R. Rabenseifner, W. Gropp, Optimization of Collective
 * Communication Operations in MPICH, Int. J. High Performance Computing Applications 19(1), 2005, sections 3 and 4, without the time
 * for the sums themselves. In seconds.
 */
import { type Transfer, transferSeconds } from '../bench/scaling/predict.js';

/** A sum of n bytes that all ranks get. */
type Allreduce = (link: Transfer, ranks: number, bytes: number) => number;

/** Reduce-scatter and allgather around a ring: 2(p−1) α + 2 (p−1)/p n/β. */
export const ring: Allreduce = (link, ranks, bytes) =>
  transferSeconds(link, 2 * (ranks - 1), 2 * shareOfOthers(ranks) * bytes);

/** All of it to a partner twice as far each time: ⌈log₂ p⌉ (α + n/β). Exact for powers of two; others take a step more. */
export const recursiveDoubling: Allreduce = (link, ranks, bytes) =>
  transferSeconds(link, treeDepth(ranks), treeDepth(ranks) * bytes);

/** Rabenseifner's: recursive halving, then doubling: 2⌈log₂ p⌉ α + 2 (p−1)/p n/β. Exact for powers of two. */
export const rabenseifner: Allreduce = (link, ranks, bytes) =>
  transferSeconds(link, 2 * treeDepth(ranks), 2 * shareOfOthers(ranks) * bytes);

/** The fastest of them, which an MPI library takes by its own tables. */
export const allreduce: Allreduce = (link, ranks, bytes) =>
  Math.min(...[ring, recursiveDoubling, rabenseifner].map((algorithm) => algorithm(link, ranks, bytes)));

/** Bruck's, for any p: ⌈log₂ p⌉ α + (p−1)/p n/β, where n are the bytes that every rank then has of all. */
export function allgather(link: Transfer, ranks: number, bytes: number): number {
  return transferSeconds(link, treeDepth(ranks), shareOfOthers(ranks) * bytes);
}

function treeDepth(ranks: number): number {
  return Math.ceil(Math.log2(ranks));
}

function shareOfOthers(ranks: number): number {
  return (ranks - 1) / ranks;
}
