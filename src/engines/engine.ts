/** What an engine does for training; a second engine implements the same and is checked against the first. */
import type { CollectiveOperator } from '../onnx/index.js';

/** `AllGather`: every rank's rows, one after the other. `AllReduce`: their sum, which may take the place of what is given. */
export type RunCollective = (operator: CollectiveOperator, rows: Float32Array) => Float32Array;

export interface StepInput {
  /** [rows, k³] normalised blocks of this rank. */
  readonly values: Float32Array;
  /** [projections, L] unit vectors, the same on every rank. */
  readonly directions: Float32Array;
  /** In mixed precision, the multiple at which the loss is differentiated; see `stepGraph`. Default 1. */
  readonly lossScale?: number;
}

export interface StepLosses {
  /** This rank's part of the reconstruction loss; the sum over ranks is the loss. */
  readonly reconstruction: number;
  /** This rank's part of the squared sliced Wasserstein distance of the whole batch; the ranks' sum is the distance. */
  readonly divergence: number;
}

/** Where a step puts its results: trained parameters first in the layout, running statistics behind them. */
export interface StepResults {
  /** [trained parameters] Gradients of this rank. */
  readonly gradients: Float32Array<ArrayBuffer>;
  /** [running statistics] Their new values, the same on every rank. */
  readonly statistics: Float32Array<ArrayBuffer>;
}

export interface TrainingStep {
  /** Computes the losses, and all else into the arrays given when the step was made. */
  run(input: StepInput): Promise<StepLosses>;
  release(): Promise<void>;
}

export interface Validation {
  /** Blocks of one call. */
  readonly rows: number;
  /** Takes over the model's present parameters; before that there are none. */
  load(): void;
  /** values [rows, k³] → mean squared error of each block. */
  errors(values: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}
