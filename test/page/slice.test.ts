import test from 'ava';
import { paint, valueScale } from '../../src/page/colours.js';
import { formatNumber } from '../../src/page/format-number.js';
import { type Axis, extremesOf, planeAxes, sliceOf, worstPlane } from '../../src/page/slice.js';

test('a plane across each axis has the values of its places', (t) => {
  const shape = [2, 3, 4];
  // The digits of a value are its place: z, y, x.
  const volume = Float64Array.from(
    { length: 24 },
    (_, i) => 100 * Math.floor(i / 12) + 10 * (Math.floor(i / 4) % 3) + (i % 4),
  );
  for (const axis of [0, 1, 2] as Axis[]) {
    const [rowAxis, columnAxis] = planeAxes(axis);
    for (let index = 0; index < shape[axis]!; index++) {
      const { values, rows, columns } = sliceOf(volume, shape, axis, index);
      t.deepEqual([rows, columns], [shape[rowAxis], shape[columnAxis]]);
      for (const [i, value] of values.entries()) {
        const place = [0, 0, 0];
        place[axis] = index;
        place[rowAxis] = Math.floor(i / columns);
        place[columnAxis] = i % columns;
        t.is(value, 100 * place[0]! + 10 * place[1]! + place[2]!);
      }
    }
  }
});

test('the worst plane across each axis holds the largest error, of either sign', (t) => {
  const errors = Float64Array.from({ length: 24 }, () => 0.1);
  errors[0] = Number.NaN;
  // z 1, y 2, x 3.
  errors[23] = -2;
  errors[5] = 1;
  t.deepEqual(
    ([0, 1, 2] as Axis[]).map((axis) => worstPlane(errors, [2, 3, 4], axis)),
    [1, 2, 3],
  );
});

test('extremes are those of finite values', (t) => {
  t.deepEqual(extremesOf(Float32Array.of(1, Number.NaN, -2), Float64Array.of(Number.POSITIVE_INFINITY, 3)), [-2, 3]);
  t.is(extremesOf(Float32Array.of(Number.NaN)), undefined);
});

test('numbers have the digits that tell them from their neighbours', (t) => {
  t.is(formatNumber(1.000001234, 1e-6), '1.000001234');
  t.is(formatNumber(0.98123456, 1), '0.9812');
  t.is(formatNumber(-1.5e-7, 1e-7), '−1.5e−7');
  t.is(formatNumber(Number.NaN), 'NaN');
  t.is(formatNumber(Number.NEGATIVE_INFINITY), '−∞');
});

test('colours reach from end to end, of the largest numbers too', (t) => {
  const most = Number.MAX_VALUE;
  const pixels = paint(Float64Array.of(-most, 0, most), valueScale([-most, most]));
  t.deepEqual([...pixels.subarray(0, 3)], [0x44, 0x01, 0x54]);
  t.deepEqual([...pixels.subarray(8, 11)], [0xfd, 0xe7, 0x25]);
  t.notDeepEqual(pixels.subarray(4, 8), pixels.subarray(0, 4));
});
