import type { Shape } from '../../models/summary.js';
import { coordinate } from '../svg-page.js';

/**
 * A tensor as a box in oblique projection: as long as its channels, as high and as deep as its grid. Plain features are the
 * channels of a grid of 1.
 */
export interface Cuboid {
  readonly side: number;
  /** Of the front face, in pixels. */
  readonly width: number;
  readonly height: number;
  /** By how much the back stands higher and to the right. */
  readonly depth: number;
}

/** What the column of boxes has room for. */
const longest = 220;

/** Powers below 1: a decoder has grids of 2 and of 32, and 1 to 2048 channels. */
export function cuboidOf({ side = 1, channels }: Shape): Cuboid {
  const height = 9 * side ** 0.55;
  return { side, width: Math.min(longest, 8 * channels ** 0.4), height, depth: 0.55 * height };
}

export function fullHeight({ height, depth }: Cuboid): number {
  return height + depth;
}

/** The middle of the whole, back included, is at (x, y). */
export function drawCuboid(cuboid: Cuboid, x: number, y: number, part: string): string {
  const { width, height, depth } = cuboid;
  const left = x - (width + depth) / 2;
  const top = y - (height + depth) / 2 + depth;
  /** a along the channels, b downwards, c to the back: each from 0 to 1. */
  const at = (a: number, b: number, c: number) =>
    `${coordinate(left + a * width + c * depth)} ${coordinate(top + b * height - c * depth)}`;
  const face = (name: string, ...corners: string[]) => `<path class="${name}" d="M${corners.join('L')}Z"/>`;
  return [
    `<g class="${part}">`,
    face('front', at(0, 0, 0), at(1, 0, 0), at(1, 1, 0), at(0, 1, 0)),
    face('top', at(0, 0, 0), at(0, 0, 1), at(1, 0, 1), at(1, 0, 0)),
    face('end', at(1, 0, 0), at(1, 0, 1), at(1, 1, 1), at(1, 1, 0)),
    ...drawGrid(cuboid, at),
    '</g>',
  ].join('');
}

/** Lines between the nodes, where they can be told apart. */
function drawGrid({ side, depth }: Cuboid, at: (a: number, b: number, c: number) => string): string[] {
  if (side === 1 || depth / side < 1.8) return [];
  const lines = Array.from({ length: side - 1 }, (_, i) => (i + 1) / side).flatMap((t) => [
    `M${at(0, t, 0)}L${at(1, t, 0)}L${at(1, t, 1)}`,
    `M${at(0, 0, t)}L${at(1, 0, t)}L${at(1, 1, t)}`,
  ]);
  return [`<path class="grid" d="${lines.join('')}"/>`];
}
