/**
 * The networks as the textbook has them: onnxruntime's Conv and ConvTranspose on whole grids [batch, channels, z, y, x], with
 * gradients that are convolutions too. What the lowered graphs are compared with, in value and in speed.
 */
import { convolvedSize, type Kernel, transposedSize } from '../../src/models/grid.js';
import { type GridLayer, isGrid, type Layer } from '../../src/models/layers.js';
import {
  add,
  type Dim,
  divide,
  matmul,
  multiply,
  reduceMean,
  relu,
  reshape,
  scalar,
  slice,
  sqrt,
  square,
  subtract,
  transpose,
  type Value,
} from '../../src/onnx/index.js';
import { singleNode } from '../../src/onnx/value.js';

const space = [2, 3, 4];

/** Layers applied to x [batch, features]; batch normalisation by the batch's statistics. */
export function textbookForward(
  layers: readonly Layer[],
  prefix: string,
  x: Value,
  parameter: (name: string) => Value,
): Value {
  const wanted = wantedRanges(layers);
  const end = layers.reduce((value, layer, index) => {
    const name = `${prefix}.${index}`;
    if (layer.kind === 'relu') return relu(value);
    if (layer.kind === 'crop') return cube(value, Math.floor((layer.from - layer.to) / 2), layer.to);
    if (layer.kind === 'batch-norm') return batchNorm(value, wanted[index], name, parameter);
    const bias = layer.bias ? parameter(`${name}.bias`) : undefined;
    if (!isGrid(layer)) return matmul(asFeatures(value), parameter(`${name}.weight`), {}, bias);
    const y = convolve(layer, asGrid(value, layer), parameter(`${name}.weight`));
    return bias ? add(y, reshape(bias, [1, layer.outputs, 1, 1, 1])) : y;
  }, x);
  return asFeatures(end);
}

/** weight: [taps, in, out] */
function convolve(layer: GridLayer, x: Value, weight: Value): Value {
  const { kernel, inputs, outputs } = layer;
  const cubic = reshape(weight, [kernel, kernel, kernel, inputs, outputs]);
  return layer.kind === 'convolution'
    ? convolution(x, transpose(cubic, [4, 3, 0, 1, 2]), layer)
    : transposedConvolution(x, transpose(cubic, [3, 4, 0, 1, 2]), layer);
}

/** weight: [out, in, …cube] */
export function convolution(x: Value, weight: Value, shape: Kernel): Value {
  const side = convolvedSize(shape);
  const attributes = attributesOf(shape);
  return singleNode({
    operator: 'Conv',
    attributes,
    inputs: [x, weight],
    type: x.type,
    shape: [x.shape[0], weight.shape[0], side, side, side],
    gradient: (g) => [backToInput(g!, weight, shape, side), backToWeight(x, g!, shape)],
  });
}

/** weight: [in, out, …cube] */
export function transposedConvolution(x: Value, weight: Value, shape: Kernel): Value {
  const side = transposedSize(shape);
  return singleNode({
    operator: 'ConvTranspose',
    attributes: attributesOf(shape),
    inputs: [x, weight],
    type: x.type,
    shape: [x.shape[0], weight.shape[1], side, side, side],
    gradient: (g) => [convolution(g!, weight, { ...shape, size: side }), backToWeight(g!, x, { ...shape, size: side })],
  });
}

function attributesOf({ kernel, stride, padding }: Kernel) {
  const each = (value: number) => [value, value, value];
  return { kernel_shape: each(kernel), strides: each(stride), pads: [...each(padding), ...each(padding)] };
}

/** The gradient of a convolution's input: the transposed convolution of the output's. */
function backToInput(g: Value, weight: Value, shape: Kernel, side: number): Value {
  const missing = shape.size - transposedSize({ ...shape, size: side });
  return singleNode({
    operator: 'ConvTranspose',
    attributes: { ...attributesOf(shape), output_padding: [missing, missing, missing] },
    inputs: [g, weight],
    type: g.type,
    shape: [g.shape[0], weight.shape[1], shape.size, shape.size, shape.size],
  });
}

/** Σ over batch and positions of x and g: a convolution over the batch, dilated by the stride. Gives [channels of g, of x, …cube]. */
function backToWeight(x: Value, g: Value, { size, kernel, stride, padding }: Kernel): Value {
  const reach = ((g.shape[2] as number) - 1) * stride;
  const after = Math.max(0, kernel + reach - size - padding);
  const side = size + padding + after - reach;
  const each = (value: number) => [value, value, value];
  const flip = [1, 0, ...space];
  const sums = singleNode({
    operator: 'Conv',
    attributes: {
      kernel_shape: space.map((axis) => g.shape[axis] as number),
      dilations: each(stride),
      pads: [...each(padding), ...each(after)],
    },
    inputs: [transpose(x, flip), transpose(g, flip)],
    type: x.type,
    shape: [x.shape[1], g.shape[1], side, side, side],
  });
  return transpose(side === kernel ? sums : cube(sums, 0, kernel), flip);
}

function batchNorm(x: Value, [start, end]: Range, name: string, parameter: (name: string) => Value): Value {
  const channels = x.shape[1] as number;
  const seen = cube(x, start, end - start);
  const axes = [0, ...space];
  const mean = reduceMean(seen, axes);
  const variance = reduceMean(square(subtract(seen, mean)), axes);
  const each = (what: string) => reshape(parameter(`${name}.${what}`), [1, channels, 1, 1, 1]);
  const deviation = sqrt(add(variance, scalar(1e-5, x.type)));
  return add(multiply(divide(subtract(x, mean), deviation), each('scale')), each('shift'));
}

type Range = readonly [start: number, end: number];

/** For each layer, which positions of its output on an axis reach the network's: [start, end). */
function wantedRanges(layers: readonly Layer[]): Range[] {
  const ranges: Range[] = [];
  let range: Range = [0, 0];
  for (const [index, layer] of [...layers.entries()].reverse()) {
    const next = layers[index + 1];
    if (layer.kind === 'convolution' && next?.kind !== 'crop') range = [0, convolvedSize(layer)];
    if (layer.kind === 'batch-norm' && layers[index - 1].kind === 'convolution')
      range = [0, convolvedSize(layers[index - 1] as GridLayer)];
    ranges[index] = range;
    if (layer.kind === 'crop') {
      const start = Math.floor((layer.from - layer.to) / 2);
      range = [start, start + layer.to];
    }
    if (layer.kind === 'transposed-convolution')
      range = [Math.floor(range[0] / layer.stride), Math.floor((range[1] - 1) / layer.stride) + 1];
  }
  return ranges;
}

function cube(x: Value, start: number, side: number): Value {
  return space.reduce(
    (value, axis) => (value.shape[axis] === side ? value : slice(value, axis, start, start + side)),
    x,
  );
}

/** [batch, positions · channels], channels fastest → [batch, channels, …cube] */
function asGrid(x: Value, { size, inputs }: GridLayer): Value {
  if (x.shape.length === 5) return x;
  return transpose(reshape(x, [x.shape[0], size, size, size, inputs]), [0, 4, 1, 2, 3]);
}

function asFeatures(x: Value): Value {
  if (x.shape.length === 2) return x;
  const [batch, ...rest] = x.shape;
  const features = rest.reduce<number>((product, dim) => product * (dim as number), 1);
  return reshape(transpose(x, [0, ...space, 1]), [batch as Dim, features]);
}
