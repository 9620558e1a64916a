/** Batch normalisation (Ioffe and Szegedy, Batch normalization, ICML 2015, algorithms 1 and 2), over all ranks. */
import {
  add,
  allreduce,
  divide,
  multiply,
  reduceSum,
  reshape,
  scalar,
  sqrt,
  square,
  subtract,
  type Value,
} from '../onnx/index.js';
import type { Architecture } from './architectures.js';
import { hasChannels, type Layer } from './layers.js';
import { parameterLayout, views } from './parameters.js';

/** Added to the variance, as in PyTorch. */
export const epsilon = 1e-5;
/** How much of the running statistics a step replaces. */
export const momentum = 0.1;

export interface BatchNormOptions {
  readonly ranks: number;
  /** Blocks of the batch over all ranks. */
  readonly globalRows: number;
  parameter(name: string): Value;
}

export interface BatchNormalised {
  /** As x. */
  readonly y: Value;
  /** What the running statistics become, by their parameters' names: [channels]. */
  readonly statistics: Readonly<Record<string, Value>>;
}

/**
 * x [positions, rows of this rank, channels]: mean and variance are those of all ranks' rows, so that the result does not
 * depend on their number. Of a grid that is cropped later, only the positions that the crop leaves exist and count.
 */
export function normaliseBatch(
  x: Value,
  name: string,
  { ranks, globalRows, parameter }: BatchNormOptions,
): BatchNormalised {
  const [positions, , channels] = x.shape as readonly number[];
  const count = positions * globalRows;
  const meanOf = (values: Value) =>
    multiply(reshape(allreduce(reduceSum(values, [0, 1]), ranks), [channels]), scalar(1 / count, 'float32'));
  const mean = meanOf(x);
  const centered = subtract(x, mean);
  const variance = meanOf(square(centered));
  const deviation = sqrt(add(variance, scalar(epsilon, 'float32')));
  const y = add(multiply(centered, divide(parameter(`${name}.scale`), deviation)), parameter(`${name}.shift`));
  const mix = (running: string, batch: Value) =>
    add(multiply(parameter(running), scalar(1 - momentum, 'float32')), multiply(batch, scalar(momentum, 'float32')));
  const unbiased = multiply(variance, scalar(count / Math.max(1, count - 1), 'float32'));
  return {
    y,
    statistics: {
      [`${name}.running_mean`]: mix(`${name}.running_mean`, mean),
      [`${name}.running_variance`]: mix(`${name}.running_variance`, unbiased),
    },
  };
}

/**
 * The same network at inference without batch normalisation: with the running statistics it is a scale and a shift, which
 * go into the layer before. An architecture that has none is given back as it is.
 */
export function foldBatchNorm(
  architecture: Architecture,
  parameters: Float32Array<ArrayBuffer>,
): { architecture: Architecture; parameters: Float32Array<ArrayBuffer> } {
  const { encoder, decoder } = architecture;
  if (![...encoder, ...decoder].some(({ kind }) => kind === 'batch-norm')) return { architecture, parameters };
  const folded = { ...architecture, encoder: withoutBatchNorm(encoder), decoder: withoutBatchNorm(decoder) };
  const layout = parameterLayout(folded);
  const flat = new Float32Array(layout.length);
  const [from, to] = [views(parameterLayout(architecture), parameters), views(layout, flat)];
  foldLayers(encoder, 'encoder', from, to);
  foldLayers(decoder, 'decoder', from, to);
  return { architecture: folded, parameters: flat };
}

function withoutBatchNorm(layers: readonly Layer[]): Layer[] {
  return layers.flatMap((layer, index) => {
    if (layer.kind === 'batch-norm') return [];
    const isNormalised = layers[index + 1]?.kind === 'batch-norm';
    return [isNormalised && hasChannels(layer) ? { ...layer, bias: true } : layer];
  });
}

type Named = ReturnType<typeof views>;

/** y = (x·W + b − mean)·a + shift with a = scale / √(variance + ε): the weight times a, the bias (b − mean)·a + shift. */
function foldLayers(layers: readonly Layer[], prefix: string, from: Named, to: Named): void {
  let target = 0;
  for (const [index, layer] of layers.entries()) {
    if (layer.kind === 'batch-norm') continue;
    const [source, place] = [`${prefix}.${index}`, `${prefix}.${target++}`];
    if (!hasChannels(layer)) continue;
    const weight = to.get(`${place}.weight`)!.data;
    const bias = to.get(`${place}.bias`)?.data;
    weight.set(from.get(`${source}.weight`)!.data);
    if (layer.bias) bias!.set(from.get(`${source}.bias`)!.data);
    if (layers[index + 1]?.kind !== 'batch-norm') continue;
    const statistic = (name: string) => from.get(`${prefix}.${index + 1}.${name}`)!.data;
    const [scale, shift, mean, variance] = ['scale', 'shift', 'running_mean', 'running_variance'].map(statistic);
    const factors = Float64Array.from(scale, (value, i) => value / Math.sqrt(variance[i] + epsilon));
    for (let i = 0; i < weight.length; i++) weight[i] *= factors[i % layer.outputs];
    for (let i = 0; i < layer.outputs; i++) bias![i] = (bias![i] - mean[i]) * factors[i] + shift[i];
  }
}
