import test from 'ava';
import {
  concat,
  expand,
  GraphError,
  input,
  multiply,
  reshape,
  slice,
  transpose,
  type Value,
} from '../../src/onnx/index.js';
import { evaluate } from './evaluate.js';
import { at, fill, type Grid } from './grid.js';
import { testOperator } from './operator-macro.js';

for (const [from, to] of [
  [
    [2, 6],
    [3, 4],
  ],
  [[2, 3], [6]],
  [[4], [2, 1, 2]],
  [[1, 1], []],
])
  testOperator(`reshape to [${to}]`, {
    operator: (x) => reshape(x, to),
    reference: ({ data }) => ({ shape: to, data }),
    shapes: [from],
  });

for (const permutation of [
  [1, 0, 2],
  [2, 0, 1],
  [0, 1, 2],
  [2, 1, 0],
])
  testOperator(`transpose [${permutation}]`, {
    operator: (x) => transpose(x, permutation),
    reference: (x) => transposed(x, permutation),
    shapes: [[2, 3, 4]],
  });

function transposed(x: Grid, permutation: readonly number[]): Grid {
  const shape = permutation.map((axis) => x.shape[axis]);
  return fill(shape, (index) => {
    const source = [...index];
    for (const [i, axis] of permutation.entries()) source[axis] = index[i];
    return at(x, source);
  });
}

for (const [axis, start, end] of [
  [0, 0, 2],
  [0, 3, 4],
  [1, 1, 3],
  [-1, 0, 3],
])
  testOperator(`slice [${start}, ${end}) of axis ${axis}`, {
    operator: (x) => slice(x, axis, start, end),
    reference: (x) => {
      const cut = axis < 0 ? axis + x.shape.length : axis;
      const shape = x.shape.map((size, i) => (i === cut ? end - start : size));
      return fill(shape, (index) => at(x, index.with(cut, index[cut] + start)));
    },
    shapes: [[4, 3]],
  });

for (const { axis, shapes } of [
  {
    axis: 0,
    shapes: [
      [2, 3],
      [1, 3],
      [3, 3],
    ],
  },
  {
    axis: 1,
    shapes: [
      [2, 3],
      [2, 1],
    ],
  },
  {
    axis: -2,
    shapes: [
      [1, 2, 2],
      [1, 1, 2],
    ],
  },
])
  testOperator(`concat along axis ${axis}`, {
    operator: (...values) => concat(values, axis),
    reference: (...grids) => joined(grids, axis < 0 ? axis + shapes[0].length : axis),
    shapes,
  });

function joined(grids: readonly Grid[], axis: number): Grid {
  const total = grids.reduce((sum, { shape }) => sum + shape[axis], 0);
  return fill(grids[0].shape.with(axis, total), (index) => {
    let position = index[axis];
    const owner = grids.find(({ shape }) => {
      if (position < shape[axis]) return true;
      position -= shape[axis];
      return false;
    })!;
    return at(owner, index.with(axis, position));
  });
}

test('one value may be taken apart and put together in another order', async (t) => {
  const x = input('x', 'float64', [3]);
  const out = concat([slice(x, 0, 2, 3), slice(x, 0, 0, 2)], 0);
  t.deepEqual((await evaluate({ x }, { out }, { x: { shape: [3], data: [1, 2, 3] } })).out.data, [3, 1, 2]);
});

test('a named size goes through reshape, transpose, slice, concat and broadcasting', async (t) => {
  const x = input('x', 'float64', ['batch', 2, 2]);
  const rows = reshape(x, ['batch', 4]);
  const out = concat([slice(rows, 1, 3, 4), multiply(rows, slice(rows, 1, 0, 1))], 1);
  const turned = transpose(out, [1, 0]);
  t.deepEqual(out.shape, ['batch', 5]);
  t.deepEqual(turned.shape, [5, 'batch']);
  const results = await evaluate({ x }, { turned }, { x: { shape: [2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] } });
  t.deepEqual(results.turned, { shape: [5, 2], data: [4, 8, 1, 25, 2, 30, 3, 35, 4, 40] });
});

const a = input('a', 'float32', [2, 3]);
const batch = input('batch', 'float32', ['batch', 5, 5]);
const tall = input('tall', 'float32', [3, 3]);
const double = input('double', 'float64', [2, 3]);
const errors: [title: string, make: () => Value, message: string][] = [
  ['reshape to another number of values', () => reshape(a, [4]), 'Reshape: float32[2, 3] does not fit [4]'],
  [
    'reshape of rows of another length',
    () => reshape(batch, ['batch', 24]),
    'Reshape: float32[batch, 5, 5] does not fit [batch, 24]',
  ],
  [
    'reshape with two open sizes',
    () => reshape(batch, ['batch', 'rest']),
    'Reshape: more than one open size in [batch, rest]',
  ],
  ['reshape to a negative size', () => reshape(batch, [-1, 25]), 'Reshape: float32[batch, 5, 5] does not fit [-1, 25]'],
  [
    'transpose with an axis twice',
    () => transpose(a, [0, 0]),
    'Transpose: [0,0] is no permutation of the axes of float32[2, 3]',
  ],
  [
    'transpose with an axis too many',
    () => transpose(a, [0, 1, 2]),
    'Transpose: [0,1,2] is no permutation of the axes of float32[2, 3]',
  ],
  ['slice past the end', () => slice(a, 1, 2, 4), 'Slice: [2, 4) is outside of axis 1 of float32[2, 3]'],
  ['slice backwards', () => slice(a, 1, 2, 1), 'Slice: [2, 1) is outside of axis 1 of float32[2, 3]'],
  ['slice of no axis', () => slice(a, 2, 0, 1), 'Slice: axis 2 is outside of shape [2, 3]'],
  [
    'concat of two types',
    () => concat([a, double], 0),
    'Concat: float64[2, 3] does not fit float32[2, 3] along axis 0',
  ],
  ['concat of two widths', () => concat([a, tall], 1), 'Concat: float32[3, 3] does not fit float32[2, 3] along axis 1'],
  [
    'concat along a named axis',
    () => concat([batch, batch], 0),
    'Concat: axis 0 of float32[batch, 5, 5] must be fixed',
  ],
  ['expand of an axis that is not 1', () => expand(a, [4, 3]), 'Expand: float32[2, 3] does not fit [4, 3]'],
];
for (const [title, make, message] of errors)
  test(`refused: ${title}`, (t) => {
    t.throws(make, { instanceOf: GraphError, message });
  });
