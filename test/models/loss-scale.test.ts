import test from 'ava';
import { firstLossScale, nextLossScale } from '../../src/models/loss-scale.js';

test('an overflow halves the scale, a thousand steps without double it', (t) => {
  const halved = nextLossScale(firstLossScale, true);
  t.deepEqual(halved, { value: firstLossScale.value / 2, stepsSince: 0 });
  let scale = halved;
  for (let step = 0; step < 999; step++) scale = nextLossScale(scale, false);
  t.is(scale.value, halved.value);
  t.deepEqual(nextLossScale(scale, false), { value: firstLossScale.value, stepsSince: 0 });
});

test('it stays between 1 and 2²⁴', (t) => {
  t.is(nextLossScale({ value: 1, stepsSince: 5 }, true).value, 1);
  t.is(nextLossScale({ value: 2 ** 24, stepsSince: 999 }, false).value, 2 ** 24);
});
