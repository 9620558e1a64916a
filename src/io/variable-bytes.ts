import { product } from './boxes.js';

interface Extent {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'float64';
}

export function bytesPerValue(dtype: Extent['dtype']): number {
  return dtype === 'float64' ? 8 : 4;
}

export function bytesOf({ shape, dtype }: Extent): number {
  return product(shape) * bytesPerValue(dtype);
}
