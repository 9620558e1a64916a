/** Planes through volumes. Pure: both pages and the worker use it. */

export type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** Axes of a volume in the order of its shape. */
export const axisNames = ['z', 'y', 'x'] as const;
export type Axis = 0 | 1 | 2;

/** A plane of values, [rows, columns]. */
export interface Slice {
  readonly values: Numbers;
  readonly rows: number;
  readonly columns: number;
}

export type Extremes = readonly [smallest: number, largest: number];

/** The two axes that a plane across `axis` has: that of its rows and that of its columns. */
export function planeAxes(axis: Axis): readonly [rows: Axis, columns: Axis] {
  return ([0, 1, 2] as const).filter((other) => other !== axis) as unknown as readonly [Axis, Axis];
}

/** The plane of a volume [z, y, x] across `axis` at `index`. */
export function sliceOf(volume: Numbers, shape: readonly number[], axis: Axis, index: number): Slice {
  const strides = [shape[1]! * shape[2]!, shape[2]!, 1];
  const [rowAxis, columnAxis] = planeAxes(axis);
  const [rows, columns] = [shape[rowAxis]!, shape[columnAxis]!];
  const values = emptyLike(volume, rows * columns);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    const start = index * strides[axis]! + row * strides[rowAxis]!;
    for (let column = 0; column < columns; column++) values[next++] = volume[start + column * strides[columnAxis]!]!;
  }
  return { values, rows, columns };
}

/** Reconstruction − original. */
export function errorOf(reconstruction: Slice, original: Slice): Slice {
  const values = Float64Array.from(reconstruction.values, (value, i) => value - original.values[i]!);
  return { ...reconstruction, values };
}

/** Of a volume of errors: the index on `axis` of the plane that holds the largest one. NaN counts as none. */
export function worstPlane(errors: ArrayLike<number>, shape: readonly number[], axis: Axis): number {
  let [worst, largest] = [0, 0];
  for (let i = 0; i < errors.length; i++) {
    const size = Math.abs(errors[i]!);
    if (size > largest) [worst, largest] = [i, size];
  }
  const stride = [shape[1]! * shape[2]!, shape[2]!, 1][axis]!;
  return Math.floor(worst / stride) % shape[axis]!;
}

/** Of the finite values; undefined where there are none. */
export function extremesOf(...parts: readonly Numbers[]): Extremes | undefined {
  let [smallest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const values of parts) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
    }
  }
  return smallest <= largest ? [smallest, largest] : undefined;
}

function emptyLike(values: Numbers, length: number): Numbers {
  return values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
