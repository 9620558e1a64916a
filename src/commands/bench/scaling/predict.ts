import type { LineFit } from '../mpi/fit.js';

/** α and β of a message. */
export type Transfer = Pick<LineFit, 'latencyMicroseconds' | 'bandwidth'>;

/** Seconds of so many messages of so many bytes together: α for each, and their bytes over β. */
export function transferSeconds({ latencyMicroseconds, bandwidth }: Transfer, messages: number, bytes: number): number {
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
  /** Shared by the writing ranks; `swae compress` without --writers has one. */
  readonly write: number;
  /** To take what the other ranks have made, for the writing ranks too. */
  readonly gather: number;
}

/** All ranks are busy to the end, unless those that write have more to do than their part: they get fewer slabs for what else they do. */
export function predictCompression({ work, write, gather }: CompressionWork, ranks: number, writers = 1): number {
  return Math.max((work + write + gather) / ranks, (write + gather) / writers);
}
