/** Analytic solutions of the constraints: what is left is the error of the derivatives, which vanishes with the spacing. */
import test from 'ava';
import { type BssnConstraints, type BssnFields, bssnConstraints } from '../../src/commands/evaluate/bssn.js';
import { differentiate } from '../../src/commands/evaluate/octant-derivative.js';
import { assertClose, magnitude } from '../close.js';

type Point = readonly [number, number, number];
type Matrix = readonly (readonly number[])[];
/** γ_ij and K_ij, both with lower indices. */
type Slice = (point: Point) => { metric: Matrix; curvature: Matrix };

const n = 7;
const axes = [0, 1, 2] as const;
const sumOver = (term: (axis: number) => number) => term(0) + term(1) + term(2);
const six = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 1],
  [1, 2],
  [2, 2],
] as const;
const matrix = (element: (i: number, j: number) => number): Matrix => axes.map((i) => axes.map((j) => element(i, j)));
const delta = (i: number, j: number) => (i === j ? 1 : 0);

function determinantOf([[a, b, c], [d, e, f], [g, h, k]]: Matrix | never): number {
  return a! * (e! * k! - f! * h!) - b! * (d! * k! - f! * g!) + c! * (d! * h! - e! * g!);
}

/** By Cramer's rule. */
function inverseOf(metric: Matrix): Matrix {
  const replaced = (column: number, row: number) =>
    metric.map((line, i) => line.map((value, j) => (j === column ? delta(i, row) : value)));
  return matrix((i, j) => determinantOf(replaced(i, j)) / determinantOf(metric));
}

/** χ = det(γ)^(−1/3), γ̃ = χ γ, K = γ^ij K_ij, Ã_ij = χ (K_ij − γ_ij K / 3). */
function conformal(slice: Slice, point: Point) {
  const { metric, curvature } = slice(point);
  const chi = determinantOf(metric) ** (-1 / 3);
  const inverse = inverseOf(metric);
  const trace = sumOver((i) => sumOver((j) => inverse[i]![j]! * curvature[i]![j]!));
  return {
    chi,
    trace,
    metric: matrix((i, j) => chi * metric[i]![j]!),
    curvature: matrix((i, j) => chi * (curvature[i]![j]! - (metric[i]![j]! * trace) / 3)),
  };
}

/** Γ̃^i = −∂_j γ̃^ij, by an eighth-order difference of a small step: some 1e-11 off. */
function gammaOf(slice: Slice, point: Point, i: number): number {
  const step = 1e-2;
  const weights = [4 / 5, -1 / 5, 4 / 105, -1 / 280];
  return -sumOver((j) => {
    const at = (offset: number) => {
      const moved = point.map((value, axis) => value + (axis === j ? offset * step : 0)) as unknown as Point;
      return inverseOf(conformal(slice, moved).metric)[i]![j]!;
    };
    return weights.reduce((sum, weight, k) => sum + (weight * (at(k + 1) - at(-k - 1))) / step, 0);
  });
}

function fieldsOf(slice: Slice, centre: Point, spacing: number): BssnFields {
  const points = Array.from({ length: n ** 3 }, (_, node) =>
    axes.map((axis) => centre[axis] + spacing * ((Math.floor(node / n ** axis) % n) - (n - 1) / 2)),
  ) as unknown as Point[];
  const values = points.map((point) => conformal(slice, point));
  const field = (of: (value: (typeof values)[number], point: Point) => number) =>
    Float64Array.from(values, (value, node) => of(value, points[node]!));
  return {
    chi: field(({ chi }) => chi),
    trace: field(({ trace }) => trace),
    metric: six.map(([i, j]) => field(({ metric }) => metric[i]![j]!)),
    curvature: six.map(([i, j]) => field(({ curvature }) => curvature[i]![j]!)),
    gamma: axes.map((i) => field((_, point) => gammaOf(slice, point, i))),
  };
}

const radius = (point: Point) => Math.hypot(...point);
const none = matrix(() => 0);

