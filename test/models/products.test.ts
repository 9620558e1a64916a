import test from 'ava';
import { productsIn } from '../../src/models/products.js';
import { input } from '../../src/onnx/index.js';
import { evaluate } from '../onnx/evaluate.js';

async function multiplied(a: number, b: number, precision: 'float32' | 'mixed'): Promise<number[]> {
  const [x, y] = [input('x', 'float32', [1, 1]), input('y', 'float32', [1, 1])];
  const [p, q] = [input('p', 'float32', [1, 1, 1]), input('q', 'float32', [1, 1, 1])];
  const products = productsIn(precision);
  const outputs = { one: products.matmul(x, y), stack: products.batchMatmul(p, q) };
  const [left, right] = [[a], [b]];
  const results = await evaluate({ x, y, p, q }, outputs, {
    x: { shape: [1, 1], data: left },
    y: { shape: [1, 1], data: right },
    p: { shape: [1, 1, 1], data: left },
    q: { shape: [1, 1, 1], data: right },
  });
  return [...results.one.data, ...results.stack.data];
}

/** float16 has 11 bits, numbers up to 65,504 and from 6e-8. */
const cases: [a: number, b: number, product: number][] = [
  [1e6, 1, Number.POSITIVE_INFINITY],
  [300, 300, Number.POSITIVE_INFINITY],
  [1 + 2 ** -12, 1, 1],
  [1 + 2 ** -10, 1 + 2 ** -10, 1 + 2 ** -9],
  [1e-9, 1, 0],
];

for (const [a, b, product] of cases)
  test(`in mixed precision ${a} times ${b} is ${product}`, async (t) => {
    t.deepEqual(await multiplied(a, b, 'mixed'), [product, product]);
    t.deepEqual(await multiplied(a, b, 'float32'), [
      Math.fround(Math.fround(a) * Math.fround(b)),
      Math.fround(Math.fround(a) * Math.fround(b)),
    ]);
  });
