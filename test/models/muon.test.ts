import test from 'ava';
import { createOrthogonaliser } from '../../src/engines/onnx/orthogonalise.js';
import { architecture } from '../../src/models/architectures.js';
import { type MatrixShape, matrixShapes, muon } from '../../src/models/muon.js';
import { adam } from '../../src/models/optimiser.js';
import { parameterLayout } from '../../src/models/parameters.js';
import { random } from '../../src/models/random.js';
import { assertClose } from '../close.js';
import { emptyState } from './empty-state.js';

type Matrix = number[][];

const transposed = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
const rowsOf = (flat: ArrayLike<number>, [rows, columns]: MatrixShape): Matrix =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => flat[i * columns + j]));

/** The iteration as it is published, on X itself and in float64. */
function reference(gradient: Matrix): Matrix {
  const flip = gradient.length > gradient[0].length;
  let x = flip ? transposed(gradient) : gradient;
  const norm = Math.sqrt(x.flat().reduce((sum, value) => sum + value * value, 0));
  x = x.map((row) => row.map((value) => value / norm));
  for (let i = 0; i < 5; i++) {
    const gram = product(x, transposed(x));
    const square = product(gram, gram);
    const factor = gram.map((row, a) => row.map((value, b) => -4.775 * value + 2.0315 * square[a][b]));
    const change = product(factor, x);
    x = x.map((row, a) => row.map((value, b) => 3.4445 * value + change[a][b]));
  }
  return flip ? transposed(x) : x;
}

const sample = ([rows, columns]: MatrixShape, seed: number) => {
  const source = random(seed);
  return Float32Array.from({ length: rows * columns }, () => source.normal());
};

const shapes: MatrixShape[] = [
  [4, 9],
  [9, 4],
  [6, 6],
  [1, 5],
];

test('a matrix is made orthogonal as the published iteration does it', async (t) => {
  const { orthogonalise, release } = await createOrthogonaliser(shapes, { threads: 1 });
  for (const shape of shapes) {
    const gradient = sample(shape, 1);
    const [made] = await orthogonalise([{ values: gradient, shape }]);
    // float32 against float64; products of X with itself lose half of the digits of small singular values.
    assertClose(made, reference(rowsOf(gradient, shape)).flat(), () => 1e-3, shape.join('×'));
    const [short, long] = [made, [...made]].map((flat) => rowsOf(flat, shape));
    const gram = shape[0] <= shape[1] ? product(short, transposed(long)) : product(transposed(short), long);
    // All singular values between 0.68 and 1.2: the trace of the Gram matrix is the sum of their squares.
    const trace = gram.reduce((sum, row, i) => sum + row[i], 0) / gram.length;
    t.true(trace > 0.46 && trace < 1.44, `${shape}: ${trace}`);
  }
  const [zero] = await orthogonalise([{ values: new Float32Array(36), shape: [6, 6] }]);
  t.true(zero.every((value) => value === 0));
  await release();
});

test('every matrix of a network has a shape, a kernel as taps · inputs by outputs', (t) => {
  t.deepEqual(matrixShapes(parameterLayout(architecture('conv', 5, 16))), [
    [27, 32],
    [864, 64],
    [1728, 128],
    [3456, 256],
    [2048, 16],
    [16, 2048],
    [2048, 128],
    [1024, 64],
    [512, 32],
    [256, 1],
  ]);
});

test('matrices move by the orthogonal momentum, biases as in Adam', async (t) => {
  const layout = parameterLayout({ ...architecture('mlp', 5, 16), decoder: [] });
  const entry = layout.entries[0];
  const bias = layout.entries[1];
  const seen: Float32Array[] = [];
  const optimiser = muon(layout, async (matrices) => {
    seen.push(...matrices.map(({ values }) => values.slice()));
    return matrices.map(({ values }) => values.map(Math.sign));
  });
  const gradients = sample([1, layout.length], 2);
  const rates = { learningRate: 0.01, epsilon: 1e-8 };
  const [byMuon, byAdam] = [new Float32Array(layout.length), new Float32Array(layout.length)];
  const state = emptyState(layout.length);
  await optimiser.update(byMuon, gradients, state, rates);
  await adam().update(byAdam, gradients, emptyState(layout.length), rates);
  const range = [bias.offset, bias.offset + bias.length] as const;
  t.deepEqual(byMuon.subarray(...range), byAdam.subarray(...range));
  // Nesterov: of the first gradient g the velocity is g/20, and the look ahead 19/20 of that and g/20 more.
  assertClose(
    seen[0],
    gradients.subarray(0, entry.length).map((g) => 0.0975 * g),
    () => 1e-6,
    'momentum',
  );
  // 0.2·√512 times the rate.
  const step = 0.01 * 0.2 * Math.sqrt(512);
  assertClose(
    byMuon.subarray(0, entry.length),
    gradients.subarray(0, entry.length).map((g) => -step * Math.sign(g)),
    () => 1e-7,
    'step',
  );
});
