import type { Row } from './measure.js';

/** Time of a message of s bytes as α + s/β. */
export interface LineFit {
  /** α */
  readonly latencyMicroseconds: number;
  /** β in GB/s (10⁹ bytes). Undefined where the time does not grow with the size. */
  readonly bandwidth: number | undefined;
  /** Root of the mean square of (fitted − measured) / measured. */
  readonly relativeError: number;
}

export interface Point {
  readonly bytes: number;
  readonly microseconds: number;
}

/**
 * Least squares of the relative errors: α and γ = 1/β, both from 0, that minimise Σ ((α + γ sᵢ − tᵢ) / tᵢ)². The times span
 * some decades: absolute errors would leave α to the noise of the largest sizes. Solved by the normal equations with weights
 * 1/tᵢ²; where the minimum has a negative α or γ, that is 0 and the other is fitted alone. Undefined for fewer than two sizes.
 */
export function fitLine(points: readonly Point[]): LineFit | undefined {
  if (points.length < 2) return undefined;
  // Each row divided by tᵢ: α uᵢ + γ vᵢ should be 1.
  const rows = points.map(({ bytes, microseconds }) => ({ u: 1 / microseconds, v: bytes / microseconds }));
  const sum = (term: (row: { u: number; v: number }) => number) => rows.reduce((total, row) => total + term(row), 0);
  const [uu, uv, vv] = [sum(({ u }) => u * u), sum(({ u, v }) => u * v), sum(({ v }) => v * v)];
  const [u1, v1] = [sum(({ u }) => u), sum(({ v }) => v)];
  const determinant = uu * vv - uv * uv;
  let alpha = (u1 * vv - v1 * uv) / determinant;
  let gamma = (v1 * uu - u1 * uv) / determinant;
  if (alpha < 0) [alpha, gamma] = [0, v1 / vv];
  else if (gamma < 0) [alpha, gamma] = [u1 / uu, 0];
  const squares = sum(({ u, v }) => (alpha * u + gamma * v - 1) ** 2);
  return {
    latencyMicroseconds: alpha,
    // 10³ bytes/µs are 1 GB/s.
    bandwidth: gamma > 0 ? 1 / (1e3 * gamma) : undefined,
    relativeError: Math.sqrt(squares / points.length),
  };
}

/** Of what was measured at several sizes. */
export function fitRows(rows: readonly Row[]): LineFit | undefined {
  return fitLine(rows.map(({ bytes, avgMicroseconds }) => ({ bytes, microseconds: avgMicroseconds })));
}
