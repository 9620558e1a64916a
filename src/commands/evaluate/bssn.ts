/**
 * The Hamiltonian and momentum constraints of vacuum in BSSN variables, χ = e^(−4φ), γ_ij = γ̃_ij / χ (T. W. Baumgarte and S. L. Shapiro,
 * Numerical Relativity, 2010, sections 3.1 and 11.5; M. Alcubierre, Introduction to 3+1 Numerical Relativity, 2008, section 2.8):
 *
 *     H   = R + 2/3 K² − Ã_ij Ã^ij
 *     M_i = D̃^j Ã_ij − 3/2 Ã_i^j ∂_j χ / χ − 2/3 ∂_i K
 *     R   = χ R̃ + 2 D̃² χ − 5/2 γ̃^ij ∂_i χ ∂_j χ / χ
 *     R̃   = −1/2 γ̃^lm γ̃^ij ∂_l ∂_m γ̃_ij + ∂_k Γ̃^k + Γ̃^k γ̃^ij Γ̃_ijk + γ̃^lm γ̃^ij (2 Γ̃^k_li Γ̃_jkm + Γ̃^k_im Γ̃_klj)
 *
 * The third line is the change of R under the conformal factor, the fourth the trace of the evolution's R̃_ij, with the evolved Γ̃^i. Indices
 * are moved by γ̃.
 */
import { differentiate } from './octant-derivative.js';

/** At the n³ nodes of an octant; tensors as xx, xy, xz, yy, yz, zz. */
export interface BssnFields {
  readonly chi: Float64Array;
  readonly metric: readonly Float64Array[];
  readonly curvature: readonly Float64Array[];
  readonly trace: Float64Array;
  readonly gamma: readonly Float64Array[];
}

/** At the (n − 2)³ inner nodes; `momentum` is √(Σ M_i²). */
export interface BssnConstraints {
  readonly hamiltonian: Float64Array<ArrayBuffer>;
  readonly momentum: Float64Array<ArrayBuffer>;
}

const axes = [0, 1, 2] as const;
/** Place of component ij among the six. */
const place = [
  [0, 1, 2],
  [1, 3, 4],
  [2, 4, 5],
] as const;

export function bssnConstraints(fields: BssnFields, n: number, spacing: number): BssnConstraints {
  const first = (field: Float64Array) => axes.map((axis) => differentiate(field, n, axis, spacing));
  /** [l][m] of the first derivatives; symmetric. */
  const second = (firsts: readonly Float64Array[]) =>
    axes.map((l) => axes.map((m) => (m < l ? undefined : differentiate(firsts[l], n, m, spacing))));
  const firstOf = {
    chi: first(fields.chi),
    metric: fields.metric.map(first),
    curvature: fields.curvature.map(first),
    trace: first(fields.trace),
    gamma: fields.gamma.map(first),
  };
  const secondOf = { chi: second(firstOf.chi), metric: firstOf.metric.map(second) };
  const inner = innerNodes(n);
  const hamiltonian = new Float64Array(inner.length);
  const momentum = new Float64Array(inner.length);
  for (const [index, node] of inner.entries()) {
    const at = (field: Float64Array) => field[node];
    const seconds = (field: (Float64Array | undefined)[][]) =>
      axes.map((l) => axes.map((m) => field[Math.min(l, m)][Math.max(l, m)]![node]));
    const geometry = geometryOf(
      matrix(fields.metric.map(at)),
      axes.map((k) => matrix(firstOf.metric.map((derivatives) => derivatives[k][node]))),
    );
    const chi = at(fields.chi);
    const dChi = firstOf.chi.map(at);
    const trace = at(fields.trace);
    const curvature = matrix(fields.curvature.map(at));
    const dCurvature = axes.map((k) => matrix(firstOf.curvature.map((derivatives) => derivatives[k][node])));
    const flat = conformalRicci(geometry, secondOf.metric.map(seconds), fields.gamma.map(at), [
      ...axes.map((k) => firstOf.gamma[k][k][node]),
    ]);
    const ricci =
      chi * flat + 2 * laplacian(geometry, dChi, seconds(secondOf.chi)) - (2.5 * norm(geometry, dChi, dChi)) / chi;
    hamiltonian[index] = ricci + (2 / 3) * trace * trace - square(geometry, curvature);
    momentum[index] = Math.hypot(
      ...axes.map((i) => momentumOf(geometry, i, curvature, dCurvature, chi, dChi) - (2 / 3) * firstOf.trace[i][node]),
    );
  }
  return { hamiltonian, momentum };
}

