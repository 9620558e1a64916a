/**
 * What errors are computed from: sums over values, so that those of a whole are those of its parts put together. Added in a fixed
 * order they are the same, bit for bit, whoever has made the parts.
 */

/** How a sum of a whole comes from those of two parts. `moment`: see `addMoments`. */
type Kind = 'sum' | 'largest' | 'smallest' | 'moment';

/** x: original, y: reconstruction, d = y − x. Only values that are finite in both are in the sums, but for the last two. */
const kinds = {
  count: 'sum',
  /** Σ d² */
  squared: 'sum',
  /** max |d| */
  maxError: 'largest',
  /** The same of d / range, with the range of each variable in its file. */
  squaredInRanges: 'sum',
  maxErrorInRanges: 'largest',
  /** Values x = 0: they have no relative error. */
  zeros: 'sum',
  /** Σ |d| / |x| over the others, and the largest. */
  relative: 'sum',
  maxRelative: 'largest',
  /** Windows of the structural similarity, and its sum over them. */
  windows: 'sum',
  similarity: 'sum',
  /** Means, and Σ (x − mean)², Σ (y − mean)², Σ (x − mean)(y − mean). */
  meanX: 'moment',
  meanY: 'moment',
  centralXX: 'moment',
  centralYY: 'moment',
  centralXY: 'moment',
  minX: 'smallest',
  maxX: 'largest',
  minY: 'smallest',
  maxY: 'largest',
  /** Values ≤ 0. */
  notPositiveX: 'sum',
  notPositiveY: 'sum',
  /** Values x that are NaN or infinite. */
  notFinite: 'sum',
  /** Those that are not there as they were, and finite ones that have become NaN or infinite. */
  notRestored: 'sum',
} as const satisfies Record<string, Kind>;

export type SumKey = keyof typeof kinds;
export type Sums = Record<SumKey, number>;

export const sumKeys = Object.keys(kinds) as SumKey[];

const start: Record<Kind, number> = {
  sum: 0,
  largest: Number.NEGATIVE_INFINITY,
  smallest: Number.POSITIVE_INFINITY,
  moment: 0,
};

export function emptySums(): Sums {
  return Object.fromEntries(sumKeys.map((key) => [key, start[kinds[key]]])) as Sums;
}

/** Adds `more` to `sums`. */
export function addSums(sums: Sums, more: Readonly<Sums>): void {
  addMoments(sums, more);
  for (const key of sumKeys) {
    if (kinds[key] === 'sum') sums[key] += more[key];
    else if (kinds[key] === 'largest') sums[key] = Math.max(sums[key], more[key]);
    else if (kinds[key] === 'smallest') sums[key] = Math.min(sums[key], more[key]);
  }
}

/**
 * With n = nA + nB and δ = meanB − meanA: mean = meanA + δ nB/n, and a central sum is the parts' own plus δx δy nA nB/n (Chan, Golub
 * and LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979). Powers of the values themselves would
 * lose the digits of a metric component, 1 + 1e-6·wave.
 */
function addMoments(sums: Sums, more: Readonly<Sums>): void {
  const count = sums.count + more.count;
  if (more.count === 0) return;
  const weight = (sums.count / count) * more.count;
  const [deltaX, deltaY] = [more.meanX - sums.meanX, more.meanY - sums.meanY];
  sums.centralXX += more.centralXX + deltaX * deltaX * weight;
  sums.centralYY += more.centralYY + deltaY * deltaY * weight;
  sums.centralXY += more.centralXY + deltaX * deltaY * weight;
  sums.meanX += (deltaX * more.count) / count;
  sums.meanY += (deltaY * more.count) / count;
}
