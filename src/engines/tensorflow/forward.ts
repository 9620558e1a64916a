import type { Tensor, Tensor2D, Tensor3D, Tensor5D } from '@tensorflow/tfjs-core';
import { convolvedSize, type Term } from '../../models/grid.js';
import { type GridLayer, isGrid, type Layer, type LoweredLayer, lower } from '../../models/layers.js';
import type { PositionMap } from '../../models/lowering.js';
import type { Tensorflow } from './load.js';

/** What a network needs besides its input. */
export interface Pass {
  /** A parameter by its name. */
  parameter(name: string): Tensor;
  /** Of training; at inference it is folded away. x [batch, positions, channels]; `name`: of the layer. */
  batchNorm?(x: Tensor3D, name: string): Tensor3D;
}

export type Forward = (x: Tensor2D, pass: Pass) => Tensor2D;

/** Layers to apply to x [batch, features], giving [batch, features]; so are values between layers. */
export function createForward(tf: Tensorflow, layers: readonly Layer[], prefix: string): Forward {
  const lowered = lower(layers);
  return (x, pass) =>
    lowered.reduce<Tensor2D>((value, layer, index) => {
      const y = apply(tf, layer, `${prefix}.${index}`, value, pass);
      return tf.reshape(y, [x.shape[0], -1]);
    }, x);
}

/** Channels are the last axis of the result. */
function apply(tf: Tensorflow, { layer, map }: LoweredLayer, name: string, x: Tensor2D, pass: Pass): Tensor {
  if (layer.kind === 'relu') return tf.relu(x);
  // The layers before have made no other positions.
  if (layer.kind === 'crop') return x;
  if (layer.kind === 'batch-norm') {
    if (!pass.batchNorm) throw new Error(`${name}: batch normalisation must be folded before inference`);
    return pass.batchNorm(tf.reshape(x, [x.shape[0], -1, layer.channels]), name);
  }
  const weight = pass.parameter(`${name}.weight`);
  const y = isGrid(layer) ? onGrid(tf, layer, map!, x, weight) : tf.matMul(x, weight as Tensor2D);
  return layer.bias ? tf.add(y, pass.parameter(`${name}.bias`)) : y;
}

function onGrid(tf: Tensorflow, layer: GridLayer, map: PositionMap, x: Tensor2D, weight: Tensor): Tensor {
  const isWhole =
    layer.kind === 'convolution' &&
    map.inputPositions === layer.size ** 3 &&
    map.terms.length === convolvedSize(layer) ** 3;
  return isWhole ? convolve(tf, layer, x, weight) : byTerms(tf, map, x, weight);
}

/** The library's own convolution, which knows no padding but its own. Gives [batch, z, y, x, channels]. */
function convolve(tf: Tensorflow, layer: GridLayer, x: Tensor2D, weight: Tensor): Tensor {
  const { size, kernel, stride, padding, inputs, outputs } = layer;
  const grid = tf.reshape(x, [x.shape[0], size, size, size, inputs]);
  const around: [number, number] = [padding, padding];
  const padded = tf.pad(grid, [[0, 0], around, around, around, [0, 0]]) as Tensor5D;
  const taps: Tensor5D = tf.reshape(weight, [kernel, kernel, kernel, inputs, outputs]);
  return tf.conv3d(padded, taps, stride, 'valid');
}

/**
 * Only the outputs that later layers use, each from the inputs that reach it: the library has no gradient of its
 * transposed convolution, and of a grid that is cropped later only these positions may count in a batch's statistics.
 * Gives [batch, outputs, channels].
 */
function byTerms(tf: Tensorflow, map: PositionMap, x: Tensor2D, weight: Tensor): Tensor {
  const { terms, inputPositions, taps, inputChannels, outputChannels } = map;
  const [batch] = x.shape;
  const outputs = terms.length;
  const count = Math.max(1, ...terms.map((list) => list.length));
  const width = count * inputChannels;
  // In place of a term that there is not: any input times the tap behind the last one, which is zero.
  const nothing: Term = { input: 0, tap: taps };
  const full = terms.flatMap((list) => Array.from({ length: count }, (_, i) => list[i] ?? nothing));
  const indices = (of: keyof Term) => tf.tensor1d(Int32Array.from(full, (term) => term[of]));
  const byPosition = tf.transpose(tf.reshape(x, [batch, inputPositions, inputChannels]), [1, 0, 2]);
  const gathered = tf.reshape(tf.gather(byPosition, indices('input')), [outputs, count, batch, inputChannels]);
  const inputs = tf.reshape(tf.transpose(gathered, [0, 2, 1, 3]), [outputs, batch, width]);
  const withZero = tf.concat([weight, tf.zeros([1, inputChannels, outputChannels])]);
  const weights = tf.reshape(tf.gather(withZero, indices('tap')), [outputs, width, outputChannels]);
  return tf.transpose(tf.matMul(inputs, weights), [1, 0, 2]);
}
