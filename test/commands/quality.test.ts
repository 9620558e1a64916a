import test from 'ava';
import { addErrors, emptyErrors, measureErrors } from '../../src/commands/compress/error-sums.js';
import { qualityOf } from '../../src/commands/quality.js';

const { NaN: nan, POSITIVE_INFINITY: infinite, MAX_VALUE: largest } = Number;

function errorsOf(original: readonly number[], reconstruction: readonly number[]) {
  return measureErrors(Float64Array.from(original), Float64Array.from(reconstruction));
}

test('errors are those of the finite values', (t) => {
  const sums = errorsOf([1, 2, nan, infinite, 5], [1, 2.5, nan, infinite, 4]);
  t.deepEqual(sums, { count: 3, unit: 1, squared: 1.25, largest: 1, minimum: 1, maximum: 5 });
});

test('errors are the same beside a value that is not finite', (t) => {
  const original = [1, 2, -3.25, 1e-3];
  const reconstruction = [1, 2.5, -3, 1.25e-3];
  t.deepEqual(errorsOf(original, reconstruction), errorsOf([...original, nan], [...reconstruction, nan]));
});

test('a finite value that has become NaN or infinite is the largest error', (t) => {
  for (const wrong of [nan, infinite, -infinite]) t.is(errorsOf([1, 2], [1, wrong]).largest, largest);
});

test('a value that is not finite must stay what it is', (t) => {
  for (const [value, wrong] of [
    [nan, 0],
    [infinite, 0],
    [infinite, -infinite],
    [-infinite, nan],
  ] as const)
    t.is(errorsOf([1, value], [1, wrong]).largest, largest);
});

test('the sums of parts are those of the whole', (t) => {
  const sums = emptyErrors();
  addErrors(sums, errorsOf([1, 2], [1, 2.5]));
  addErrors(sums, errorsOf([5], [4]));
  t.deepEqual(sums, errorsOf([1, 2, 5], [1, 2.5, 4]));
});

test('a NaN is not what it was with another payload', (t) => {
  const [one, other] = [0x7fc00001, 0x7fc00002].map((word) => new Float32Array(Uint32Array.of(word).buffer));
  t.is(measureErrors(one!, one!).largest, 0);
  t.is(measureErrors(one!, other!).largest, largest);
});

test('PSNR does not depend on the unit, as far as numbers reach', (t) => {
  const [original, restored] = [
    [0, 10, 3],
    [1, 9, 3],
  ] as const;
  const expected = qualityOf(errorsOf(original, restored)).psnr;
  for (const unit of [1e-310, 1e-170, 1e160, 1e306]) {
    const [x, y] = [original, restored].map((values) => values.map((value) => value * unit));
    // Numbers near the smallest have fewer digits.
    t.true(Math.abs(qualityOf(errorsOf(x!, y!)).psnr - expected) < 1e-9, String(unit));
  }
});

test('the sums of parts in different units are those of the whole', (t) => {
  const sums = emptyErrors();
  addErrors(sums, errorsOf([1, 2], [1, 2.5]));
  addErrors(sums, errorsOf([1e-200], [2e-200]));
  t.deepEqual(sums, errorsOf([1, 2, 1e-200], [1, 2.5, 2e-200]));
});

test('PSNR relates the range to the error, also where the range is beyond all numbers', (t) => {
  t.is(qualityOf(errorsOf([0, 10], [1, 9])).psnr, 20);
  t.is(qualityOf(errorsOf([0, 10], [0, 10])).psnr, infinite);
  t.is(qualityOf(emptyErrors()).psnr, infinite);
  const { psnr, range } = qualityOf(errorsOf([-1.7e308, 1.7e308, 1], [-1.7e308, 1.7e308, 2]));
  t.is(range, largest);
  t.true(Number.isFinite(psnr) && psnr > 6000);
});
