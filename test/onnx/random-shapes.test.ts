import test from 'ava';
import fc from 'fast-check';
import { add, concat, divide, matmul, multiply, reduceMean, slice, sort, transpose } from '../../src/onnx/index.js';
import { checkGradient, checkValue, type OperatorCase } from './check-operator.js';
import { at, common, fill } from './grid.js';

const size = fc.integer({ min: 1, max: 4 });
const shape = fc.array(size, { minLength: 1, maxLength: 3 });

/** Two shapes that broadcast: a common one, cut at the front and with sizes set to 1. */
const broadcastable = shape.chain((whole) => {
  const part = fc
    .tuple(fc.nat(whole.length), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([cut, single]) => whole.slice(cut).map((dim, i) => (single[i] ? 1 : dim)));
  return fc.tuple(part, part);
});

async function checkAll(operatorCase: OperatorCase): Promise<void> {
  await checkValue(operatorCase, 'float64');
  await checkGradient(operatorCase);
}

/** A seed of its own, so that a failure repeats; each run builds three sessions of some milliseconds. */
const settings = { numRuns: 25, seed: 20260 };

test('broadcasting operators on random shapes', async (t) => {
  const operators = fc.constantFrom(
    { operator: add, of: (a: number, b: number) => a + b },
    { operator: multiply, of: (a: number, b: number) => a * b },
    { operator: divide, of: (a: number, b: number) => a / b },
  );
  await fc.assert(
    fc.asyncProperty(broadcastable, operators, async (shapes, { operator, of }) => {
      await checkAll({
        operator,
        reference: (a, b) => fill(common(a, b), (index) => of(at(a, index), at(b, index))),
        shapes,
        domain: 'nonzero',
      });
    }),
    settings,
  );
  t.pass();
});

test('matrix products of random sizes, transposed at random', async (t) => {
  await fc.assert(
    fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), async (m, k, n, transposeA, transposeB) => {
      await checkAll({
        operator: (a, b, c) => matmul(a, b, { transposeA, transposeB }, c),
        reference: (a, b, c) =>
          fill([m, n], ([i, j]) => {
            let sum = c.data[j];
            for (let l = 0; l < k; l++)
              sum += at(a, transposeA ? [l, i] : [i, l]) * at(b, transposeB ? [j, l] : [l, j]);
            return sum;
          }),
        shapes: [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n], [n]],
      });
    }),
    settings,
  );
  t.pass();
});

test('slices of joined values give the values back', async (t) => {
  await fc.assert(
    fc.asyncProperty(shape, fc.array(size, { minLength: 1, maxLength: 3 }), fc.nat(2), async (base, sizes, pick) => {
      const axis = pick % base.length;
      const chosen = pick % sizes.length;
      const start = sizes.slice(0, chosen).reduce((sum, length) => sum + length, 0);
      const operatorCase: OperatorCase = {
        operator: (...values) => slice(concat(values, axis), axis, start, start + sizes[chosen]),
        reference: (...grids) => grids[chosen],
        shapes: sizes.map((length) => base.with(axis, length)),
      };
      await checkAll(operatorCase);
    }),
    settings,
  );
  t.pass();
});

test('transposed, sorted and averaged values of random shapes', async (t) => {
  await fc.assert(
    fc.asyncProperty(shape, async (dims) => {
      const reversed = dims.map((_, axis) => dims.length - 1 - axis);
      await checkAll({
        operator: (x) => reduceMean(multiply(sort(x), transpose(transpose(x, reversed), reversed)), [-1]),
        reference: (x) => {
          const length = dims[dims.length - 1];
          const rows = Array.from({ length: x.data.length / length }, (_, row) =>
            x.data.slice(row * length, (row + 1) * length),
          );
          const data = rows.map((row) => {
            const descending = row.toSorted((a, b) => b - a);
            return row.reduce((sum, value, i) => sum + value * descending[i], 0) / length;
          });
          return { shape: dims.with(-1, 1), data };
        },
        shapes: [dims],
      });
    }),
    settings,
  );
  t.pass();
});
