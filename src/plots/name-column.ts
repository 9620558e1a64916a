import { spread } from './spread.js';

/** Of a line of text, in pixels. */
export const labelPixels = 14;

/** The points with the y at which their names stand in a column beside a linear axis: in their order, apart from one another. */
export function placeNames<Point>(
  points: readonly Point[],
  yOf: (point: Point) => number,
  [least, most]: readonly [number, number],
  axisPixels: number,
): (Point & { labelAt: number })[] {
  const sorted = [...points].sort((a, b) => yOf(b) - yOf(a));
  const gap = (labelPixels * (most - least)) / axisPixels;
  const places = spread(
    sorted.map((point) => -yOf(point)),
    gap,
    [-most, -least],
  );
  return sorted.map((point, i) => ({ ...point, labelAt: -places[i] }));
}

/** The values, and some room above and below, so that no point lies on the edge. */
export function withRoom(values: readonly number[], least: number): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(least, 0.06 * (high - low));
  return [low - room, high + room];
}
