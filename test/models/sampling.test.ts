import test from 'ava';
import fc from 'fast-check';
import { drawDirections, epochOrder, splitIndices, weightedEpochOrder } from '../../src/models/sampling.js';

test('a split takes every block once, the same for the same seed', (t) => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(), (count, seed) => {
      const { training, validation, test: rest } = splitIndices(count, seed);
      const all = [...training, ...validation, ...rest].sort((a, b) => a - b);
      t.deepEqual(
        all,
        Array.from({ length: count }, (_, i) => i),
      );
      t.deepEqual(splitIndices(count, seed).training, training);
    }),
  );
});

test('a split is 80 / 15 / 5 %', (t) => {
  const { training, validation, test: rest } = splitIndices(10_000, 42);
  t.deepEqual([training.length, validation.length, rest.length], [8_000, 1_500, 500]);
});

test('each epoch has an order of its own, with every block once', (t) => {
  const [first, second] = [epochOrder(1_000, 42, 0), epochOrder(1_000, 42, 1)];
  t.deepEqual(first, epochOrder(1_000, 42, 0));
  t.notDeepEqual(first, second);
  t.deepEqual(first.toSorted(), second.toSorted());
});

test('directions are unit vectors that favour no axis', (t) => {
  const [count, size] = [4_000, 3];
  const directions = drawDirections(count, size, 42, 7);
  const spread = [0, 0, 0];
  for (let start = 0; start < directions.length; start += size) {
    const vector = [...directions.subarray(start, start + size)];
    const norm = Math.hypot(...vector);
    // float32 rounding of three components.
    t.true(Math.abs(norm - 1) < 2e-7, `${norm}`);
    for (const [i, component] of vector.entries()) spread[i] += component ** 2 / count;
  }
  // On the sphere a squared component has mean 1/3 and variance 4/45: four standard errors.
  for (const mean of spread) t.true(Math.abs(mean - 1 / 3) < 4 * Math.sqrt(4 / 45 / count), `${mean}`);
});

test('steps and seeds draw directions of their own', (t) => {
  const draws = [drawDirections(2, 3, 42, 1), drawDirections(2, 3, 42, 2), drawDirections(2, 3, 43, 1)];
  t.deepEqual(draws[0], drawDirections(2, 3, 42, 1));
  t.is(new Set(draws.map((draw) => draw.join())).size, draws.length);
});

test('an epoch with nothing favoured is an ordinary one', (t) => {
  t.deepEqual(weightedEpochOrder(100, 42, 3, [], 4), epochOrder(100, 42, 3));
  t.deepEqual(weightedEpochOrder(100, 42, 3, [1, 2], 1), epochOrder(100, 42, 3));
});

test('favoured blocks come so many times as often, in an epoch of the same length', (t) => {
  const favoured = Array.from({ length: 1_000 }, (_, i) => 3 * i);
  const order = weightedEpochOrder(10_000, 42, 0, favoured, 4);
  t.is(order.length, 10_000);
  const isFavoured = new Set(favoured);
  const drawn = order.filter((i) => isFavoured.has(i)).length;
  // 4,000 of 13,000 places, of which 10,000 are drawn: 3,077 ± 4 standard deviations of 23.
  t.true(Math.abs(drawn - (10_000 * 4) / 13) < 4 * 23, `${drawn}`);
  t.true(order.every((i) => i < 10_000));
});
