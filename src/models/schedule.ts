import type { StepRates } from './optimiser.js';

export const schedules = ['constant', 'cosine'] as const;
export type Schedule = (typeof schedules)[number];

export interface ScheduleOptions {
  schedule: Schedule;
  /** Learning rate after the warm-up. */
  learningRate: number;
  warmupSteps: number;
  totalSteps: number;
}

const finalEpsilon = 1e-8;
const firstEpsilon = 1e-4;

/** The learning rate and Adam's ε of a step (counted from 0). */
export function ratesAt(step: number, options: ScheduleOptions): StepRates {
  return { learningRate: learningRateAt(step, options), epsilon: epsilonAt(step, options) };
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
 * It rises linearly over the warm-up (Goyal et al., Accurate, large minibatch
 * SGD, 2017, section 2.2), then stays, or falls to 0 along half a cosine (Loshchilov and Hutter, SGDR, ICLR 2017, eq. 5).
 */
function learningRateAt(step: number, { schedule, learningRate, warmupSteps, totalSteps }: ScheduleOptions): number {
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  if (schedule === 'constant') return learningRate;
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  return (learningRate * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2;
}
