import type { Merits } from './pareto.js';
import type { Measured } from './result.js';
import type { Trial } from './trials.js';

/** A trial that has come to the end of a rung at least, with a reconstruction that can be judged. */
export interface MeasuredTrial extends Trial {
  readonly measured: Measured;
  /** On the validation part, in dB. */
  readonly psnr: number;
  /** There and back, in GB/s of float32 values. */
  readonly speed: number;
}

export function measuredTrials(trials: readonly Trial[]): MeasuredTrial[] {
  return trials.flatMap((trial) => {
    const measured = trial.result?.measured;
    const psnr = measured?.validation.psnr ?? undefined;
    return measured && psnr !== undefined ? [{ ...trial, measured, psnr, speed: roundTripSpeed(measured) }] : [];
  });
}

function roundTripSpeed({ speed }: Measured): number {
  return 1 / (1 / speed.encodeGigabytesPerSecond + 1 / speed.decodeGigabytesPerSecond);
}

/** Quality, ratio and speed. */
export function meritsOf({ psnr, measured, speed }: MeasuredTrial): Merits {
  return [psnr, measured.ratio, speed];
}
