import test from 'ava';
import fc from 'fast-check';
import { GramTransform, gramBasis, gramIntegers } from '../../src/transform/gram.js';
import { assertClose, magnitude } from '../close.js';

/** Orthogonal polynomials in lowest terms (R. A. Fisher and F. Yates, Statistical Tables, table XXIII), degree 1 and up. */
const tables: Record<number, number[][]> = {
  5: [
    [-2, -1, 0, 1, 2],
    [2, -1, -2, -1, 2],
    [-1, 2, 0, -2, 1],
    [1, -4, 6, -4, 1],
  ],
  6: [
    [-5, -3, -1, 1, 3, 5],
    [5, -1, -4, -4, -1, 5],
    [-5, 7, 4, -4, -7, 5],
    [1, -3, 2, 2, -3, 1],
    [-1, 5, -10, 10, -5, 1],
  ],
  7: [
    [-3, -2, -1, 0, 1, 2, 3],
    [5, 0, -3, -4, -3, 0, 5],
    [-1, 1, 1, 0, -1, -1, 1],
    [3, -7, 1, 6, 1, -7, 3],
    [-1, 4, -5, 0, 5, -4, 1],
    [1, -6, 15, -20, 15, -6, 1],
  ],
  8: [
    [-7, -5, -3, -1, 1, 3, 5, 7],
    [7, 1, -3, -5, -5, -3, 1, 7],
    [-7, 5, 7, 3, -3, -7, -5, 7],
    [7, -13, -3, 9, 9, -3, -13, 7],
    [-7, 23, -17, -15, 15, 17, -23, 7],
    [1, -5, 9, -5, -5, 9, -5, 1],
    [-1, 7, -21, 35, -35, 21, -7, 1],
  ],
};
const sizes = [5, 6, 7, 8];
const size = fc.constantFrom(...sizes);
const blocks = size.chain((k) =>
  fc
    .array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: k ** 3, maxLength: k ** 3 })
    .map((values) => ({ k, values: Float64Array.from(values) })),
);

for (const k of sizes) {
  test(`k = ${k}: the polynomials are those of the tables, times a whole number`, (t) => {
    const [constant, ...rows] = gramIntegers(k);
    t.deepEqual(constant, new Array(k).fill(1));
    for (const [i, row] of rows.entries()) {
      const factor = row[k - 1] / tables[k][i][k - 1];
      t.true(Number.isInteger(factor) && factor > 0);
      // + 0: the middle of an odd polynomial may be −0.
      t.deepEqual(
        row.map((value) => value + 0),
        tables[k][i].map((value) => value * factor),
      );
    }
    t.is(rows.length, k - 1);
  });

  test(`k = ${k}: the basis is orthonormal, and exactly even or odd`, (t) => {
    const basis = gramBasis(k);
    for (let n = 0; n < k; n++) {
      const row = basis.subarray(n * k, (n + 1) * k);
      for (let m = 0; m < k; m++) {
        const dot = row.reduce((sum, value, x) => sum + value * basis[m * k + x], 0);
        // Up to eight products of numbers below 1, each off by some units of 2⁻⁵³.
        assertClose([dot], [n === m ? 1 : 0], () => 1e-15, `${n}, ${m}`);
      }
      const mirrored = row.map((_, x) => (n % 2 === 0 ? 1 : -1) * row[k - 1 - x]);
      for (const [x, value] of row.entries()) t.is(value + 0, mirrored[x] + 0);
    }
  });
}

/** The definition: a sum of products over all nodes. */
function definition(values: Float64Array, k: number, [c, b, a]: readonly number[]): number {
  const basis = gramBasis(k);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const [z, y, x] = [Math.floor(i / (k * k)), Math.floor(i / k) % k, i % k];
    sum += values[i] * basis[c * k + z] * basis[b * k + y] * basis[a * k + x];
  }
  return sum;
}

test('forward projects on products of polynomials', (t) => {
  fc.assert(
    fc.property(blocks, fc.nat(), ({ k, values }, choice) => {
      const coefficients = new Float64Array(values.length);
      new GramTransform(k).forward(values, coefficients);
      const at = choice % values.length;
      const degrees = [Math.floor(at / (k * k)), Math.floor(at / k) % k, at % k];
      // 512 products of float64 numbers.
      const rounding = 1e-13 * (1 + magnitude(values)) * k;
      assertClose([coefficients[at]], [definition(values, k, degrees)], () => rounding, `${degrees}`);
    }),
  );
  t.pass();
});

test('the inverse undoes it', (t) => {
  fc.assert(
    fc.property(blocks, ({ k, values }) => {
      const [coefficients, restored] = [new Float64Array(values.length), new Float64Array(values.length)];
      const transform = new GramTransform(k);
      transform.forward(values, coefficients);
      transform.inverse(coefficients, 3 * k - 2, restored);
      // Six passes of up to eight products each; a coefficient is at most √k³ times the largest value.
      assertClose(restored, values, () => 1e-14 * k ** 1.5 * magnitude(values), 'values');
    }),
  );
  t.pass();
});

/** In the order that docs/record.md gives, one line at a time, nothing left out. */
function specified(coefficients: Float64Array, k: number): Float64Array {
  const basis = gramBasis(k);
  const values = coefficients.slice();
  for (const step of [1, k, k * k])
    for (let start = 0; start < values.length; start++) {
      if (Math.floor(start / step) % k !== 0) continue;
      const line = Array.from({ length: 8 }, (_, n) => (n < k ? values[start + n * step] : 0));
      for (let x = 0; 2 * x < k; x++) {
        const term = (n: number) => (n < k ? line[n] * basis[n * k + x] : 0);
        const even = term(0) + term(2) + term(4) + term(6);
        const odd = term(1) + term(3) + term(5) + term(7);
        values[start + (k - 1 - x) * step] = even - odd;
        values[start + x * step] = even + odd;
      }
    }
  return values;
}

test('of fewer shells the inverse gives the same bits, those of the documented order', (t) => {
  fc.assert(
    fc.property(blocks, fc.integer({ min: 1, max: 22 }), fc.boolean(), ({ k, values }, wanted, isTiny) => {
      const shells = Math.min(wanted, 3 * k - 2);
      const coefficients = values.map((value, i) => {
        const sum = Math.floor(i / (k * k)) + (Math.floor(i / k) % k) + (i % k);
        // Whole multiples of the smallest number: products vanish, also to −0.
        const sized = isTiny ? Math.round(value / 250) * 2 ** -1074 : value;
        return sum < shells ? sized + 0 : 0;
      });
      const [few, all] = [new Float64Array(values.length), new Float64Array(values.length)];
      const transform = new GramTransform(k);
      transform.inverse(coefficients, shells, few);
      transform.inverse(coefficients, 3 * k - 2, all);
      t.deepEqual(few, all);
      t.deepEqual(all, specified(coefficients, k));
    }),
  );
});
