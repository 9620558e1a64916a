import type { Compressed } from './compression.js';

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
  /** For each block of the batch of all ranks and each direction: see `measureSorting`. */
  readonly sortSeconds: number;
  /** On the base. */
  readonly compression: {
    readonly reconstructed: Compressed;
    /** With --no-reconstruct. */
    readonly archived: Compressed;
  };
}
