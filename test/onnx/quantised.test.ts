import test from 'ava';
import { random } from '../../src/models/random.js';
import {
  constant,
  dequantisedMatmul,
  dynamicQuantize,
  GraphError,
  input,
  logOfRows,
  lookup,
  quantisedGemm,
  quantize,
  scalar,
  type Value,
} from '../../src/onnx/index.js';
import { assertClose, relative } from '../close.js';
import { evaluate } from './evaluate.js';

const floats = (...values: number[]) => constant(Float32Array.from(values), [values.length]);

test('quantize rounds ties to even, adds the zero point and saturates', async (t) => {
  const x = input('x', 'float32', [2, 4]);
  const data = [-1000, -1.25, 0.25, 0.75, 1.25, 63.5, 64, 1000];
  const outputs = {
    unsigned: quantize(x, { scale: scalar(0.5, 'float32'), zeroPoint: scalar(3, 'uint8') }),
    signed: quantize(x, { scale: scalar(0.5, 'float32'), zeroPoint: scalar(0, 'int8') }),
    columns: quantize(x, { scale: floats(1, 2, 4, 8), zeroPoint: constant(new Int8Array(4), [4]) }),
  };
  const { unsigned, signed, columns } = await evaluate({ x }, outputs, { x: { shape: [2, 4], data } });
  t.deepEqual(unsigned.data, [0, 1, 3, 5, 5, 130, 131, 255]);
  t.deepEqual(signed.data, [-128, -2, 0, 2, 2, 127, 127, 127]);
  t.deepEqual(columns.data, [-128, -1, 0, 0, 1, 32, 16, 125]);
});

/** More products than one register holds, with the extremes that a kernel of 16-bit sums would saturate. */
const [rows, inner, columns] = [5, 67, 33];
const source = random(1);
const a = Array.from({ length: rows * inner }, () =>
  source.uniform() < 0.5 ? 255 : Math.floor(256 * source.uniform()),
);
const b = Int8Array.from({ length: inner * columns }, (_, i) =>
  i % 3 === 0 ? 127 : Math.floor(255 * source.uniform()) - 127,
);
const scales = Float32Array.from({ length: columns }, (_, n) => 2 ** -(10 + (n % 4)));

function sums(zeroPoint: number): number[] {
  return Array.from({ length: rows * columns }, (_, i) => {
    const [m, n] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += (a[m * inner + k] - zeroPoint) * b[k * columns + n];
    return sum;
  });
}

function product(value: Value, zeroPoint: number) {
  const weights = constant(b, [inner, columns]);
  return { a: value, b: weights, scale: constant(scales, [columns]), aZeroPoint: scalar(zeroPoint, 'uint8') };
}

for (const zeroPoint of [0, 128])
  test(`products of uint8 and int8 are exact, zero point ${zeroPoint}`, async (t) => {
    const x = input('x', 'uint8', ['batch', inner]);
    const bias = Int32Array.from({ length: columns }, (_, n) => 1000 * (n - 16));
    const outputs = {
      float: quantisedGemm(product(x, zeroPoint), constant(bias, [columns]), 'float32'),
      byte: quantisedGemm(product(x, zeroPoint), constant(bias, [columns]), 'uint8'),
      scaled: dequantisedMatmul(product(x, zeroPoint), scalar(0.25, 'float32'), constant(scales, [columns])),
    };
    const { float, byte, scaled } = await evaluate({ x }, outputs, { x: { shape: [rows, inner], data: a } });
    const biased = sums(zeroPoint).map((sum, i) => (sum + bias[i % columns]) * scales[i % columns]);
    // The scales are powers of two: no rounding but that to whole numbers.
    t.deepEqual(float.data, biased);
    t.deepEqual(byte.data, [...Uint8ClampedArray.from(biased)]);
    t.true(byte.data.includes(255) && byte.data.some((level) => level > 0 && level < 255));
    t.deepEqual(
      scaled.data,
      sums(zeroPoint).map((sum, i) => 0.25 * sum * scales[i % columns] + scales[i % columns]),
    );
  });

