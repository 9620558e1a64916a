import test from 'ava';
import { describeScaling, skewness, transformOf } from '../../src/models/scaling.js';

test('skewness of values that are even about their mean is 0, of a tail to the right above', (t) => {
  t.is(skewness(Float32Array.of(0, 0.25, 0.5, 0.75, 1)), 0);
  // Of the exponential distribution 2, and of its negative −2: here at the midpoints of equal parts of its mass.
  const tail = Float32Array.from({ length: 10_000 }, (_, i) => -Math.log(1 - (i + 0.5) / 10_000));
  t.true(Math.abs(skewness(tail) - 2) < 0.02);
  t.true(Math.abs(skewness(tail.map((x) => 1 - x)) + 2) < 0.02);
});

test('one value out of n stands out as much as can be', (t) => {
  const values = Float32Array.from({ length: 512 }, (_, i) => (i === 0 ? 1 : 0));
  t.true(Math.abs(skewness(values) - 510 / Math.sqrt(511)) < 1e-4);
});

test('the transform of a variable goes by the last name of its path', (t) => {
  const scaling = new Map([
    ['U_CHI', 'pos_log'],
    ['U_K', 'minmax'],
  ] as const);
  t.is(transformOf(scaling, '/U_K'), 'minmax');
  t.is(transformOf(scaling, '/grid/level/U_CHI'), 'pos_log');
  t.is(transformOf(scaling, '/U_CHI/RHO'), undefined);
  t.is(transformOf(scaling, '/toString'), undefined);
  t.is(describeScaling(scaling), 'logarithmic: U_CHI; linear: U_K');
  t.is(describeScaling(new Map([['A', 'minmax']])), 'logarithmic: none; linear: A');
});
