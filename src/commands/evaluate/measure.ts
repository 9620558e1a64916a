import type { Values } from '../../io/blocks.js';
import { similarityOf } from './similarity.js';
import { emptySums, type Sums } from './sums.js';

/** The smallest value of a variable and the range of its values: what errors are compared with. */
export interface Extent {
  readonly smallest: number;
  readonly range: number;
}

/**
 * The sums of one volume [z, y, x] and its reconstruction. An extent whose range is not a number leaves out what needs it: errors in ranges
 * and similarity.
 */
export function measureVolume(x: Values, y: Values, shape: readonly number[], extent: Extent): Sums {
  const sums = emptySums();
  addErrors(sums, x, y, extent.range);
  setMoments(sums, x, y);
  if (Number.isFinite(extent.range)) Object.assign(sums, similarityOf(x, y, shape, extent));
  return sums;
}

function addErrors(sums: Sums, x: Values, y: Values, range: number): void {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    const restored = y[i];
    if (!Number.isFinite(value)) sums.notFinite++;
    if (!Number.isFinite(value) || !Number.isFinite(restored)) {
      if (!Object.is(value, restored)) sums.notRestored++;
      continue;
    }
    const error = Math.abs(restored - value);
    // A constant variable has no range: what is exact there has no error in ranges either.
    const inRanges = error === 0 ? 0 : error / range;
    sums.count++;
    sums.squared += error * error;
    sums.squaredInRanges += inRanges * inRanges;
    if (error > sums.maxError) sums.maxError = error;
    if (inRanges > sums.maxErrorInRanges) sums.maxErrorInRanges = inRanges;
    if (value === 0) sums.zeros++;
    else {
      const relative = error / Math.abs(value);
      sums.relative += relative;
      if (relative > sums.maxRelative) sums.maxRelative = relative;
    }
    if (value < sums.minX) sums.minX = value;
    if (value > sums.maxX) sums.maxX = value;
    if (restored < sums.minY) sums.minY = restored;
    if (restored > sums.maxY) sums.maxY = restored;
    if (value <= 0) sums.notPositiveX++;
    if (restored <= 0) sums.notPositiveY++;
  }
}

/**
 * In two passes: differences from the mean have all their digits. The mean itself is taken of differences from the first value, so that
 * of equal values it is exactly theirs.
 */
function setMoments(sums: Sums, x: Values, y: Values): void {
  const isCounted = (i: number) => Number.isFinite(x[i]) && Number.isFinite(y[i]);
  let first = 0;
  while (first < x.length && !isCounted(first)) first++;
  if (first === x.length) return;
  for (let i = first; i < x.length; i++) {
    if (!isCounted(i)) continue;
    sums.meanX += (x[i] - x[first]) / sums.count;
    sums.meanY += (y[i] - y[first]) / sums.count;
  }
  sums.meanX += x[first];
  sums.meanY += y[first];
  for (let i = first; i < x.length; i++) {
    if (!isCounted(i)) continue;
    const dx = x[i] - sums.meanX;
    const dy = y[i] - sums.meanY;
    sums.centralXX += dx * dx;
    sums.centralYY += dy * dy;
    sums.centralXY += dx * dy;
  }
}
