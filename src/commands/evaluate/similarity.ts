import type { Values } from '../../io/blocks.js';
import type { Extent } from './measure.js';

/**
 * Structural similarity in three dimensions: Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, Image quality assessment: from
 * error visibility to structural similarity, IEEE Trans. Image Processing 13(4), 2004, equations 13 to 16. In each window
 *
 *     (2 μx μy + C1) (2 σxy + C2) / ((μx² + μy² + C1) (σx² + σy² + C2)),   C1 = 0.01², C2 = 0.03²
 *
 * with means and (co)variances under Gaussian weights of σ = 1.5 nodes. Two things are not as there, for fields and small blocks: values are first scaled
 * to [0, 1] by the extent (as A. H. Baker, A. Pinard and D. M. Hammerling do, DSSIM: a structural similarity index for floating-point
 * data, 2022), so that L = 1; and a window has 5³ nodes, not 11², since 11 do not fit into an octant of 7.
 * An axis shorter than 5 is one window wide.
 */
const windowSize = 5;
const sigmaNodes = 1.5;
const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

const weightsByLength = Array.from({ length: windowSize + 1 }, (_, length) => gaussian(length));

/** Nodes that are looked at together: what is needed besides stays small, and in the processor's cache. */
const nodesAtOnce = 2 ** 16;

/** Windows, and the sum of the similarity over them. */
interface Similarity {
  windows: number;
  similarity: number;
}

/** Of all windows that lie in a volume [z, y, x]; those with values that are not finite are left out. */
export function similarityOf(x: Values, y: Values, shape: readonly number[], extent: Extent): Similarity {
  const [nz, ny, nx] = shape;
  const overlap = Math.min(windowSize, nz) - 1;
  const planes = Math.max(1, Math.floor(nodesAtOnce / (ny * nx)) - overlap);
  const result = { windows: 0, similarity: 0 };
  for (let start = 0; start + overlap < nz; start += planes) {
    const end = Math.min(nz, start + planes + overlap);
    const [a, b] = [x, y].map((values) => values.subarray(start * ny * nx, end * ny * nx));
    addWindows(result, a, b, [end - start, ny, nx], extent);
  }
  return result;
}

/** Adds those of some planes to `result`. */
function addWindows(
  result: Similarity,
  x: Values,
  y: Values,
  shape: readonly number[],
  { smallest, range }: Extent,
): void {
  const count = x.length;
  // Of x and y, each square and the product.
  const fields = Array.from({ length: 5 }, () => new Float64Array(count));
  // A constant variable: all differences are 0.
  const divisor = range === 0 ? 1 : range;
  for (let i = 0; i < count; i++) {
    const a = (x[i] - smallest) / divisor;
    const b = (y[i] - smallest) / divisor;
    fields[0][i] = a;
    fields[1][i] = b;
    fields[2][i] = a * a;
    fields[3][i] = b * b;
    fields[4][i] = a * b;
  }
  const [meanA, meanB, squareA, squareB, productAB] = fields.map((field) => smooth(field, shape));
  for (let i = 0; i < meanA.length; i++) {
    const ma = meanA[i];
    const mb = meanB[i];
    const covariance = productAB[i] - ma * mb;
    const variances = squareA[i] - ma * ma + squareB[i] - mb * mb;
    const index = ((2 * ma * mb + c1) * (2 * covariance + c2)) / ((ma * ma + mb * mb + c1) * (variances + c2));
    if (!Number.isFinite(index)) continue;
    result.windows++;
    result.similarity += index;
  }
}

/** Weighted means over all windows that lie in the volume, axis by axis from the last. */
function smooth(values: Float64Array, shape: readonly number[]): Float64Array {
  let [current, size] = [values, [...shape]];
  for (const axis of [2, 1, 0]) {
    const weights = weightsByLength[Math.min(windowSize, size[axis])];
    const outer = size.slice(0, axis).reduce((product, n) => product * n, 1);
    const inner = size.slice(axis + 1).reduce((product, n) => product * n, 1);
    const count = size[axis] - weights.length + 1;
    const next = new Float64Array(outer * count * inner);
    for (let o = 0; o < outer; o++)
      for (let place = 0; place < count; place++)
        for (let i = 0; i < inner; i++) {
          let sum = 0;
          for (let w = 0; w < weights.length; w++)
            sum += weights[w] * current[(o * size[axis] + place + w) * inner + i];
          next[(o * count + place) * inner + i] = sum;
        }
    current = next;
    size = size.map((n, index) => (index === axis ? count : n));
  }
  return current;
}

/** Weights exp(−(distance from the middle)² / 2σ²), their sum 1. */
function gaussian(length: number): number[] {
  const weights = Array.from({ length }, (_, i) => Math.exp(-((i - (length - 1) / 2) ** 2) / (2 * sigmaNodes ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
