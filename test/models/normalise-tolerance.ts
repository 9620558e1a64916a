import type { Normalisation } from '../../src/models/normalise.js';
import type { BlockType } from '../../src/models/swae.js';

export type Block = readonly number[];

/** Largest and smallest positive number of a type, and the distance from 1 to the next. */
export const limits: Record<BlockType, { largest: number; smallest: number; epsilon: number }> = {
  float32: { largest: (2 - 2 ** -23) * 2 ** 127, smallest: 2 ** -149, epsilon: 2 ** -23 },
  float64: { largest: Number.MAX_VALUE, smallest: Number.MIN_VALUE, epsilon: Number.EPSILON },
};

/**
 * How far a value may be from where it was after normalisation and its inverse. In between there is u = f(t), float32,
 * rounded by at most ε = 2⁻²³ (a few of them: log, division, exp):
 *
 * - minmax, and where pos_log is straight: x̂ − x = range·δu ≤ 2ε·range
 * - pos_log: x̂ = minimum + b·(e^(u·s) − 1), b = range / c, s = log(1 + c): x̂ − x = (x − minimum + b)·s·δu, and the rounding
 *   of e^(u·s) and of 1 + c·t, each (x − minimum + b)·ε.
 *
 * The last addition, in the type of the block, rounds by its own ε, and nothing is finer than its smallest number.
 */
export function tolerance(block: Block, method: Normalisation, type: BlockType): (x: number) => number {
  const least = Math.min(...block);
  const range = Math.max(...block) - least;
  const { epsilon, smallest } = limits[type];
  const single = limits.float32.epsilon;
  const steepness = least > 0 ? Math.min(range / least, 1e30) : 1;
  const rounding = (x: number) => epsilon * (Math.abs(x) + Math.abs(least)) + 2 * smallest;
  // What is above minimum + range, rounded, is cut off.
  if (method === 'none') return (x) => single * Math.abs(x) + rounding(x) + 2 * limits.float32.smallest;
  // u is rounded relative to itself, and so are deviation and mean, in the type; nothing is larger than the range.
  if (method === 'zscore') return (x) => 2 * single * range + 4 * rounding(x);
  if (method === 'minmax' || steepness < 0.1) return (x) => 2 * single * range + rounding(x);
  const base = range / steepness;
  const factor = 3 * single * (1 + Math.log1p(steepness));
  return (x) => factor * (x - least) + factor * base + rounding(x);
}
