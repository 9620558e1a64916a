import test from 'ava';
import {
  add,
  cast,
  constant,
  divide,
  equal,
  exp,
  expand,
  GraphError,
  gradient,
  greater,
  input,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  relu,
  scalar,
  sqrt,
  square,
  subtract,
  type Value,
  where,
} from '../../src/onnx/index.js';
import { evaluate } from './evaluate.js';
import { at, common, type Domain, fill, type Grid, indices } from './grid.js';
import { testOperator } from './operator-macro.js';

const broadcasts = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[], [2, 3]],
  [
    [4, 1, 3],
    [2, 1],
  ],
  [[1, 1], [3]],
];

type Two = (a: number, b: number) => number;
const binary: [title: string, operator: (a: Value, b: Value) => Value, of: Two, domain: Domain, smooth: boolean][] = [
  ['add', add, (a, b) => a + b, 'real', true],
  ['subtract', subtract, (a, b) => a - b, 'real', true],
  ['multiply', multiply, (a, b) => a * b, 'real', true],
  ['divide', divide, (a, b) => a / b, 'nonzero', true],
  ['minimum', minimum, Math.min, 'real', false],
  ['maximum', maximum, Math.max, 'real', false],
  ['greater', (a, b) => cast(greater(a, b), a.type), (a, b) => Number(a > b), 'real', false],
];
for (const [title, operator, of, domain, smooth] of binary)
  for (const shapes of broadcasts)
    testOperator(title, {
      operator,
      reference: (a, b) => fill(common(a, b), (index) => of(at(a, index), at(b, index))),
      shapes,
      domain,
      ...(smooth ? {} : { differentiable: false }),
    });

const unary: [title: string, operator: (x: Value) => Value, of: (x: number) => number, domain: Domain][] = [
  ['negate', negate, (x) => -x, 'real'],
  ['exp', exp, Math.exp, 'real'],
  ['log', log, Math.log, 'positive'],
  ['sqrt', sqrt, Math.sqrt, 'positive'],
  ['square', square, (x) => x * x, 'real'],
  ['relu', relu, (x) => Math.max(x, 0), 'nonzero'],
];
for (const [title, operator, of, domain] of unary)
  for (const shape of [[4, 3], []])
    testOperator(title, { operator, reference: (x) => ({ ...x, data: x.data.map(of) }), shapes: [shape], domain });

// The condition is fixed: it has no gradient. Its [2, 1] broadcasts against each pair below.
const condition = (type: Value['type']) => cast(constant(Uint8Array.of(1, 0), [2, 1]), type);
for (const shapes of [
  [
    [2, 3],
    [2, 3],
  ],
  [[3], [2, 3]],
  [[], [3]],
  [
    [2, 1],
    [1, 1],
  ],
])
  testOperator('where', {
    operator: (a, b) => where(greater(condition(a.type), scalar(0, a.type)), a, b),
    reference: (a, b) =>
      fill(common({ shape: [2, 1], data: [] }, a, b), (index) => (index[0] === 0 ? at(a, index) : at(b, index))),
    shapes,
  });

const folds: [
  title: string,
  operator: (x: Value, axes: number[]) => Value,
  of: (values: number[]) => number,
  smooth: boolean,
][] = [
  ['reduceSum', reduceSum, sum, true],
  ['reduceMean', reduceMean, (values) => sum(values) / values.length, true],
  ['reduceMin', reduceMin, (values) => Math.min(...values), false],
  ['reduceMax', reduceMax, (values) => Math.max(...values), false],
];
for (const [title, operator, of, smooth] of folds)
  for (const axes of [[0], [1], [-1], [0, 2], [1, -3], [0, 1, 2], [2, -1], []])
    testOperator(`${title} over [${axes}]`, {
      operator: (x) => operator(x, axes),
      reference: (x) => fold(x, axes, of),
      shapes: [[2, 3, 4]],
      ...(smooth ? {} : { differentiable: false }),
    });

