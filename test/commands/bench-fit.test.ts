import test from 'ava';
import fc from 'fast-check';
import { fitLine, type Point } from '../../src/commands/bench/mpi/fit.js';

const sizes = Array.from({ length: 21 }, (_, i) => 4 * 2 ** i);
const near = (got: number, expected: number, tolerance: number) => Math.abs(got - expected) <= tolerance * expected;

test('a line is found again', (t) => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      fc.double({ min: 0.01, max: 400, noNaN: true }),
      (alpha, beta) => {
        const fit = fitLine(sizes.map((bytes) => ({ bytes, microseconds: alpha + bytes / (1e3 * beta) })))!;
        t.true(near(fit.latencyMicroseconds, alpha, 1e-6), `${fit.latencyMicroseconds} ${alpha}`);
        t.true(near(fit.bandwidth!, beta, 1e-6), `${fit.bandwidth} ${beta}`);
        t.true(fit.relativeError < 1e-6);
      },
    ),
  );
});

test('every size counts alike: one per cent of noise moves α and β by no more than that', (t) => {
  const points = sizes.map((bytes, i) => ({ bytes, microseconds: (2 + bytes / 1e4) * (i % 2 === 0 ? 1.01 : 0.99) }));
  const fit = fitLine(points)!;
  t.true(near(fit.latencyMicroseconds, 2, 0.01));
  t.true(near(fit.bandwidth!, 10, 0.01));
  t.true(near(fit.relativeError, 0.01, 0.05));
});

/** Σ ((α + γ s − t) / t)² */
const errorOf = (points: readonly Point[], alpha: number, gamma: number) =>
  points.reduce((sum, { bytes, microseconds }) => sum + ((alpha + gamma * bytes) / microseconds - 1) ** 2, 0);

test('no α and γ from 0 near the fitted ones are better', (t) => {
  const times = fc.array(fc.double({ min: 0.1, max: 1000, noNaN: true }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(times, (list) => {
      const points = list.map((microseconds, i) => ({ bytes: sizes[i], microseconds }));
      const { latencyMicroseconds: alpha, bandwidth, relativeError } = fitLine(points)!;
      const gamma = bandwidth === undefined ? 0 : 1 / (1e3 * bandwidth);
      t.true(alpha >= 0 && gamma >= 0);
      const least = errorOf(points, alpha, gamma);
      t.true(Math.abs(least - relativeError ** 2 * points.length) <= 1e-9 * (1 + least));
      for (const [a, g] of [
        [1.01, 1],
        [0.99, 1],
        [1, 1.01],
        [1, 0.99],
      ])
        t.true(errorOf(points, alpha * a, gamma * g) >= least - 1e-9);
      t.true(errorOf(points, alpha + 1e-3, gamma) >= least - 1e-9);
      t.true(errorOf(points, alpha, gamma + 1e-6) >= least - 1e-9);
    }),
  );
});

test('times that do not grow have no bandwidth', (t) => {
  const fit = fitLine([
    { bytes: 4, microseconds: 10 },
    { bytes: 8, microseconds: 9 },
  ])!;
  t.is(fit.bandwidth, undefined);
  t.true(near(fit.latencyMicroseconds, 9.5, 0.02));
});

test('one size is no line', (t) => {
  t.is(fitLine([{ bytes: 4, microseconds: 10 }]), undefined);
});
