import test from 'ava';
import { afterEpoch, noPlateau, ratesAt, type ScheduleOptions, scaledRate } from '../../src/models/schedule.js';

const base: ScheduleOptions = { schedule: 'constant', learningRate: 0.1, warmupSteps: 4, totalSteps: 24 };
const rates = (options: ScheduleOptions, steps: readonly number[]) =>
  steps.map((step) => Number(ratesAt(step, options).learningRate.toFixed(12)));

test('the rate rises linearly and is reached with the last step of the warm-up', (t) => {
  t.deepEqual(rates(base, [0, 1, 2, 3, 4, 23]), [0.025, 0.05, 0.075, 0.1, 0.1, 0.1]);
});

test('without warm-up the first step has the full rate', (t) => {
  t.deepEqual(rates({ ...base, warmupSteps: 0 }, [0, 1]), [0.1, 0.1]);
});

test('cosine falls from the full rate by half at half way to 0 at the end, and stays there', (t) => {
  const cosine: ScheduleOptions = { ...base, schedule: 'cosine' };
  t.deepEqual(rates(cosine, [3, 4, 14, 24, 30]), [0.1, 0.1, 0.05, 0, 0]);
  const quarter = (0.1 * (1 + Math.SQRT1_2)) / 2;
  t.is(rates(cosine, [9])[0], Number(quarter.toFixed(12)));
});

test('a warm-up longer than the run', (t) => {
  t.deepEqual(rates({ ...base, schedule: 'cosine', warmupSteps: 50 }, [0, 24]), [0.002, 0.05]);
});

test('epsilon falls linearly over the warm-up to the 1e-8 of Adam', (t) => {
  const epsilons = [0, 2, 3, 4, 23].map((step) => ratesAt(step, base).epsilon);
  const expected = [1e-4, 0.5e-4, 0.25e-4, 0, 0].map((extra) => extra + 1e-8);
  t.deepEqual(
    epsilons.map((epsilon) => epsilon.toPrecision(12)),
    expected.map((epsilon) => epsilon.toPrecision(12)),
  );
  t.is(ratesAt(0, { ...base, warmupSteps: 0 }).epsilon, 1e-8);
});

test('a plateau halves the rate when the error has not fallen for more epochs than the patience', (t) => {
  const errors = [3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1];
  let best = Number.POSITIVE_INFINITY;
  let plateau = noPlateau;
  const reductions = errors.map((error) => {
    plateau = afterEpoch(plateau, error < best, 2);
    best = Math.min(best, error);
    return plateau.reduction;
  });
  t.deepEqual(reductions, [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]);
  t.is(ratesAt(20, { ...base, schedule: 'plateau' }, 0.25).learningRate, 0.025);
});

test('linear scaling: a rate for a batch of 256 grows with the batch', (t) => {
  t.is(scaledRate(0.004, 256), 0.004);
  t.is(scaledRate(0.004, 1024), 0.016);
});
