/** Matrix products and sorting. */

import { reduceSum } from './arithmetic.js';
import { reshape, transpose } from './layout.js';
import {
  constant,
  describe,
  fixedShape,
  GraphError,
  int64s,
  node,
  requireFloat,
  requireSameType,
  resolveAxis,
  singleNode,
  type Value,
} from './value.js';

export interface MatmulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
}

/** op(a)·op(b) of two matrices, op a transposition where asked for; with `bias` [n], added to every row. */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}, bias?: Value): Value {
  requireFloat('Gemm', a, b);
  requireSameType('Gemm', a, b, ...(bias ? [bias] : []));
  if (a.shape.length !== 2 || b.shape.length !== 2)
    throw new GraphError(`Gemm: expected two matrices, got ${describe(a)} and ${describe(b)}`);
  const { transposeA = false, transposeB = false } = options;
  const [rows, inner] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  const [innerB, columns] = transposeB ? [b.shape[1], b.shape[0]] : b.shape;
  if (inner !== innerB)
    throw new GraphError(`Gemm: inner sizes of ${describe(a)} and ${describe(b)} differ: ${inner} and ${innerB}`);
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== columns))
    throw new GraphError(`Gemm: expected a bias of [${columns}], got ${describe(bias)}`);
  return singleNode({
    operator: 'Gemm',
    attributes: { transA: Number(transposeA), transB: Number(transposeB) },
    inputs: bias ? [a, b, bias] : [a, b],
    type: a.type,
    shape: [rows, columns],
    gradient: (g) => {
      const forA = transposeA
        ? matmul(b, g!, { transposeA: transposeB, transposeB: true })
        : matmul(g!, b, { transposeB: !transposeB });
      const forB = transposeB
        ? matmul(g!, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, g!, { transposeA: !transposeA });
      return bias ? [forA, forB, sumOfRows(g!)] : [forA, forB];
    },
  });
}

/** [rows, columns] → [columns], as a product with ones where it can be: a step of small batches takes up to 5 % less time. */
function sumOfRows(x: Value): Value {
  const [rows, columns] = x.shape;
  const ones = { float32: Float32Array, float64: Float64Array }[x.type as string];
  if (!ones || typeof rows !== 'number') return reshape(reduceSum(x, [0]), [columns]);
  return reshape(matmul(constant(new ones(rows).fill(1), [1, rows]), x), [columns]);
}

/** The product of each pair of matrices: a [batch, m, k] · b [batch, k, n]. */
export function batchMatmul(a: Value, b: Value): Value {
  requireFloat('MatMul', a, b);
  requireSameType('MatMul', a, b);
  if (a.shape.length !== 3 || b.shape.length !== 3 || a.shape[0] !== b.shape[0] || a.shape[2] !== b.shape[1])
    throw new GraphError(`MatMul: ${describe(a)} and ${describe(b)} do not fit as [batch, m, k] and [batch, k, n]`);
  const flip = (x: Value) => transpose(x, [0, 2, 1]);
  return singleNode({
    operator: 'MatMul',
    inputs: [a, b],
    type: a.type,
    shape: [a.shape[0], a.shape[1], b.shape[2]],
    gradient: (g) => [batchMatmul(g!, flip(b)), batchMatmul(flip(a), g!)],
  });
}

/** The values of the last axis in descending order; the gradient goes back to where each value came from. */
export function sort(x: Value): Value {
  requireFloat('TopK', x);
  const shape = fixedShape('TopK', x);
  const axis = resolveAxis('TopK', -1, shape);
  const [values, indices]: Value[] = node({
    operator: 'TopK',
    attributes: { axis, largest: 1, sorted: 1 },
    inputs: [x, int64s([shape[axis]])],
    outputs: [
      { type: x.type, shape },
      { type: 'int64', shape },
    ],
    gradient: (g) => [scatter(g!, indices), undefined],
  });
  return values;
}

/** Puts each element at its index along the last axis; the indices are a permutation. */
function scatter(updates: Value, indices: Value): Value {
  const shape = fixedShape('ScatterElements', updates);
  const length = shape.reduce((product, dim) => product * dim, 1);
  const zeros = updates.type === 'float64' ? new Float64Array(length) : new Float32Array(length);
  return singleNode({
    operator: 'ScatterElements',
    attributes: { axis: shape.length - 1 },
    inputs: [constant(zeros, shape), indices, updates],
    type: updates.type,
    shape,
  });
}
