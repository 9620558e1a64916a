import test from 'ava';
import { similarityOf } from '../../src/commands/evaluate/similarity.js';
import { random } from '../../src/models/random.js';
import { assertClose, relative } from '../close.js';

type Floats = Float64Array<ArrayBuffer>;

/** By the definition, window by window: weighted means, then weighted squares of differences from them. */
function byDefinition(x: Floats, y: Floats, shape: readonly number[], smallest: number, range: number) {
  const sizes = shape.map((n) => Math.min(5, n));
  const [a, b] = [x, y].map((values) => values.map((value) => (value - smallest) / range)) as [Floats, Floats];
  const result = { windows: 0, similarity: 0 };
  for (let z = 0; z + sizes[0]! <= shape[0]!; z++)
    for (let v = 0; v + sizes[1]! <= shape[1]!; v++)
      for (let u = 0; u + sizes[2]! <= shape[2]!; u++) {
        const nodes: [weight: number, a: number, b: number][] = [];
        for (let i = 0; i < sizes[0]!; i++)
          for (let j = 0; j < sizes[1]!; j++)
            for (let k = 0; k < sizes[2]!; k++) {
              const distance = [i, j, k].reduce((sum, n, axis) => sum + (n - (sizes[axis]! - 1) / 2) ** 2, 0);
              const at = ((z + i) * shape[1]! + v + j) * shape[2]! + u + k;
              nodes.push([Math.exp(-distance / (2 * 1.5 ** 2)), a[at]!, b[at]!]);
            }
        const total = nodes.reduce((sum, [weight]) => sum + weight, 0);
        const mean = (of: (a: number, b: number) => number) =>
          nodes.reduce((sum, [weight, one, other]) => sum + (weight / total) * of(one, other), 0);
        const [ma, mb] = [mean((one) => one), mean((_, other) => other)];
        const variances = mean((one) => (one - ma) ** 2) + mean((_, other) => (other - mb) ** 2);
        const covariance = mean((one, other) => (one - ma) * (other - mb));
        result.windows++;
        result.similarity +=
          ((2 * ma * mb + 1e-4) * (2 * covariance + 9e-4)) / ((ma ** 2 + mb ** 2 + 1e-4) * (variances + 9e-4));
      }
  return result;
}

function noisyWave(shape: readonly number[], seed: number): [Floats, Floats] {
  const source = random(seed);
  const length = shape.reduce((product, n) => product * n, 1);
  const x = Float64Array.from({ length }, (_, i) => 3 + Math.sin(0.3 * i) + 0.1 * source.normal());
  return [x, x.map((value) => value + 0.2 * source.normal())];
}

for (const shape of [
  [7, 7, 7],
  [5, 5, 5],
  [6, 9, 11],
  [3, 8, 2],
  [1, 1, 4],
  // More than is looked at together.
  [12, 90, 90],
  [6, 300, 301],
])
  test(`the similarity of [${shape}] is that of the definition`, (t) => {
    const [x, y] = noisyWave(shape, 3);
    const [smallest, range] = [1.5, 3];
    const expected = byDefinition(x, y, shape, smallest, range);
    const { windows, similarity } = similarityOf(x, y, shape, { smallest, range });
    t.is(windows, expected.windows);
    // Variances as differences of squares near 1: 1e-16 of it beside C2 = 9e-4.
    assertClose([similarity], [expected.similarity], relative(1e-12), 'similarity');
    t.true(similarity < windows);
  });

test('equal volumes have the similarity 1 in every window', (t) => {
  const [x] = noisyWave([7, 7, 7], 1);
  t.deepEqual(similarityOf(x, x, [7, 7, 7], { smallest: 1.5, range: 3 }), { windows: 27, similarity: 27 });
});

test('an inverted wave is unlike', (t) => {
  const x = Float64Array.from({ length: 343 }, (_, i) => Math.sin(i));
  const { windows, similarity } = similarityOf(
    x,
    x.map((value) => -value),
    [7, 7, 7],
    { smallest: -1, range: 2 },
  );
  t.true(similarity / windows < -0.5, String(similarity / windows));
});

test('windows with a NaN are left out', (t) => {
  const [x, y] = noisyWave([9, 9, 9], 2);
  x[0] = Number.NaN;
  t.is(similarityOf(x, y, [9, 9, 9], { smallest: 1.5, range: 3 }).windows, 5 ** 3 - 1);
});
