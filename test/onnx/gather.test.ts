import test from 'ava';
import { gather, input, nowhere, padAxis } from '../../src/onnx/index.js';
import { at, fill, type Grid } from './grid.js';
import { testOperator } from './operator-macro.js';

function gathered(x: Grid, axis: number, indices: readonly number[]): Grid {
  const shape = x.shape.map((dim, i) => (i === axis ? indices.length : dim));
  return fill(shape, (index) => {
    const source = indices[index[axis]];
    return source === nowhere ? 0 : at(x, index.with(axis, source));
  });
}

const lists: Record<string, readonly number[]> = {
  'in another order': [2, 0, 1],
  'some several times, some never': [1, 1, 0, 1],
  'with zeros': [nowhere, 2, nowhere, 0, 0],
  'zeros alone': [nowhere, nowhere],
};

for (const [title, indices] of Object.entries(lists))
  for (const [axis, shape] of [
    [3, 2, 4],
    [2, 3, 4],
    [2, 4, 3],
  ].entries())
    testOperator(`gather along axis ${axis}, ${title}`, {
      operator: (x) => gather(x, axis, indices),
      reference: (x) => gathered(x, axis, indices),
      shapes: [shape],
    });

testOperator('padAxis', {
  operator: (x) => padAxis(x, 1, 2, 1),
  reference: (x) =>
    fill([x.shape[0], x.shape[1] + 3], ([i, j]) => (j < 2 || j >= x.shape[1] + 2 ? 0 : at(x, [i, j - 2]))),
  shapes: [[2, 3]],
});

test('gather refuses an index that is not there, and an axis of unknown size', (t) => {
  const x = input('x', 'float32', ['batch', 3]);
  t.throws(() => gather(x, 1, [3]), {
    message: 'Gather: indices must be from -1 to 2 for axis 1 of float32[batch, 3]',
  });
  t.throws(() => gather(x, 0, [0]), { message: 'Gather: axis 0 of float32[batch, 3] must be fixed' });
});
