/** Planes of variables of any size, put together from the boxes that are decoded at a time. Pure. */
import { type Box, product, type Range, whole } from '../io/boxes.js';
import { type Axis, planeAxes, type Slice } from './slice.js';

/** A plane of one of the volumes that the last three axes of a variable are. */
export interface Plane {
  /** Number of the volume: the leading axes in row-major order. */
  readonly volume: number;
  readonly axis: Axis;
  readonly index: number;
}

/** A whole volume as a box of the variable. */
export function volumeBox(shape: readonly number[], volume: number): Box {
  return [...leadingIndices(shape, volume).map((i): Range => [i, i + 1]), ...whole(shape.slice(-3))];
}

/** The plane as a box of the variable. */
export function planeBox(shape: readonly number[], { volume, axis, index }: Plane): Box {
  return volumeBox(shape, volume).map((range, i) => (i === shape.length - 3 + axis ? [index, index + 1] : range));
}

/** Whether two boxes of one array have a place in common. */
export function overlap(a: Box, b: Box): boolean {
  return a.every(([start, stop], i) => start < b[i]![1] && b[i]![0] < stop);
}

/** Copies what `values` of `box`, a box of the variable, hold of the plane into `target`, the whole plane. */
export function copyPlane(
  values: Slice['values'],
  box: Box,
  shape: readonly number[],
  plane: Plane,
  target: Slice,
): void {
  const wanted = planeBox(shape, plane);
  if (!overlap(box, wanted)) return;
  const sizes = box.map(([start, stop]) => stop - start);
  const strides = sizes.map((_, i) => product(sizes.slice(i + 1)));
  const first = box.reduce((sum, [start], i) => sum + Math.max(0, wanted[i]![0] - start) * strides[i]!, 0);
  const lead = shape.length - 3;
  const [rows, columns] = planeAxes(plane.axis).map((axis) => lead + axis) as [number, number];
  for (let row = 0; row < sizes[rows]!; row++) {
    const from = first + row * strides[rows]!;
    const to = (box[rows]![0] + row) * target.columns + box[columns]![0];
    for (let column = 0; column < sizes[columns]!; column++)
      target.values[to + column] = values[from + column * strides[columns]!]!;
  }
}

/** Indices on the leading axes of a volume's number. */
function leadingIndices(shape: readonly number[], volume: number): number[] {
  const leading = shape.slice(0, -3);
  return leading.map((size, i) => Math.floor(volume / product(leading.slice(i + 1))) % size);
}