test('dynamicQuantize spreads the extremes over a byte', async (t) => {
  const x = input('x', 'float32', [4]);
  const { values, grid } = dynamicQuantize(x);
  const results = await evaluate({ x }, { values, ...grid }, { x: { shape: [4], data: [-1, 0, 1, 1.55] } });
  assertClose(results.scale.data, [2.55 / 255], relative(1e-6), 'scale');
  t.deepEqual(results.zeroPoint.data, [100]);
  t.deepEqual(results.values.data, [0, 100, 200, 255]);
});

test('lookup takes codes that are known only when the graph runs', async (t) => {
  const codes = input('codes', 'uint8', ['batch', 2]);
  const out = lookup(floats(5, 6, 7), codes);
  t.deepEqual(out.shape, ['batch', 2]);
  t.deepEqual((await evaluate({ codes }, { out }, { codes: { shape: [1, 2], data: [2, 0] } })).out.data, [7, 5]);
});

for (const count of [1, 31, 256, 300])
  test(`logOfRows: ${count} rows of a batch for 256`, async (t) => {
    const x = input('x', 'float32', ['batch', 343]);
    const data = Array.from({ length: count * 343 }, (_, i) => Math.fround(1 + 1e4 * Math.abs(Math.sin(i)) ** 9));
    const { out } = await evaluate({ x }, { out: logOfRows(x, 256) }, { x: { shape: [count, 343], data } });
    assertClose(out.data, data.map(Math.log), relative(2e-7), 'log');
    t.deepEqual(out.shape, [count, 343]);
  });

const x = input('x', 'float32', [2, 3]);
const bytes = input('bytes', 'uint8', [2, 3]);
const weights = constant(new Int8Array(12), [3, 4]);
const zero = scalar(0, 'uint8');
const errors: [title: string, make: () => unknown, message: string][] = [
  [
    'quantising whole numbers',
    () => quantize(bytes, { scale: scalar(1, 'float32'), zeroPoint: zero }),
    'QuantizeLinear: expected float32, got uint8[2, 3]',
  ],
  [
    'scales of another length',
    () => quantize(x, { scale: floats(1, 2), zeroPoint: constant(new Uint8Array(2), [2]) }),
    'QuantizeLinear: float32[2] does not fit the last axis of float32[2, 3]',
  ],
  [
    'as many scales as zero points',
    () => quantize(x, { scale: floats(1, 2, 3), zeroPoint: zero }),
    'QuantizeLinear: float32[3] and uint8[] differ in shape',
  ],
  [
    'values that are not float32',
    () => quantize(bytes, { scale: scalar(1, 'float32'), zeroPoint: scalar(0, 'int8') }),
    'QuantizeLinear: expected float32, got uint8[2, 3]',
  ],
  [
    'inner sizes that differ',
    () =>
      quantisedGemm(
        { a: bytes, b: constant(new Int8Array(8), [2, 4]), scale: floats(1, 1, 1, 1), aZeroPoint: zero },
        zero,
        'uint8',
      ),
    'QGemm: uint8[2, 3] and int8[2, 4] do not fit as [m, k] and [k, n]',
  ],
  [
    'scales that are not one for each column',
    () =>
      dequantisedMatmul({ a: bytes, b: weights, scale: floats(1), aZeroPoint: zero }, scalar(1, 'float32'), floats(1)),
    'MatMulIntegerToFloat: expected [4], got float32[1]',
  ],
  ['codes that are no whole numbers', () => lookup(floats(1), x), 'Gather: expected whole numbers, got float32[2, 3]'],
];
for (const [title, make, message] of errors)
  test(`refused: ${title}`, (t) => {
    t.throws(make, { instanceOf: GraphError, message });
  });
