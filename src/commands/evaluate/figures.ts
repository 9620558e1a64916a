import type { Sums } from './sums.js';

/** Errors as they are reported. Null: there is none (no values, a scale without range, several units), or it is infinite (the PSNR of exact values). */
export interface Figures {
  readonly count: number;
  readonly mse: number | null;
  readonly rmse: number | null;
  /** −10 log10 of the mean of ((y − x) / range)², in dB. */
  readonly psnr: number | null;
  readonly ssim: number | null;
  /** Pearson's. */
  readonly correlation: number | null;
  readonly maxError: number | null;
  /** In ranges. */
  readonly maxErrorInRanges: number | null;
  /** |y − x| / |x|, where x ≠ 0. */
  readonly meanRelative: number | null;
  readonly maxRelative: number | null;
  readonly zeros: number;
  /** Of the original and of the reconstruction. */
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly reconstructedMinimum: number | null;
  readonly reconstructedMaximum: number | null;
  readonly notPositive: number;
  readonly reconstructedNotPositive: number;
  readonly notFinite: number;
  readonly notRestored: number;
}

/** `inOneUnit`: false where the values are of several variables in their own units, so that sums in them mean nothing. */
export function figuresOf(sums: Readonly<Sums>, inOneUnit: boolean): Figures {
  const { count, zeros } = sums;
  const unit = (value: number) => (inOneUnit && count > 0 ? finite(value) : null);
  const mse = unit(sums.squared / count);
  return {
    count,
    mse,
    rmse: mse === null ? null : Math.sqrt(mse),
    psnr: finite(-10 * Math.log10(sums.squaredInRanges / count)),
    ssim: finite(sums.similarity / sums.windows),
    // Rounding may lead beyond 1.
    correlation: unit(Math.min(1, sums.centralXY / Math.sqrt(sums.centralXX) / Math.sqrt(sums.centralYY))),
    maxError: unit(sums.maxError),
    maxErrorInRanges: Number.isNaN(sums.squaredInRanges) ? null : finite(sums.maxErrorInRanges),
    meanRelative: finite(sums.relative / (count - zeros)),
    maxRelative: finite(sums.maxRelative),
    zeros,
    minimum: unit(sums.minX),
    maximum: unit(sums.maxX),
    reconstructedMinimum: unit(sums.minY),
    reconstructedMaximum: unit(sums.maxY),
    notPositive: sums.notPositiveX,
    reconstructedNotPositive: sums.notPositiveY,
    notFinite: sums.notFinite,
    notRestored: sums.notRestored,
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
