import test from 'ava';
import { normalBins } from '../../src/models/normal-bins.js';
import { assertClose } from '../close.js';
import { normalMoments } from './step-reference.js';

test('means and variance are those of the integrated density', (t) => {
  for (const count of [1, 2, 5, 32]) {
    const { means, variance } = normalBins(count);
    const { mass, first, second } = normalMoments(count);
    const expected = first.map((moment, i) => moment / mass[i]).reverse();
    // Steps of the reference, 4e-6 of the probability at each border, at most 3 from the middle of 1/32.
    assertClose(means, expected, () => 32 * 4e-6 * 3, `${count}`);
    const within = second - expected.reduce((sum, mean) => sum + mean ** 2, 0) / count;
    assertClose([variance], [within], () => 1e-5, `${count}`);
  }
  t.pass();
});

test('two halves have their mean at √(2/π); one bin has all of the variance', (t) => {
  const { means } = normalBins(2);
  // The series adds some ten terms.
  assertClose(means, [Math.sqrt(2 / Math.PI), -Math.sqrt(2 / Math.PI)], () => 1e-15, 'means');
  t.deepEqual(normalBins(1), { means: Float64Array.of(0), variance: 1 });
});

test('many bins: falling, symmetric, little variance left', (t) => {
  const { means, variance } = normalBins(100_001);
  t.true(means.every((mean, i) => (i === 0 || mean < means[i - 1]) && mean === -means[means.length - 1 - i] + 0));
  t.is(means[50_000], 0);
  t.true(variance > 0 && variance < 1e-5);
});