/** Nodes that do not lie on a face. */
function innerNodes(n: number): number[] {
  const isInner = (node: number) => axes.every((axis) => ![0, n - 1].includes(Math.floor(node / n ** axis) % n));
  return Array.from({ length: n ** 3 }, (_, node) => node).filter(isInner);
}

type Matrix = readonly (readonly number[])[];

interface Geometry {
  /** γ̃^ij */
  readonly inverse: Matrix;
  /** Γ̃_kij, the first index the lowered one, and Γ̃^k_ij. */
  readonly lowered: readonly Matrix[];
  readonly raised: readonly Matrix[];
}

/** `derivatives`: [k] ∂_k γ̃_ij. */
function geometryOf(metric: Matrix, derivatives: readonly Matrix[]): Geometry {
  const inverse = invert(metric);
  const lowered = axes.map((k) =>
    axes.map((i) => axes.map((j) => (derivatives[i][k][j] + derivatives[j][k][i] - derivatives[k][i][j]) / 2)),
  );
  const raised = axes.map((k) => axes.map((i) => axes.map((j) => sumOver((l) => inverse[k][l] * lowered[l][i][j]))));
  return { inverse, lowered, raised };
}

/** R̃; `seconds`: by component, then [l][m]; `divergence`: ∂_x Γ̃^x, ∂_y Γ̃^y, ∂_z Γ̃^z. */
function conformalRicci(
  { inverse, lowered, raised }: Geometry,
  seconds: readonly Matrix[],
  gamma: readonly number[],
  divergence: readonly number[],
): number {
  let sum = sumOver((k) => divergence[k]);
  for (const i of axes)
    for (const j of axes) {
      const wave = sumOver((l) => sumOver((m) => inverse[l][m] * seconds[place[i][j]][l][m]));
      const drift = sumOver((k) => gamma[k] * lowered[i][j][k]);
      const products = sumOver((l) =>
        sumOver(
          (m) =>
            inverse[l][m] * sumOver((k) => 2 * raised[k][l][i] * lowered[j][k][m] + raised[k][i][m] * lowered[k][l][j]),
        ),
      );
      sum += inverse[i][j] * (-wave / 2 + drift + products);
    }
  return sum;
}

/** γ̃^ij (∂_i ∂_j f − Γ̃^k_ij ∂_k f) */
function laplacian({ inverse, raised }: Geometry, first: readonly number[], second: Matrix): number {
  return sumOver((i) => sumOver((j) => inverse[i][j] * (second[i][j] - sumOver((k) => raised[k][i][j] * first[k]))));
}

/** γ̃^ij a_i b_j */
function norm({ inverse }: Geometry, a: readonly number[], b: readonly number[]): number {
  return sumOver((i) => sumOver((j) => inverse[i][j] * a[i] * b[j]));
}

/** A_ij A^ij */
function square({ inverse }: Geometry, tensor: Matrix): number {
  const mixed = axes.map((i) => axes.map((j) => sumOver((k) => inverse[i][k] * tensor[k][j])));
  return sumOver((i) => sumOver((j) => mixed[i][j] * mixed[j][i]));
}

/** D̃^j Ã_ij − 3/2 Ã_i^j ∂_j χ / χ; `derivatives`: [k] ∂_k Ã_ij. */
function momentumOf(
  { inverse, raised }: Geometry,
  i: number,
  curvature: Matrix,
  derivatives: readonly Matrix[],
  chi: number,
  dChi: readonly number[],
): number {
  return sumOver((j) =>
    sumOver((k) => {
      const moved = sumOver((l) => raised[l][k][i] * curvature[l][j] + raised[l][k][j] * curvature[i][l]);
      return inverse[j][k] * (derivatives[k][i][j] - moved - (1.5 * curvature[i][j] * dChi[k]) / chi);
    }),
  );
}

function sumOver(term: (index: number) => number): number {
  return term(0) + term(1) + term(2);
}

function matrix(components: readonly number[]): Matrix {
  return place.map((row) => row.map((component) => components[component]));
}

/** Of a symmetric matrix, by cofactors. */
function invert(metric: Matrix): Matrix {
  const cofactor = (i: number, j: number) => {
    const [a, b, c, d] = [(i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3];
    return metric[a][c] * metric[b][d] - metric[a][d] * metric[b][c];
  };
  const determinant = sumOver((j) => metric[0][j] * cofactor(0, j));
  return axes.map((i) => axes.map((j) => cofactor(i, j) / determinant));
}
