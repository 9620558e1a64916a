import type { Configuration } from './configuration.js';

/** Errors on a part of the data that the training has left out. Null: there is none to tell. */
export interface PartErrors {
  /** In dB, of the range of each variable in its file. */
  readonly psnr: number | null;
  /** In the units of the data, of a search on one variable. */
  readonly mse: number | null;
  /** In the scale of the network, which another normalisation makes another one. */
  readonly normalisedMse: number | null;
  readonly normalisedPsnr: number | null;
}

/** What a trial has come to by the end of a rung. */
export interface Result {
  /** The name of its configuration. */
  readonly trial: string;
  readonly configuration: Configuration;
  /** From 0. */
  readonly rung: number;
  readonly measured?: Measured;
  /** Why there is nothing to measure. */
  readonly failure?: string;
}

export interface Measured {
  /** That it trained; fewer than the rung's where the validation error had stopped falling. */
  readonly epochs: number;
  readonly parameters: number;
  /** For one block, as they run. */
  readonly encodeFlops: number;
  readonly decodeFlops: number;
  /** Bytes of the variables to bytes of latents, two numbers and a code for each block. */
  readonly ratio: number;
  readonly validation: PartErrors;
  readonly test: PartErrors;
  /** Of float32 blocks on `machine`; GB of the variables' float32 values. */
  readonly speed: Speed;
  /** Of all attempts at the trial, measuring included. */
  readonly seconds: number;
  readonly machine: Machine;
}

export interface Speed {
  readonly encodeBlocksPerSecond: number;
  readonly decodeBlocksPerSecond: number;
  readonly encodeGigabytesPerSecond: number;
  readonly decodeGigabytesPerSecond: number;
}

export interface Machine {
  readonly node: string;
  readonly processor: string;
  readonly device: string;
  readonly threads: number;
}

/** What trials are compared by: PSNR on the validation part in the units of the data, whatever the normalisation. */
export function scoreOf({ measured }: Result): number {
  return measured?.validation.psnr ?? Number.NEGATIVE_INFINITY;
}
