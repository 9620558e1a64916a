import test from 'ava';
import { encodeFloat8, float8Values } from '../../src/models/float8.js';
import { float8Latents, roundToFloat8 } from '../../src/models/latents.js';
import { random } from '../../src/models/random.js';
import { input } from '../../src/onnx/index.js';
import { evaluate } from '../onnx/evaluate.js';
import { float8Table } from './float8-table.js';

const codes = Array.from({ length: 256 }, (_, code) => code);
const finite = codes.filter((code) => !Number.isNaN(float8Table[code]));

test('every byte is the number that PyTorch says', (t) => {
  t.deepEqual([...float8Values], float8Table);
  t.deepEqual(
    codes.filter((code) => Number.isNaN(float8Table[code])),
    [0x7f, 0xff],
  );
});

test('every number is its own byte, both zeros too; NaN is NaN', (t) => {
  for (const code of finite) t.is(encodeFloat8(float8Table[code]), code, `${float8Table[code]}`);
  t.is(encodeFloat8(Number.NaN), 0x7f);
});

test('halfway between neighbours the even mantissa wins; a little to a side, the nearer one', (t) => {
  for (const sign of [0, 0x80])
    for (let code = 0; code < 0x7e; code++) {
      const [low, high] = [float8Table[sign | code], float8Table[sign | (code + 1)]];
      const middle = (low + high) / 2;
      t.is(encodeFloat8(middle), sign | (code % 2 === 0 ? code : code + 1), `${low} and ${high}`);
      t.is(encodeFloat8(middle + (low - middle) * 1e-6), sign | code);
      t.is(encodeFloat8(middle + (high - middle) * 1e-6), sign | (code + 1));
    }
});

test('what is too large becomes 448, what is tiny 0', (t) => {
  for (const size of [448, 449, 464, 465, 1e9, Infinity]) {
    t.is(encodeFloat8(size), 0x7e);
    t.is(encodeFloat8(-size), 0xfe);
  }
  t.is(encodeFloat8(2 ** -10), 0);
  t.is(encodeFloat8(2 ** -10 * 1.001), 1);
  t.is(encodeFloat8(1e-40), 0);
});

/** All numbers of the grid, the middles of neighbours, their surroundings, what saturates, and numbers of any size. */
function samples(): number[] {
  const sizes = finite.filter((code) => code < 0x80).map((code) => float8Table[code]);
  const middles = sizes.slice(1).map((size, i) => (size + sizes[i]) / 2);
  const source = random(1);
  const any = Array.from({ length: 2000 }, () => source.normal() * 2 ** (20 * source.uniform() - 12));
  const positive = [...sizes, ...middles, ...middles.flatMap((x) => [x * (1 - 1e-6), x * (1 + 1e-6)]), 464, 480, 1e6];
  return [...positive, ...positive.map((x) => -x), ...any].map(Math.fround);
}

test('onnxruntime rounds alike, and the graph gives the bytes', async (t) => {
  const values = samples();
  const x = input('x', 'float32', ['batch', 1]);
  // A largest magnitude of 112 has the scale 1.
  const { write, read } = float8Latents([112]);
  const outputs = { rounded: roundToFloat8(x), bytes: write(x), back: read(write(x)) };
  const { rounded, bytes, back } = await evaluate({ x }, outputs, { x: { shape: [values.length, 1], data: values } });
  const expected = values.map(encodeFloat8);
  t.deepEqual(
    rounded.data.map((value) => value + 0),
    expected.map((code) => float8Table[code] + 0),
  );
  // Minus zero is stored as zero.
  t.deepEqual(
    bytes.data,
    expected.map((code) => (code === 0x80 ? 0 : code)),
  );
  t.deepEqual(
    back.data,
    expected.map((code) => float8Table[code] + 0),
  );
  t.false(bytes.data.some((code) => code === 0x7f || code === 0xff));
});

test('the graph reads every byte', async (t) => {
  const stored = input('stored', 'uint8', ['batch', 1]);
  const { read } = float8Latents([112]);
  const { out } = await evaluate({ stored }, { out: read(stored) }, { stored: { shape: [256, 1], data: codes } });
  t.deepEqual(out.data, float8Table);
});
