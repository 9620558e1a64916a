import type { ErrorSums } from './compress/result.js';

/** Errors of a reconstruction, in the units of the data. */
export interface Quality {
  readonly maxError: number;
  readonly rmse: number;
  /** Largest minus smallest value. */
  readonly range: number;
  /** 20·log10(range / rmse) in dB; infinite where there is no error. */
  readonly psnr: number;
}

/** "52.1 dB", "exact" where there is no error, "–" where there is no range to compare one with. */
export function formatDecibels(psnr: number): string {
  if (psnr === Number.POSITIVE_INFINITY) return 'exact';
  return Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : '–';
}

export function qualityOf({ count, unit, squared, largest, minimum, maximum }: ErrorSums): Quality {
  if (count === 0) return { maxError: 0, rmse: 0, range: 0, psnr: Number.POSITIVE_INFINITY };
  const range = Math.min(maximum - minimum, Number.MAX_VALUE);
  return {
    maxError: largest,
    rmse: unit * Math.sqrt(squared / count),
    range,
    psnr:
      squared === 0
        ? Number.POSITIVE_INFINITY
        : 20 * (Math.log10(range) - Math.log10(unit)) - 10 * Math.log10(squared / count),
  };
}
