import test from 'ava';
import { batchMatmul, GraphError, gradient, input, matmul, reduceSum, sort, type Value } from '../../src/onnx/index.js';
import { evaluate } from './evaluate.js';
import { at, fill, type Grid } from './grid.js';
import { testOperator } from './operator-macro.js';

for (const transposeA of [false, true])
  for (const transposeB of [false, true])
    for (const bias of [false, true])
      testOperator(`matmul${transposeA ? ' aᵀ' : ''}${transposeB ? ' bᵀ' : ''}${bias ? ' + bias' : ''}`, {
        operator: (a, b, c) => matmul(a, b, { transposeA, transposeB }, c),
        reference: (a, b, c) => product(transposeA ? turn(a) : a, transposeB ? turn(b) : b, c),
        shapes: [transposeA ? [3, 2] : [2, 3], transposeB ? [4, 3] : [3, 4], ...(bias ? [[4]] : [])],
      });

function turn(x: Grid): Grid {
  return fill([x.shape[1], x.shape[0]], ([i, j]) => at(x, [j, i]));
}

function product(a: Grid, b: Grid, bias: Grid | undefined): Grid {
  return fill([a.shape[0], b.shape[1]], ([i, j]) => {
    let sum = bias ? bias.data[j] : 0;
    for (let k = 0; k < a.shape[1]; k++) sum += at(a, [i, k]) * at(b, [k, j]);
    return sum;
  });
}

for (const shape of [[5], [1], [3, 4], [2, 2, 3]])
  testOperator('sort', { operator: sort, reference: sorted, shapes: [shape] });

function sorted({ shape, data }: Grid): Grid {
  const length = shape[shape.length - 1];
  const rows = Array.from({ length: data.length / length }, (_, row) => data.slice(row * length, (row + 1) * length));
  return { shape, data: rows.flatMap((row) => row.toSorted((a, b) => b - a)) };
}

test('the gradient of equal values goes to each of them once', async (t) => {
  const x = input('x', 'float64', [4]);
  const [out] = gradient(reduceSum(sort(x), [0]), [x]);
  t.deepEqual((await evaluate({ x }, { out }, { x: { shape: [4], data: [2, 2, 1, 2] } })).out.data, [1, 1, 1, 1]);
});

const a = input('a', 'float32', [2, 3]);
const b = input('b', 'float32', [4, 3]);
const double = input('double', 'float64', [3, 2]);
const bias = input('bias', 'float32', [3]);
const whole = input('whole', 'int32', [2, 3]);
const errors: [title: string, make: () => Value, message: string][] = [
  ['inner sizes differ', () => matmul(a, b), 'Gemm: inner sizes of float32[2, 3] and float32[4, 3] differ: 3 and 4'],
  [
    'inner sizes differ when transposed',
    () => matmul(a, b, { transposeA: true, transposeB: true }),
    'Gemm: inner sizes of float32[2, 3] and float32[4, 3] differ: 2 and 3',
  ],
  ['two types', () => matmul(a, double), 'Gemm: expected one type, got float32[2, 3] and float64[3, 2]'],
  ['a vector', () => matmul(a, bias), 'Gemm: expected two matrices, got float32[2, 3] and float32[3]'],
  [
    'a bias of another length',
    () => matmul(a, b, { transposeB: true }, bias),
    'Gemm: expected a bias of [4], got float32[3]',
  ],
  ['whole numbers', () => matmul(whole, whole), 'Gemm: expected a float type, got int32[2, 3]'],
  ['sort of whole numbers', () => sort(whole), 'TopK: expected a float type, got int32[2, 3]'],
  ['sort of a scalar', () => sort(input('x', 'float32', [])), 'TopK: axis -1 is outside of shape []'],
  [
    'sort along a named size',
    () => sort(input('x', 'float32', ['batch'])),
    'TopK: needs a fixed shape, got float32[batch]',
  ],
];
for (const [title, make, message] of errors)
  test(`refused: ${title}`, (t) => {
    t.throws(make, { instanceOf: GraphError, message });
  });

testOperator('batchMatmul', {
  operator: batchMatmul,
  reference: (a, b) =>
    fill([a.shape[0], a.shape[1], b.shape[2]], ([p, i, j]) => {
      let sum = 0;
      for (let k = 0; k < a.shape[2]; k++) sum += at(a, [p, i, k]) * at(b, [p, k, j]);
      return sum;
    }),
  shapes: [
    [2, 3, 4],
    [2, 4, 5],
  ],
});

test('batchMatmul refuses what does not fit, with both sides', (t) => {
  const many = input('many', 'float32', [2, 3, 4]);
  t.throws(() => batchMatmul(many, many), {
    instanceOf: GraphError,
    message: 'MatMul: float32[2, 3, 4] and float32[2, 3, 4] do not fit as [batch, m, k] and [batch, k, n]',
  });
});