function fold(x: Grid, axes: readonly number[], of: (values: number[]) => number): Grid {
  const reduced = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  const shape = x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  const collapse = (index: readonly number[]) => index.map((i, axis) => (reduced.includes(axis) ? 0 : i)).join();
  return fill(shape, (target) =>
    of(
      indices(x.shape)
        .filter((index) => collapse(index) === target.join())
        .map((index) => at(x, index)),
    ),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

testOperator('expand', {
  operator: (x) => expand(x, [4, 2, 3]),
  reference: (x) => fill([4, 2, 3], (index) => at(x, index)),
  shapes: [[2, 1]],
  differentiable: false,
});

test('equal compares numbers', async (t) => {
  const x = input('x', 'float64', [4]);
  const same = cast(equal(x, scalar(2, 'float64')), 'float64');
  const { out } = await evaluate({ x }, { out: same }, { x: { shape: [4], data: [1, 2, Number.NaN, 2] } });
  t.deepEqual(out.data, [0, 1, 0, 1]);
});

test('the gradient of relu at 0 is 0', async (t) => {
  const x = input('x', 'float64', [3]);
  const [out] = gradient(reduceSum(relu(x), [0]), [x]);
  t.deepEqual((await evaluate({ x }, { out }, { x: { shape: [3], data: [-1, 0, 1] } })).out.data, [0, 0, 1]);
});

test('where passes over what the condition hides, NaN included', async (t) => {
  const x = input('x', 'float64', [3]);
  const positive = greater(x, scalar(0, 'float64'));
  const out = where(positive, x, scalar(7, 'float64'));
  const { data } = (await evaluate({ x }, { out }, { x: { shape: [3], data: [-1, Number.NaN, 2] } })).out;
  t.deepEqual(data, [7, 7, 2]);
});

test('a cast to float32 and back rounds; its gradient is cast back', async (t) => {
  const x = input('x', 'float64', [2]);
  const single = cast(x, 'float32');
  const [slope] = gradient(reduceSum(multiply(single, single), [0]), [x]);
  t.is(slope.type, 'float64');
  const data = [1 + 1e-9, 0.1];
  const results = await evaluate({ x }, { single, slope }, { x: { shape: [2], data } });
  t.deepEqual(results.single.data, data.map(Math.fround));
  t.deepEqual(
    results.slope.data,
    data.map((value) => 2 * Math.fround(value)),
  );
});

test('a mask made from a parameter counts as fixed', async (t) => {
  const x = input('x', 'float64', [3]);
  const mask = cast(greater(x, scalar(0, 'float64')), 'float64');
  const [out] = gradient(reduceSum(multiply(mask, x), [0]), [x]);
  t.deepEqual((await evaluate({ x }, { out }, { x: { shape: [3], data: [-3, 2, 5] } })).out.data, [0, 1, 1]);
});

const a = input('a', 'float32', [2, 3]);
const wide = input('wide', 'float32', [2, 4]);
const double = input('double', 'float64', [2, 3]);
const whole = input('whole', 'int32', [2, 3]);
const flag = greater(a, a);
const errors: [title: string, make: () => unknown, message: string][] = [
  ['shapes that do not broadcast', () => add(a, wide), 'Add: shapes [2, 3] and [2, 4] do not broadcast'],
  [
    'sizes by name are equal only to themselves',
    () => add(input('b', 'float32', ['batch']), input('r', 'float32', ['rows'])),
    'Add: shapes [batch] and [rows] do not broadcast',
  ],
  ['two types', () => multiply(a, double), 'Mul: expected one type, got float32[2, 3] and float64[2, 3]'],
  ['whole numbers', () => exp(whole), 'Exp: expected a float type, got int32[2, 3]'],
  [
    'comparison of two types',
    () => greater(a, double),
    'Greater: expected one type, got float32[2, 3] and float64[2, 3]',
  ],
  [
    'branches of two types',
    () => where(flag, a, double),
    'Where: expected one type, got float32[2, 3] and float64[2, 3]',
  ],
  ['branches that do not broadcast', () => where(flag, a, wide), 'Where: shapes [2, 3] and [2, 4] do not broadcast'],
  ['a condition that is no condition', () => where(a, a, a), 'Where: expected a bool condition, got float32[2, 3]'],
  ['a sum over an axis that is not there', () => reduceSum(a, [2]), 'ReduceSum: axis 2 is outside of shape [2, 3]'],
  ['a sum over an axis before the first', () => reduceMax(a, [-3]), 'ReduceMax: axis -3 is outside of shape [2, 3]'],
];
for (const [title, make, message] of errors)
  test(`refused: ${title}`, (t) => {
    t.throws(make, { instanceOf: GraphError, message });
  });
