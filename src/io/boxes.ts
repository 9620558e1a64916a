/** Boxes (hyperslabs) of arrays. */

/** Half-open range [start, stop). */
export type Range = readonly [start: number, stop: number];

/** One range for each axis. */
export type Box = readonly Range[];

/**
 * Cuts an array in boxes of at most `maxItems` items (at least one), in row-major order. A box takes a range along one
 * axis, all of the axes behind it and one index of the axes before it, so its items are contiguous. Where it fits, boxes
 * begin at multiples of `unit(axis)`.
 */
export function cutBoxes(
  extents: readonly number[],
  maxItems: number,
  unit: (axis: number) => number = () => 1,
): Box[] {
  if (product(extents) === 0) return [];
  if (extents.length === 0) return [[]];
  let axis = 0;
  while (axis < extents.length - 1 && product(extents.slice(axis + 1)) > maxItems) axis += 1;
  const rest = extents.slice(axis + 1);
  const most = Math.max(1, Math.floor(maxItems / product(rest)));
  const step = most < unit(axis) ? most : most - (most % unit(axis));
  const boxes: Box[] = [];
  for (const prefix of indices(extents.slice(0, axis))) {
    for (let start = 0; start < extents[axis]!; start += step) {
      boxes.push([
        ...prefix.map((index): Range => [index, index + 1]),
        [start, Math.min(start + step, extents[axis]!)],
        ...whole(rest),
      ]);
    }
  }
  return boxes;
}

/** The box of a whole array. */
export function whole(extents: readonly number[]): Box {
  return extents.map((extent): Range => [0, extent]);
}

/** Items in a box. */
export function volume(box: Box): number {
  return product(box.map(length));
}

export function length([start, stop]: Range): number {
  return stop - start;
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

function* indices(extents: readonly number[]): Generator<number[]> {
  const [first, ...rest] = extents;
  if (first === undefined) {
    yield [];
    return;
  }
  for (let index = 0; index < first; index += 1) {
    for (const tail of indices(rest)) yield [index, ...tail];
  }
}
