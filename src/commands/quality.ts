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

/** "52.1 dB", or "exact". */
export function formatDecibels(psnr: number): string {
  return Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : 'exact';
}

export function qualityOf({ count, squared, largest, minimum, maximum }: ErrorSums): Quality {
  if (count === 0) return { maxError: 0, rmse: 0, range: 0, psnr: Number.POSITIVE_INFINITY };
  const rmse = Math.sqrt(squared / count);
  const range = Math.min(maximum - minimum, Number.MAX_VALUE);
  return {
    maxError: largest,
    rmse,
    range,
    psnr: rmse === 0 ? Number.POSITIVE_INFINITY : 20 * (Math.log10(range) - Math.log10(rmse)),
  };
}
