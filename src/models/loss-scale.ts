/**
 * The multiple at which the loss is differentiated in mixed precision, so that small gradients are no zeros in float16: it
 * is halved when a gradient overflows, and that step is left out; it is doubled after many steps without (Micikevicius et
 * al., Mixed precision training, ICLR 2018, section 3.2).
 */
export interface LossScale {
  readonly value: number;
  /** Steps since it was changed. */
  readonly stepsSince: number;
}

const stepsToDouble = 1000;

export const firstLossScale: LossScale = { value: 2 ** 15, stepsSince: 0 };

export function nextLossScale({ value, stepsSince }: LossScale, overflowed: boolean): LossScale {
  if (overflowed) return { value: Math.max(1, value / 2), stepsSince: 0 };
  if (stepsSince + 1 < stepsToDouble) return { value, stepsSince: stepsSince + 1 };
  return { value: Math.min(2 ** 24, value * 2), stepsSince: 0 };
}
