import type { Compressed } from './compression.js';
import type { WholeBatch } from './whole-batch.js';

/** A step of one rank alone. */
export interface AloneStep {
  /** Blocks. */
  readonly rows: number;
  readonly seconds: number;
}

/** What projections to more ranks start from (`swae project`). */
export interface Constants {
  /** Summed in each step. */
  readonly gradientBytes: number;
  /** By rows, ascending. */
  readonly alone: readonly AloneStep[];
  readonly wholeBatch: WholeBatch;
  /** On the base. */
  readonly compression: {
    readonly reconstructed: Compressed;
    /** With --no-reconstruct. */
    readonly archived: Compressed;
  };
}
