import test from 'ava';
import { random } from '../../src/models/random.js';
import { GramTransform, gramBasis, gramIntegers } from '../../src/transform/gram.js';

const sizes = [5, 6, 7, 8];

test('the polynomials are those of the tables, but for a factor', (t) => {
  // Orthogonal polynomials for equidistant points: R. A. Fisher, F. Yates, Statistical Tables (1963), table XXIII.
  const tables: Record<number, number[][]> = {
    5: [
      [-2, -1, 0, 1, 2],
      [2, -1, -2, -1, 2],
      [-1, 2, 0, -2, 1],
      [1, -4, 6, -4, 1],
    ],
    7: [
      [-3, -2, -1, 0, 1, 2, 3],
      [5, 0, -3, -4, -3, 0, 5],
      [-1, 1, 1, 0, -1, -1, 1],
      [3, -7, 1, 6, 1, -7, 3],
      [-1, 4, -5, 0, 5, -4, 1],
    ],
  };
  for (const [k, rows] of Object.entries(tables))
    for (const [i, row] of rows.entries()) {
      const got = gramIntegers(Number(k))[i + 1];
      const factor = got[0] / row[0];
      t.deepEqual(
        got.map((value) => value / factor + 0),
        row.map((value) => value + 0),
        `${k}: degree ${i + 1}`,
      );
    }
});

for (const k of sizes) {
  test(`k = ${k}: orthonormal, even and odd to the last bit`, (t) => {
    const basis = gramBasis(k);
    for (let n = 0; n < k; n++) {
      for (let m = 0; m < k; m++) {
        let product = 0;
        for (let x = 0; x < k; x++) product += basis[n * k + x] * basis[m * k + x];
        // A sum of at most 8 products, each rounded to 2⁻⁵³.
        t.true(Math.abs(product - (n === m ? 1 : 0)) < 1e-15);
      }
      for (let x = 0; x < k; x++) t.is(Math.abs(basis[n * k + k - 1 - x]), Math.abs(basis[n * k + x]));
      t.is(Math.sign(basis[n * k + k - 1]), 1);
    }
  });

  test(`k = ${k}: the inverse gives the values back, and needs no more shells than there are`, (t) => {
    const transform = new GramTransform(k);
    const source = random(3, k);
    const [values, back] = [new Float64Array(k ** 3), new Float64Array(k ** 3)];
    const coefficients = new Float64Array(k ** 3);
    for (let i = 0; i < k ** 3; i++) values[i] = source.normal();
    transform.forward(values, coefficients);
    transform.inverse(coefficients, 3 * k - 2, back);
    // Three sums of k products each way.
    t.true(values.every((value, i) => Math.abs(value - back[i]) < 1e-13));
    const shells = 4;
    for (let i = 0; i < k ** 3; i++)
      if (Math.floor(i / k ** 2) + (Math.floor(i / k) % k) + (i % k) >= shells) coefficients[i] = 0;
    const few = new Float64Array(k ** 3);
    transform.inverse(coefficients, 3 * k - 2, back);
    transform.inverse(coefficients, shells, few);
    t.deepEqual(few, back);
  });
}

test('a polynomial has no coefficients beyond its degree', (t) => {
  const k = 7;
  const values = Float64Array.from({ length: k ** 3 }, (_, i) => {
    const [z, y, x] = [Math.floor(i / k ** 2), Math.floor(i / k) % k, i % k];
    return 3 + x - 2 * y * z + x * x;
  });
  const coefficients = new Float64Array(k ** 3);
  new GramTransform(k).forward(values, coefficients);
  for (let i = 0; i < k ** 3; i++) {
    const degree = Math.floor(i / k ** 2) + (Math.floor(i / k) % k) + (i % k);
    // Rounding of values up to 100, in sums of 343.
    if (degree > 2) t.true(Math.abs(coefficients[i]) < 1e-11);
  }
});
