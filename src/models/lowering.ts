/**
 * The cheapest exact form of a convolution. On grids this small most taps of most outputs fall outside, and of a large
 * transposed convolution most outputs may not be wanted. Both forms are matrix products, which onnxruntime runs several
 * times faster than its convolution in three dimensions:
 *
 * - `terms`: for each output the inputs that reach it side by side, times their taps: no product with a zero of the padding.
 *   A dense matrix or patches of the whole kernel ("im2col") have the same products and those with zeros besides, and the
 *   textbook's convolution has as many as the patches: none of them is ever cheaper.
 * - `winograd`: 2³ → 2³ with a kernel of 3³. On each axis that is y₀ = w₁x₀ + w₂x₁, y₁ = w₀x₀ + w₁x₁, which takes three
 *   products, not four: w₁(x₀ + x₁), (w₂ − w₁)x₁ and (w₀ − w₁)x₀ (Winograd, Arithmetic Complexity of Computations, 1980,
 *   the minimal filter F(2, 2)); on three axes 27, not 64.
 */
import {
  concat,
  constant,
  type Dim,
  gather,
  groupIndices,
  matmul,
  nowhere,
  reshape,
  transpose,
  type Value,
} from '../onnx/index.js';
import { convolutionTerms, type Term, type Terms } from './grid.js';
import type { Products } from './products.js';

/** A linear map on positions with channels: y[o] = Σ over its terms of x[input]·weight[tap]. */
export interface PositionMap {
  readonly terms: Terms;
  readonly inputPositions: number;
  readonly taps: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
}

export type Form = 'terms' | 'winograd';

/** Multiply-adds of one block in each form that can do the map, those of Winograd's sums included. */
export function costs({ terms, inputChannels, outputChannels }: PositionMap): Map<Form, number> {
  const channels = inputChannels * outputChannels;
  const forms = new Map<Form, number>([['terms', terms.flat().length * channels]]);
  if (isTwoToTwo(terms)) forms.set('winograd', 27 * channels + 27 * 8 * (inputChannels + outputChannels));
  return forms;
}

/** The form with the fewest multiply-adds; of equal ones the first. */
export function cheapest(map: PositionMap): { form: Form; multiplyAdds: number } {
  const [form, multiplyAdds] = [...costs(map)].reduce((best, next) => (next[1] < best[1] ? next : best));
  return { form, multiplyAdds };
}

/**
 * x [input positions, batch, input channels] → [outputs, batch, output channels]; weight [taps, input channels, output
 * channels].
 */
export function applyMap(
  map: PositionMap,
  x: Value,
  weight: Value,
  products: Products,
  form: Form = cheapest(map).form,
): Value {
  return form === 'terms' ? byTerms(map, x, weight, products) : byWinograd(x, weight, products);
}

/** Outputs of equally many terms are one product of stacks of matrices. */
function byTerms(map: PositionMap, x: Value, weight: Value, products: Products): Value {
  const groups = groupIndices(map.terms.length, (output) => Math.max(1, map.terms[output].length));
  const results = [...groups].map(([count, outputs]) => {
    const lists = outputs.map((output) => (map.terms[output].length > 0 ? map.terms[output] : [nothing]));
    return products.batchMatmul(inputsOf(lists, count, x, map), weightsOf(lists, count, weight, map));
  });
  const order = [...groups.values()].flat();
  const places = map.terms.map((_, output) => order.indexOf(output));
  const joined = results.length === 1 ? results[0] : concat(results, 0);
  return places.every((place, output) => place === output) ? joined : gather(joined, 0, places);
}

/** Stands for no term: zero times a weight. */
const nothing: Term = { input: nowhere, tap: 0 };

/** [outputs, batch, count · input channels] */
function inputsOf(lists: Terms, count: number, x: Value, { inputChannels }: PositionMap): Value {
  const [, batch] = x.shape;
  const inputs = gather(
    x,
    0,
    lists.flatMap((list) => list.map(({ input }) => input)),
  );
  if (count === 1) return inputs;
  const stacked = reshape(inputs, [lists.length, count, batch, inputChannels]);
  return reshape(transpose(stacked, [0, 2, 1, 3]), [lists.length, batch, count * inputChannels]);
}

/** [outputs, count · input channels, output channels] */
function weightsOf(lists: Terms, count: number, weight: Value, { inputChannels, outputChannels }: PositionMap): Value {
  const taps = lists.flatMap((list) => list.map(({ tap }) => tap));
  return reshape(gather(weight, 0, taps), [lists.length, count * inputChannels, outputChannels]);
}

const twoToTwo = JSON.stringify(convolutionTerms({ size: 2, kernel: 3, stride: 1, padding: 1 }));

function isTwoToTwo(terms: Terms): boolean {
  return terms.length === 8 && JSON.stringify(terms) === twoToTwo;
}

type Matrix = readonly (readonly number[])[];

const sumsOfInputs: Matrix = [
  [1, 1],
  [0, 1],
  [1, 0],
];
const sumsOfTaps: Matrix = [
  [0, 1, 0],
  [0, -1, 1],
  [1, -1, 0],
];
const sumsOfProducts: Matrix = [
  [1, 1, 0],
  [1, 0, 1],
];

function byWinograd(x: Value, weight: Value, products: Products): Value {
  const inputs = mix(cubed(sumsOfInputs), x);
  const weights = mix(cubed(sumsOfTaps), weight);
  return mix(cubed(sumsOfProducts), products.batchMatmul(inputs, weights));
}

/** matrix [m, n] on the first axis of x [n, a, b] */
function mix(matrix: Matrix, x: Value): Value {
  const [rows, columns] = [matrix.length, matrix[0].length];
  const [, a, b] = x.shape;
  const rest: Dim = typeof a === 'number' && typeof b === 'number' ? a * b : 'rest';
  const Numbers = x.type === 'float64' ? Float64Array : Float32Array;
  const fixed = constant(Numbers.from(matrix.flat()), [rows, columns]);
  return reshape(matmul(fixed, reshape(x, [columns, rest])), [rows, a, b]);
}

/** The same on each of three axes: M ⊗ M ⊗ M. */
function cubed(matrix: Matrix): Matrix {
  return kronecker(kronecker(matrix, matrix), matrix);
}

function kronecker(a: Matrix, b: Matrix): Matrix {
  return a.flatMap((left) => b.map((right) => left.flatMap((x) => right.map((y) => x * y))));
}
