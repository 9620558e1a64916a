/**
 * The discrete Legendre (Gram) polynomials on k equidistant nodes, and the transform of k³ blocks by their products: a
 * smooth function on a block has few coefficients of size. Their values on the nodes are integers, so every number of the
 * basis is one exactly rounded quotient; with sums in a fixed order the inverse gives the same bits on every machine.
 */

/**
 * t(n, x) of degree n = 0 … k − 1 at node x = 0 … k − 1: (n + 1) t(n + 1) = (2n + 1)(2x − k + 1) t(n) − n (k² − n²) t(n − 1), t(0) = 1
 * (Erdélyi et al., Higher Transcendental Functions II, section 10.23).
 */
export function gramIntegers(k: number): number[][] {
  const rows = [new Array<number>(k).fill(1)];
  for (let n = 0; n + 1 < k; n++)
    rows.push(
      rows[n].map(
        (t, x) => ((2 * n + 1) * (2 * x - k + 1) * t - n * (k * k - n * n) * (rows[n - 1]?.[x] ?? 0)) / (n + 1),
      ),
    );
  return rows;
}

/** Orthonormal, flat [degree, node]: t(n, x) / √Σₓ t(n, x)². */
export function gramBasis(k: number): Float64Array {
  const basis = new Float64Array(k * k);
  for (const [n, row] of gramIntegers(k).entries()) {
    const norm = Math.sqrt(row.reduce((sum, t) => sum + t * t, 0));
    for (const [x, t] of row.entries()) basis[n * k + x] = t / norm;
  }
  return basis;
}

/** At most 8 nodes, so a line is spelt out in four pairs. */
const pairs = 4;

/** Transforms blocks of one size, k ≤ 8; holds the work space. */
export class GramTransform {
  readonly k: number;
  /** [degree, pair]: the basis at node x of the pair (x, k − 1 − x); half of it in the middle, where the pair is one node. */
  readonly #halves: Float64Array;
  /** [node, degree], both up to 8, zeros beyond k. */
  readonly #columns: Float64Array;
  readonly #rows: Float64Array;
  readonly #planes: Float64Array;

  constructor(k: number) {
    const basis = gramBasis(k);
    this.k = k;
    this.#halves = new Float64Array(pairs * k);
    this.#columns = new Float64Array(4 * pairs ** 2);
    for (let n = 0; n < k; n++)
      for (let x = 0; 2 * x < k; x++) {
        this.#halves[n * pairs + x] = 2 * x === k - 1 ? basis[n * k + x] / 2 : basis[n * k + x];
        this.#columns[x * 2 * pairs + n] = basis[n * k + x];
      }
    this.#rows = new Float64Array(k ** 3);
    this.#planes = new Float64Array(k ** 3);
  }

  /** values [z, y, x] → coefficients [degree in z, in y, in x] */
  forward(values: Float64Array, coefficients: Float64Array): void {
    const { k } = this;
    this.#project(values, this.#rows, k, k * k, 1);
    this.#project(this.#rows, this.#planes, 1, k * k, k);
    this.#project(this.#planes, coefficients, 1, k, k * k);
  }

  /**
   * The inverse, of coefficients that vanish where the sum of the degrees is `shells` or more. It goes first along x, then y, then z. On
   * a line, node x < k/2 gets E + O and node k − 1 − x gets E − O, where E and O are the sums of coefficient times polynomial at x
   * over the even and the odd degrees, each taken from 0 in ascending degree. So the result is defined bit for bit; terms that
   * vanish change nothing.
   */
  inverse(coefficients: Float64Array, shells: number, values: Float64Array): void {
    const { k } = this;
    const [rows, planes] = [this.#rows, this.#planes];
    const top = Math.min(k, shells);
    for (let a = 0; a < top; a++)
      for (let b = 0; b < Math.min(k, shells - a); b++)
        this.#expand(coefficients, rows, (a * k + b) * k, 1, Math.min(k, shells - a - b));
    for (let a = 0; a < top; a++)
      for (let x = 0; x < k; x++) this.#expand(rows, planes, a * k * k + x, k, Math.min(k, shells - a));
    for (let yx = 0; yx < k * k; yx++) this.#expand(planes, values, yx, k * k, top);
  }

  /** From degrees to nodes on the line of k numbers from `start`, `step` apart; from degree `terms` on they count as zeros. */
  #expand(source: Float64Array, target: Float64Array, start: number, step: number, terms: number): void {
    const columns = this.#columns;
    const c0 = source[start];
    const c1 = terms > 1 ? source[start + step] : 0;
    const c2 = terms > 2 ? source[start + 2 * step] : 0;
    const c3 = terms > 3 ? source[start + 3 * step] : 0;
    const c4 = terms > 4 ? source[start + 4 * step] : 0;
    const c5 = terms > 5 ? source[start + 5 * step] : 0;
    const c6 = terms > 6 ? source[start + 6 * step] : 0;
    const c7 = terms > 7 ? source[start + 7 * step] : 0;
    const last = this.k - 1;
    for (let x = 0; 2 * x <= last; x++) {
      const at = x * 2 * pairs;
      const even = c0 * columns[at] + c2 * columns[at + 2] + c4 * columns[at + 4] + c6 * columns[at + 6];
      const odd = c1 * columns[at + 1] + c3 * columns[at + 3] + c5 * columns[at + 5] + c7 * columns[at + 7];
      target[start + (last - x) * step] = even - odd;
      target[start + x * step] = even + odd;
    }
  }

  /** From nodes to degrees on the k² lines that begin at i · `outer` + j · `inner`. Even polynomials take sums of pairs, odd ones differences. */
  #project(source: Float64Array, target: Float64Array, inner: number, outer: number, step: number): void {
    const { k } = this;
    const halves = this.#halves;
    for (let line = 0; line < k * k; line++) {
      const start = Math.floor(line / k) * outer + (line % k) * inner;
      const end = start + (k - 1) * step;
      const s0 = source[start] + source[end];
      const s1 = source[start + step] + source[end - step];
      const s2 = source[start + 2 * step] + source[end - 2 * step];
      const s3 = source[start + 3 * step] + source[end - 3 * step];
      const d0 = source[start] - source[end];
      const d1 = source[start + step] - source[end - step];
      const d2 = source[start + 2 * step] - source[end - 2 * step];
      const d3 = source[start + 3 * step] - source[end - 3 * step];
      for (let n = 0; n < k; n += 2) {
        const at = n * pairs;
        target[start + n * step] = s0 * halves[at] + s1 * halves[at + 1] + s2 * halves[at + 2] + s3 * halves[at + 3];
      }
      for (let n = 1; n < k; n += 2) {
        const at = n * pairs;
        target[start + n * step] = d0 * halves[at] + d1 * halves[at + 1] + d2 * halves[at + 2] + d3 * halves[at + 3];
      }
    }
  }
}