const slices: Record<string, Slice> = {
  /** ψ = 1 + Σ m / 2r, γ = ψ⁴ δ: two black holes at rest (Brill and Lindquist, 1963). */
  'Brill–Lindquist': ([x, y, z]) => {
    const psi = 1 + 0.5 / (2 * Math.hypot(x, y, z - 1)) + 0.7 / (2 * Math.hypot(x, y, z + 1));
    return { metric: matrix((i, j) => psi ** 4 * delta(i, j)), curvature: none };
  },
  /** Flat space in bent coordinates, γ = Jᵀ J. */
  'flat space in bent coordinates': ([x, y, z]) => {
    const jacobian = [
      [1 + 0.2 * Math.cos(x + 2 * y), 0.4 * Math.cos(x + 2 * y), 0],
      [0.3 * z, 1, 0.3 * x],
      [0, -0.2 * Math.sin(y + z), 1 - 0.2 * Math.sin(y + z)],
    ];
    return {
      metric: matrix((i, j) => sumOver((k) => jacobian[k]![i]! * jacobian[k]![j]!)),
      curvature: none,
    };
  },
  /**
   * A black hole in Kerr–Schild coordinates (Baumgarte and Shapiro, table 2.1), M = 1: γ = δ + 2/r l l, K_ij = 2 α / r² (δ_ij − (2 + 1/r) l_i l_j),
   * α = (1 + 2/r)^(−1/2), l = x / r. All fields of BSSN differ from those of flat space.
   */
  'Kerr–Schild': (point) => {
    const r = radius(point);
    const l = point.map((value) => value / r);
    const alpha = (1 + 2 / r) ** -0.5;
    return {
      metric: matrix((i, j) => delta(i, j) + (2 / r) * l[i]! * l[j]!),
      curvature: matrix((i, j) => ((2 * alpha) / r ** 2) * (delta(i, j) - (2 + 1 / r) * l[i]! * l[j]!)),
    };
  },
};

const centre: Point = [1.9, -1.3, 2.2];
const largest = ({ hamiltonian, momentum }: BssnConstraints) => [magnitude(hamiltonian), magnitude(momentum)] as const;

for (const [title, slice] of Object.entries(slices))
  test(`${title}: the constraints vanish with the fifth power of the spacing`, (t) => {
    const [coarse, fine] = [0.16, 0.08].map((spacing) =>
      largest(bssnConstraints(fieldsOf(slice, centre, spacing), n, spacing)),
    );
    t.log(coarse, fine);
    for (const [index, name] of ['Hamiltonian', 'momentum'].entries()) {
      t.true(fine![index]! < 1e-3, `${name}: ${fine![index]}`);
      // Half the spacing: 2⁵ for second derivatives, 2⁶ for first ones. Exactly 0 is the momentum of what is at rest.
      t.true(
        fine![index] === 0 || fine![index]! < coarse![index]! / 2 ** 4.5,
        `${name}: ${coarse![index]} to ${fine![index]}`,
      );
    }
  });

/** The fields in which an error must be noticed. */
const changed: Record<string, (fields: BssnFields) => Float64Array> = {
  chi: ({ chi }) => chi,
  trace: ({ trace }) => trace,
  metric: ({ metric }) => metric[1]!,
  curvature: ({ curvature }) => curvature[4]!,
  gamma: ({ gamma }) => gamma[2]!,
};

for (const [name, fieldIn] of Object.entries(changed))
  test(`an error of 1e-3 in ${name} is seen`, (t) => {
    const spacing = 0.08;
    const [good, bad] = [0, 1e-3].map((amplitude) => {
      const fields = fieldsOf(slices['Kerr–Schild']!, centre, spacing);
      const field = fieldIn(fields);
      for (const node of field.keys()) {
        const [x, y, z] = axes.map((axis) => spacing * (Math.floor(node / n ** axis) % n));
        field[node]! += amplitude * Math.sin(4 * x! + 3 * y! + 2 * z!);
      }
      return Math.max(...largest(bssnConstraints(fields, n, spacing)));
    });
    t.true(bad! > 1e-4 && bad! > 20 * good!, `${good} to ${bad}`);
  });

test('a polynomial of degree 6 is differentiated exactly, along each axis', (t) => {
  const polynomial = (value: number) => value ** 6 - 2 * value ** 3 + value;
  const derivative = (value: number) => 6 * value ** 5 - 6 * value ** 2 + 1;
  for (const axis of axes) {
    const at = (node: number) => 0.25 * (Math.floor(node / n ** axis) % n) - 1;
    const values = Float64Array.from({ length: n ** 3 }, (_, node) => polynomial(at(node)));
    const expected = values.map((_, node) => derivative(at(node)));
    // Sums of seven terms of some tens: 1e-16 of them, divided by the spacing.
    t.notThrows(() => assertClose(differentiate(values, n, axis, 0.25), expected, () => 1e-12, `axis ${axis}`));
  }
});
