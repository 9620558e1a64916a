/**
 * The cheapest exact form of a convolution. On grids this small most taps of most outputs fall outside, and of a large
 * transposed convolution most outputs may not be wanted; a dense matrix, a gather of patches or a product for each
 * position then does the same sums with a fraction of the multiplications of the textbook, and runs as matrix products,
 * which onnxruntime does several times faster than its convolution in three dimensions.
 */
import { batchMatmul, type Dim, gather, matmul, nowhere, reshape, transpose, type Value } from '../onnx/index.js';
import type { Terms } from './grid.js';

/** A linear map on positions with channels: y[o] = Σ over its terms of x[input]·weight[tap]. */
export interface PositionMap {
  readonly terms: Terms;
  readonly inputPositions: number;
  readonly taps: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
}

export type Form = 'dense' | 'patches' | 'positions';

/** Multiply-adds of one block in each form that can do the map. */
export function costs({ terms, inputPositions, taps, inputChannels, outputChannels }: PositionMap): Map<Form, number> {
  const channels = inputChannels * outputChannels;
  const forms = new Map<Form, number>([
    ['dense', inputPositions * terms.length * channels],
    ['patches', terms.length * taps * channels],
  ]);
  if (terms.every(({ length }) => length === 1)) forms.set('positions', terms.length * channels);
  return forms;
}

/** The form with the fewest multiply-adds; of equal ones the first. */
export function cheapest(map: PositionMap): { form: Form; multiplyAdds: number } {
  const [form, multiplyAdds] = [...costs(map)].reduce((best, next) => (next[1] < best[1] ? next : best));
  return { form, multiplyAdds };
}

/**
 * x [batch, input positions · input channels] → [batch, outputs · output channels], channels fastest; weight [taps, input
 * channels, output channels].
 */
export function applyMap(map: PositionMap, x: Value, weight: Value, form: Form = cheapest(map).form): Value {
  if (form === 'dense') return matmul(x, denseMatrix(map, weight));
  return form === 'patches' ? byPatches(map, x, weight) : byPosition(map, x, weight);
}

/** [input positions · input channels, outputs · output channels] */
function denseMatrix({ terms, inputPositions, inputChannels, outputChannels }: PositionMap, weight: Value): Value {
  const tapOf = terms.flatMap((list) => {
    const taps = new Array<number>(inputPositions).fill(nowhere);
    for (const { input, tap } of list) taps[input] = tap;
    return taps;
  });
  const spread = reshape(gather(weight, 0, tapOf), [terms.length, inputPositions, inputChannels, outputChannels]);
  const rows = inputPositions * inputChannels;
  return reshape(transpose(spread, [1, 2, 0, 3]), [rows, terms.length * outputChannels]);
}

/** "im2col": the inputs of each output side by side, times all taps. */
function byPatches(
  { terms, inputPositions, taps, inputChannels, outputChannels }: PositionMap,
  x: Value,
  weight: Value,
): Value {
  const [batch] = x.shape;
  const inputOf = terms.flatMap((list) => {
    const inputs = new Array<number>(taps).fill(nowhere);
    for (const { input, tap } of list) inputs[tap] = input;
    return inputs;
  });
  const patches = gather(reshape(x, [batch, inputPositions, inputChannels]), 1, inputOf);
  const rows: Dim = typeof batch === 'number' ? batch * terms.length : 'patches';
  const product = matmul(
    reshape(patches, [rows, taps * inputChannels]),
    reshape(weight, [taps * inputChannels, outputChannels]),
  );
  return reshape(product, [batch, terms.length * outputChannels]);
}

/** Each output from its one input: a product for each position. */
function byPosition(
  { terms, inputPositions, inputChannels, outputChannels }: PositionMap,
  x: Value,
  weight: Value,
): Value {
  const [batch] = x.shape;
  const positions = transpose(reshape(x, [batch, inputPositions, inputChannels]), [1, 0, 2]);
  const inputs = gather(
    positions,
    0,
    terms.map(([{ input }]) => input),
  );
  const weights = gather(
    weight,
    0,
    terms.map(([{ tap }]) => tap),
  );
  const products = batchMatmul(inputs, weights);
  return reshape(transpose(products, [1, 0, 2]), [batch, terms.length * outputChannels]);
}
