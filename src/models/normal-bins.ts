export interface NormalBins {
  /** Of each bin, from the highest to the lowest. */
  readonly means: Float64Array;
  /** Mean variance within a bin. */
  readonly variance: number;
}

/**
 * The standard normal distribution in bins of equal probability. Numbers x₁ ≥ x₂ ≥ …, one for each bin, are at the squared Wasserstein-2
 * distance mean (xᵢ − meanᵢ)² + variance from the distribution itself (the squared difference of their quantile functions, integrated:
 * Peyré and Cuturi, Computational Optimal Transport, 2019, remark 2.30).
 */
export function normalBins(count: number): NormalBins {
  const means = new Float64Array(count);
  // Outwards from the middle, the upper half mirrored. A mean is the integral of x·φ(x), which is −φ(x), over the bin's probability.
  let edge = count % 2 === 0 ? 0 : lowerQuantile(0.5 - 0.5 / count, 0);
  for (let bin = Math.ceil(count / 2); bin < count; bin++) {
    const next = bin === count - 1 ? Number.NEGATIVE_INFINITY : lowerQuantile(1 - (bin + 1) / count, edge);
    means[bin] = count * (density(next) - density(edge));
    means[count - 1 - bin] = -means[bin];
    edge = next;
  }
  return { means, variance: 1 - means.reduce((sum, mean) => sum + mean * mean, 0) / count };
}

function density(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** Where the standard normal distribution reaches `probability`, at most ½: Newton's method down from `start`, where it is above it and convex. */
function lowerQuantile(probability: number, start: number): number {
  for (let x = start; ; ) {
    const next = x - (distribution(x) - probability) / density(x);
    if (!(next < x)) return x;
    x = next;
  }
}

/** Φ(x) by its Taylor series (Marsaglia, Evaluating the normal distribution, J. Stat. Software 11(4), 2004), to about 1e-16. */
function distribution(x: number): number {
  let sum = x;
  let term = x;
  for (let i = 3; ; i += 2) {
    term *= (x * x) / i;
    if (sum + term === sum) return 0.5 + sum * density(x);
    sum += term;
  }
}
