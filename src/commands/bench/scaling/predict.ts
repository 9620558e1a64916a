import type { LineFit } from '../mpi/fit.js';

/** Seconds of so many messages of so many bytes together: α for each, and their bytes over β. */
export function transferSeconds({ latencyMicroseconds, bandwidth }: LineFit, messages: number, bytes: number): number {
  // 1 GB/s are 10⁹ bytes a second.
  return messages * latencyMicroseconds * 1e-6 + (bandwidth === undefined ? 0 : bytes / (1e9 * bandwidth));
}

/** A step: what a rank alone takes for its share of the batch, then the sum of the gradients. */
export function predictStep(aloneSeconds: number, allreduce: LineFit | undefined, gradientBytes: number): number {
  return aloneSeconds + (allreduce ? transferSeconds(allreduce, 1, gradientBytes) : 0);
}

/** What a compression has to do, in seconds of one rank. */
export interface CompressionWork {
  /** Read, encode, decode, measure: shared by all ranks. */
  readonly work: number;
  /** Rank 0 alone writes. */
  readonly write: number;
  /** To take what the other ranks have made, rank 0 alone too. */
  readonly gather: number;
}

/** All ranks are busy to the end, unless rank 0 has more to do than its part: it gets fewer slabs for what else it does. */
export function predictCompression({ work, write, gather }: CompressionWork, ranks: number): number {
  return Math.max((work + write + gather) / ranks, write + gather);
}
