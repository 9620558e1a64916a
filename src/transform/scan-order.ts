/** The order in which the coefficients of a k³ block are coded: by the sum of their degrees. */

export interface Scan {
  /** [k³] Place of each coefficient in the block [degree in z, in y, in x]. */
  readonly place: Uint16Array;
  /** [k³] Sum of degrees. */
  readonly degree: Uint8Array;
  /** [3k − 1] Where each shell (equal sums) begins; the last number is k³. */
  readonly start: Uint16Array;
  /** [k³, 3] For each axis, who has one degree less there; 0 (the mean, which counts as nobody) where there is no such one. */
  readonly lower: Uint16Array;
  /** [k³, 3] Two degrees less. */
  readonly lowest: Uint16Array;
  /** [k³, 3] One less on an axis and one more on the next, where that comes earlier. */
  readonly beside: Uint16Array;
}

type Degrees = readonly [number, number, number];

/** Shells one after the other; in a shell by the largest degree, then by those in y and x. */
export function scanOrder(k: number): Scan {
  const all: Degrees[] = [];
  for (let z = 0; z < k; z++) for (let y = 0; y < k; y++) for (let x = 0; x < k; x++) all.push([z, y, x]);
  const sum = (d: Degrees) => d[0] + d[1] + d[2];
  all.sort((a, b) => sum(a) - sum(b) || Math.max(...a) - Math.max(...b) || a[1] - b[1] || a[2] - b[2]);
  const key = (d: readonly number[]) => (d[0] * k + d[1]) * k + d[2];
  const position = new Map(all.map((degrees, index) => [key(degrees), index]));
  const neighbours = (shift: (degrees: number[], axis: number) => void) =>
    Uint16Array.from(
      all.flatMap((degrees, index) =>
        [0, 1, 2].map((axis) => {
          const shifted = [...degrees];
          shift(shifted, axis);
          const found = shifted.every((d) => d >= 0 && d < k) ? position.get(key(shifted))! : 0;
          return found < index ? found : 0;
        }),
      ),
    );
  const degree = Uint8Array.from(all, sum);
  return {
    place: Uint16Array.from(all, key),
    degree,
    start: Uint16Array.from({ length: 3 * k - 1 }, (_, shell) => all.filter((d) => sum(d) < shell).length),
    lower: neighbours((degrees, axis) => {
      degrees[axis] -= 1;
    }),
    lowest: neighbours((degrees, axis) => {
      degrees[axis] -= 2;
    }),
    beside: neighbours((degrees, axis) => {
      degrees[axis] -= 1;
      degrees[(axis + 1) % 3] += 1;
    }),
  };
}

/** Number of shells of coefficients in scan order: 0 where all but the first vanish, else the largest sum of degrees plus 1. */
export function shellsOf({ degree }: Scan, coefficients: Int32Array): number {
  let last = coefficients.length - 1;
  while (last > 0 && coefficients[last] === 0) last--;
  return last === 0 ? 0 : degree[last] + 1;
}
