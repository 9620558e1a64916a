import test from 'ava';
import fc from 'fast-check';
import { figuresOf } from '../../src/commands/evaluate/figures.js';
import { packFindings, unpackFindings } from '../../src/commands/evaluate/findings.js';
import { measureVolume } from '../../src/commands/evaluate/measure.js';
import { addSums, emptySums, sumKeys } from '../../src/commands/evaluate/sums.js';
import { random } from '../../src/models/random.js';
import { assertClose, relative } from '../close.js';

const line = (values: readonly number[]) => Float64Array.from(values);
/** No window is looked at where there is no range. */
const noRange = { smallest: 0, range: Number.NaN };

test('errors of a few values, by hand', (t) => {
  const x = line([1, 2, 0, -4]);
  const y = line([1.5, 2, 1, -3]);
  const figures = figuresOf(measureVolume(x, y, [1, 1, 4], { smallest: -4, range: 6 }), true);
  t.is(figures.count, 4);
  t.is(figures.mse, (0.25 + 0 + 1 + 1) / 4);
  t.is(figures.rmse, 0.75);
  t.is(figures.maxError, 1);
  t.is(figures.maxErrorInRanges, 1 / 6);
  // 20 log10(range / rmse); the rest is rounding of a few operations.
  assertClose([figures.psnr!], [20 * Math.log10(6 / 0.75)], relative(1e-14), 'PSNR');
  t.is(figures.zeros, 1);
  assertClose([figures.meanRelative!], [(0.5 + 0 + 0.25) / 3], relative(1e-15), 'mean relative error');
  t.is(figures.maxRelative, 0.5);
  // Deviations from the means −0.25 and 0.375.
  const [dx, dy] = [
    [1.25, 2.25, 0.25, -3.75],
    [1.125, 1.625, 0.625, -3.375],
  ];
  const sum = (a: readonly number[], b: readonly number[]) => a.reduce((total, value, i) => total + value * b[i]!, 0);
  assertClose(
    [figures.correlation!],
    [sum(dx, dy) / Math.sqrt(sum(dx, dx) * sum(dy, dy))],
    relative(1e-14),
    'correlation',
  );
  t.deepEqual([figures.minimum, figures.maximum, figures.notPositive], [-4, 2, 2]);
  t.deepEqual(
    [figures.reconstructedMinimum, figures.reconstructedMaximum, figures.reconstructedNotPositive],
    [-3, 2, 1],
  );
});

test('values that are not finite are counted, and in no sum', (t) => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const sums = measureVolume(
    line([1, nan, infinity, 2, nan, 3]),
    line([1, nan, -infinity, nan, 7, 3.5]),
    [1, 1, 6],
    noRange,
  );
  t.is(sums.count, 2);
  t.is(sums.notFinite, 3);
  t.is(sums.notRestored, 3, 'the infinity of another sign, the 2 and the second NaN');
  t.is(sums.squared, 0.25);
});

test('exact values: no error, and no PSNR that JSON could hold', (t) => {
  const x = line([3, 1, 2, 5]);
  const figures = figuresOf(measureVolume(x, x, [1, 1, 4], { smallest: 1, range: 4 }), true);
  t.deepEqual([figures.mse, figures.psnr, figures.maxErrorInRanges], [0, null, 0]);
  // Rounding of 1 / √a / √a.
  assertClose([figures.correlation!, figures.ssim!], [1, 1], relative(1e-15), 'correlation and similarity');
});

test('a constant variable, kept: no range, no correlation, no error', (t) => {
  const x = line(Array(27).fill(2.5));
  const figures = figuresOf(measureVolume(x, x, [3, 3, 3], { smallest: 2.5, range: 0 }), true);
  t.deepEqual([figures.mse, figures.maxErrorInRanges, figures.correlation, figures.ssim], [0, 0, null, 1]);
});

test('what has several units has no errors in them', (t) => {
  const figures = figuresOf(measureVolume(line([1, 2]), line([1, 3]), [1, 1, 2], { smallest: 1, range: 1 }), false);
  t.deepEqual([figures.mse, figures.rmse, figures.maxError, figures.correlation, figures.minimum], Array(5).fill(null));
  t.is(figures.maxErrorInRanges, 1);
});

test('the correlation of a wave of 1e-6 on 1 keeps its digits', (t) => {
  const source = random(5);
  const wave = Array.from({ length: 343 }, () => source.normal());
  const noise = Array.from({ length: 343 }, () => source.normal());
  const of = (scale: number, offset: number) => {
    const x = line(wave.map((value) => offset + scale * value));
    const y = line(wave.map((value, i) => offset + scale * (value + 0.1 * noise[i]!)));
    return figuresOf(measureVolume(x, y, [7, 7, 7], noRange), true).correlation!;
  };
  // A value of 1 + 1e-6·wave has 1e-16 / 1e-6 of its wave's digits; sums of squares of the values would leave 1e-4.
  t.notThrows(() => assertClose([of(1e-6, 1)], [of(1, 0)], () => 1e-9, 'correlation'));
});

test('sums of parts are those of the whole', (t) => {
  const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  const pairs = fc.array(fc.tuple(number, number), { minLength: 2, maxLength: 60 });
  fc.assert(
    fc.property(pairs, fc.nat(60), (values, cut) => {
      const measure = (part: typeof values) =>
        measureVolume(line(part.map(([x]) => x)), line(part.map(([, y]) => y)), [1, 1, part.length], noRange);
      const whole = measure(values);
      const sums = emptySums();
      addSums(sums, measure(values.slice(0, cut)));
      addSums(sums, measure(values.slice(cut)));
      for (const key of sumKeys) {
        // No range: no errors in ranges. No values: infinite extremes.
        if (Object.is(sums[key], whole[key])) continue;
        // 60 values of 1e3, their squares of 1e6: rounding adds up to some 1e-14 of 6e7. Relative errors know no bound.
        const size = key === 'relative' ? whole.relative : 6e7;
        assertClose([sums[key]], [whole[key]], () => 1e-14 * Math.max(1, size), key);
      }
    }),
  );
  t.pass();
});

test('findings come out of their bytes as they went in', (t) => {
  const sums = Object.assign(emptySums(), { count: 3, squared: 0.1, similarity: Number.NaN });
  const findings = [
    { quantity: 'physical', level: undefined, sums },
    { quantity: 'det γ̃', level: 7, sums: emptySums() },
  ];
  t.deepEqual(unpackFindings(packFindings(findings)), findings);
  t.is(unpackFindings(packFindings('hdf5 "a.h5": truncated')), 'hdf5 "a.h5": truncated');
  t.deepEqual(unpackFindings(packFindings([])), []);
});
