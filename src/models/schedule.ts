import type { StepRates } from './optimiser.js';

export const schedules = ['constant', 'cosine', 'plateau'] as const;
export type Schedule = (typeof schedules)[number];

export interface ScheduleOptions {
  schedule: Schedule;
  /** Learning rate after the warm-up. */
  learningRate: number;
  warmupSteps: number;
  totalSteps: number;
}

/** Blocks of the batch for which a learning rate is meant that is scaled. */
const referenceBatch = 256;

/** Linear scaling: k times the batch, k times the rate (Goyal et al., Accurate, large minibatch SGD, 2017, section 2.1). */
export function scaledRate(learningRate: number, batchSize: number): number {
  return (learningRate * batchSize) / referenceBatch;
}

const finalEpsilon = 1e-8;
const firstEpsilon = 1e-4;

/** The learning rate and Adam's ε of a step (counted from 0); `reduction`: what a plateau has made of the rate. */
export function ratesAt(step: number, options: ScheduleOptions, reduction = 1): StepRates {
  return { learningRate: reduction * learningRateAt(step, options), epsilon: epsilonAt(step, options) };
}

/**
 * ε falls linearly over the warm-up. At first some units are active for one block of a batch or none; whether that block
 * counts hangs on rounding, and with a small ε Adam would turn its gradient, however small, into a full step: runs on
 * different numbers of ranks, which sum in another order, would soon part.
 */
function epsilonAt(step: number, { warmupSteps }: ScheduleOptions): number {
  return finalEpsilon + (step < warmupSteps ? firstEpsilon * (1 - step / warmupSteps) : 0);
}

/**
 * It rises linearly over the warm-up (Goyal et al., section 2.2), then stays, or falls to 0 along half a cosine (Loshchilov
 * and Hutter, SGDR, ICLR 2017, eq. 5).
 */
function learningRateAt(step: number, { schedule, learningRate, warmupSteps, totalSteps }: ScheduleOptions): number {
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  if (schedule !== 'cosine') return learningRate;
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  return (learningRate * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2;
}

/** How often and how far the `plateau` schedule has gone down. */
export interface Plateau {
  /** Factor of the learning rate. */
  readonly reduction: number;
  /** Epochs since the validation error fell, or since the last reduction. */
  readonly epochsSince: number;
}

export const noPlateau: Plateau = { reduction: 1, epochsSince: 0 };

/** After an epoch: the rate is halved when the validation error has not fallen for more than `patience` epochs. */
export function afterEpoch({ reduction, epochsSince }: Plateau, better: boolean, patience: number): Plateau {
  if (better) return { reduction, epochsSince: 0 };
  if (epochsSince + 1 > patience) return { reduction: reduction / 2, epochsSince: 0 };
  return { reduction, epochsSince: epochsSince + 1 };
}
