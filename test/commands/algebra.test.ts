import test from 'ava';
import { algebraicConstraints } from '../../src/commands/evaluate/algebra.js';
import { random } from '../../src/models/random.js';
import { assertClose } from '../close.js';

type Matrix = readonly (readonly number[])[];
const pairs = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 1],
  [1, 2],
  [2, 2],
] as const;

/** Points of symmetric matrices as components xx, xy, xz, yy, yz, zz. */
const components = (points: readonly Matrix[]) =>
  pairs.map(([i, j]) => Float64Array.from(points, (matrix) => matrix[i]![j]!));
const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => [0, 1, 2].map((j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const transpose = (a: Matrix): Matrix => [0, 1, 2].map((i) => a.map((row) => row[i]!));

test('det and trace of γ = L Lᵀ and A = L D Lᵀ: the squared diagonal of L, and the trace of D', (t) => {
  const source = random(8);
  const number = () => source.normal();
  const lower = Array.from(
    { length: 50 },
    (): Matrix => [
      [1 + source.uniform(), 0, 0],
      [number(), 1 + source.uniform(), 0],
      [number(), number(), 1 + source.uniform()],
    ],
  );
  const inner = lower.map((): Matrix => {
    const [xy, xz, yz] = [number(), number(), number()];
    return [
      [number(), xy, xz],
      [xy, number(), yz],
      [xz, yz, number()],
    ];
  });
  const metric = lower.map((matrix) => multiply(matrix, transpose(matrix)));
  const curvature = lower.map((matrix, i) => multiply(multiply(matrix, inner[i]!), transpose(matrix)));
  const { determinant, trace } = algebraicConstraints(components(metric), components(curvature));
  // tr(γ⁻¹ A) = tr(L⁻ᵀ L⁻¹ L D Lᵀ) = tr D.
  const traces = inner.map((matrix) => matrix[0]![0]! + matrix[1]![1]! + matrix[2]![2]!);
  const determinants = lower.map((matrix) => (matrix[0]![0]! * matrix[1]![1]! * matrix[2]![2]!) ** 2 - 1);
  // Components up to some 10, cofactors up to some 100, and the determinant is at least 1: 1e-16 of their products.
  t.notThrows(() => assertClose(determinant, determinants, () => 1e-11, 'determinant'));
  t.notThrows(() => assertClose(trace, traces, () => 1e-11, 'trace'));
});

test('flat space satisfies both exactly', (t) => {
  const flat: Matrix = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const traceless: Matrix = [
    [1, 7, 5],
    [7, -3, 4],
    [5, 4, 2],
  ];
  const { determinant, trace } = algebraicConstraints(components([flat]), components([traceless]));
  t.deepEqual([determinant[0], trace[0]], [0, 0]);
});
