import test from 'ava';
import {
  add,
  cast,
  divide,
  exp,
  GraphError,
  gradient,
  input,
  log,
  matmul,
  maximum,
  multiply,
  reduceMean,
  reduceSum,
  relu,
  scalar,
  sort,
  square,
  subtract,
  type Value,
} from '../../src/onnx/index.js';
import { checkGradient } from './check-operator.js';
import { evaluate } from './evaluate.js';

test('a network of two layers with a sorted term: all gradients agree with central differences', async (t) => {
  await checkGradient({
    operator: (x, first, bias, second) => {
      const hidden = relu(matmul(x, first, {}, bias));
      const out = matmul(hidden, second);
      const spread = reduceMean(square(sort(matmul(second, hidden, { transposeA: true, transposeB: true }))), [0, 1]);
      return add(divide(exp(out), reduceSum(exp(out), [1])), multiply(spread, log(add(square(x), scalar(1, x.type)))));
    },
    reference: (x) => x,
    shapes: [[5, 3], [3, 4], [4], [4, 3]],
  });
  t.pass();
});

const x = input('x', 'float64', [2]);
const y = input('y', 'float64', [2]);
const at = { x: { shape: [2], data: [3, -5] }, y: { shape: [2], data: [2, 7] } };

async function gradientsAt(loss: Value, of: Record<string, Value>): Promise<Record<string, readonly number[]>> {
  const gradients = gradient(loss, Object.values(of));
  const outputs = Object.fromEntries(Object.keys(of).map((name, i) => [name, gradients[i]]));
  const results = await evaluate({ x, y }, outputs, at);
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data]));
}

test('what a value contributes along several ways is summed', async (t) => {
  const twice = add(x, x);
  const loss = reduceSum(add(multiply(twice, y), subtract(square(x), x)), [0]);
  // 2xy + x² − x
  t.deepEqual(await gradientsAt(loss, { dx: x, dy: y }), { dx: [4 + 6 - 1, 14 - 10 - 1], dy: [6, -10] });
});

test('a value in the middle may be asked for along with those before it', async (t) => {
  const middle = multiply(x, y);
  const loss = reduceSum(square(middle), [0]);
  t.deepEqual(await gradientsAt(loss, { dm: middle, dx: x }), { dm: [12, -70], dx: [24, -490] });
});

test('the gradient of the loss with respect to itself is 1', async (t) => {
  const loss = reduceSum(x, [0]);
  t.deepEqual(await gradientsAt(loss, { dl: loss }), { dl: [1] });
});

test('only ways to a parameter are differentiated', async (t) => {
  // maximum has no gradient rule; y is data here.
  const loss = reduceSum(multiply(x, maximum(y, scalar(3, 'float64'))), [0]);
  t.deepEqual(await gradientsAt(loss, { dx: x }), { dx: [3, 7] });
});

test('a gradient can be differentiated again', async (t) => {
  const [first] = gradient(reduceSum(multiply(square(x), y), [0]), [x]);
  t.deepEqual(await gradientsAt(reduceSum(first, [0]), { dxx: x, dxy: y }), { dxx: [4, 14], dxy: [6, -10] });
});

const errors: [title: string, make: () => unknown, message: string][] = [
  ['a loss of many values', () => gradient(square(x), [x]), 'gradient: expected a scalar loss, got float64[2]'],
  [
    'a loss of unknown size',
    () => gradient(input('x', 'float32', ['batch']), []),
    'gradient: needs a fixed shape, got float32[batch]',
  ],
  [
    'a parameter that the loss does not depend on',
    () => gradient(reduceSum(x, [0]), [x, y]),
    'gradient: the loss does not depend on float64[2]',
  ],
  [
    'an operator without a rule on the way',
    () => gradient(reduceSum(maximum(x, y), [0]), [x]),
    'gradient: Max has no gradient rule',
  ],
  [
    'a way through whole numbers only',
    () => gradient(reduceSum(cast(cast(x, 'int32'), 'float64'), [0]), [x]),
    'gradient: the loss does not depend on float64[2]',
  ],
];
for (const [title, make, message] of errors)
  test(`refused: ${title}`, (t) => {
    t.throws(make, { instanceOf: GraphError, message });
  });
