import {
  type GraphInterface,
  input,
  maximum,
  negate,
  reduceMax,
  reduceMin,
  reshape,
  type Value,
} from '../onnx/index.js';
import { decode, encode, fixed, folded, type Model } from './autoencoder.js';

/**
 * The largest magnitude that each input channel (of a linear layer: each feature) of each layer with weights took on
 * calibration blocks, by the layer's name: `encoder.0`, … . Layers are numbered as after `folded`; `decoder.0` are the latents.
 */
export type Calibration = Readonly<Record<string, readonly number[]>>;

/** Normalised values [batch, k³] → the calibration of this batch, an output [channels] for each layer. */
export function calibrationGraph(trained: Model): GraphInterface {
  const model = folded(trained);
  const values = input('values', 'float32', ['batch', model.architecture.blockSize ** 3]);
  const outputs: Record<string, Value> = {};
  const pass = {
    ...fixed(model),
    input(x: Value, name: string) {
      outputs[name] = largest(x);
      return x;
    },
  };
  decode(model, encode(model, values, pass), pass);
  return { inputs: { values }, outputs };
}

/** Over all but the last axis: [channels] */
function largest(x: Value): Value {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  return reshape(maximum(reduceMax(x, axes), negate(reduceMin(x, axes))), [x.shape.at(-1)!]);
}

/** Of all blocks of both. */
export function mergeCalibrations(a: Calibration, b: Calibration): Calibration {
  return Object.fromEntries(
    Object.entries(a).map(([name, values]) => [name, values.map((value, i) => Math.max(value, b[name][i]))]),
  );
}
