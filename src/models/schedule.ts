export const schedules = ['constant', 'cosine'] as const;
export type Schedule = (typeof schedules)[number];

export interface ScheduleOptions {
  schedule: Schedule;
  /** Learning rate after the warm-up. */
  learningRate: number;
  warmupSteps: number;
  totalSteps: number;
}

/**
 * The learning rate of a step (counted from 0): rises linearly over the warm-up (Goyal et al., Accurate, large minibatch
 * SGD, 2017, section 2.2), then stays, or falls to 0 along half a cosine (Loshchilov and Hutter, SGDR, ICLR 2017, eq. 5).
 */
export function learningRateAt(
  step: number,
  { schedule, learningRate, warmupSteps, totalSteps }: ScheduleOptions,
): number {
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  if (schedule === 'constant') return learningRate;
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  return (learningRate * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2;
}
