/**
 * The network in eight-bit whole numbers of `int8.ts`, but activations on one scale that suits the batch at hand. The layer that gives
 * the latents and the one that takes them stay in float32.
 */
import {
  constant,
  dequantisedMatmul,
  dynamicQuantize,
  equal,
  multiply,
  relu,
  scalar,
  type Value,
  where,
} from '../onnx/index.js';
import type { Model } from './autoencoder.js';
import { applyDense } from './dense.js';
import type { Autoencoder } from './dual.js';
import { center, uncenter } from './normalise.js';
import { floatLayer, quantiseColumns, repeated, type WeightedLayer, weightedLayers } from './weights.js';

/**
 * It needs no calibration. A block's result depends on the others of its batch, by less than a step of the scale: batches must be
 * cut alike when a file is written and when it is read.
 */
export function dynamicInt8Coder(model: Model): Autoencoder {
  const { normalisation } = model;
  return {
    encode(values) {
      const layers = weightedLayers(model, 'encoder');
      const x = layers
        .slice(0, -1)
        .reduce((y, layer) => quantisedLayer(layer, y), center(finite(values), normalisation));
      return floatLayer(layers.at(-1)!, x, [1]);
    },
    decode(latents) {
      const [first, ...layers] = weightedLayers(model, 'decoder');
      const start = floatLayer(first, latents, [1]);
      const x = first.isActivated ? relu(start) : start;
      return uncenter(
        layers.reduce((y, layer) => quantisedLayer(layer, y), x),
        normalisation,
      );
    },
  };
}

/** 0 for what is not finite: one block must not spoil the scale of the others. */
function finite(values: Value): Value {
  const zero = scalar(0, 'float32');
  return where(equal(multiply(values, zero), zero), values, zero);
}

function quantisedLayer(layer: WeightedLayer, x: Value): Value {
  const { values: levels, grid } = dynamicQuantize(x);
  const y = applyDense(layer.dense, levels, (a, { matrix, outputs }) => {
    const columns = outputs.length * layer.dense.outputChannels;
    const { values, scales } = quantiseColumns(matrix, columns);
    const b = constant(values, [values.length / columns, columns]);
    const product = { a, b, scale: constant(scales, [columns]), aZeroPoint: grid.zeroPoint };
    return dequantisedMatmul(product, grid.scale, constant(repeated(layer.bias, columns), [columns]));
  });
  return layer.isActivated ? relu(y) : y;
}
