/** Latents are counted in intervals of this width; those beyond the ends, in the last ones. */
const width = 0.25;
const most = 5;
const intervals = (2 * most) / width;

export const latentEdges: readonly number[] = Array.from({ length: intervals + 1 }, (_, i) => -most + i * width);

/** Of latents [rows, L]: for each of them how many rows are in each interval. */
export function countLatents(latents: Float32Array, latentSize: number): number[][] {
  const counts = Array.from({ length: latentSize }, () => new Array<number>(intervals).fill(0));
  for (let i = 0; i < latents.length; i++) {
    const interval = Math.floor((latents[i] + most) / width);
    counts[i % latentSize][Math.max(0, Math.min(intervals - 1, interval))]++;
  }
  return counts;
}

/** Gives the sum; either may be of nothing at all. */
export function addLatentCounts(one: readonly number[][], other: readonly number[][]): number[][] {
  if (one.length === 0 || other.length === 0) return [...one, ...other];
  return one.map((counts, latent) => counts.map((count, i) => count + other[latent][i]));
}
