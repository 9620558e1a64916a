/**
 * A network in eight-bit whole numbers: weights int8 with a scale for each output channel, activations uint8.
 *
 * A layer's inputs are scaled channel by channel, which costs nothing: since ReLU(a·x) = a·ReLU(x) for a > 0, the scales are
 * those that the layer before gives its outputs, and its own weights are multiplied by them before they are rounded (as in
 * Nagel et al., Data-free quantization through weight equalization, ICCV 2019, section 4.1).
 *
 * The layer that takes the latents is a fiftieth of the work and stays in float32.
 */
import { constant, type Grid, quantisedGemm, quantize, scalar, type Value } from '../onnx/index.js';
import type { Model } from './autoencoder.js';
import type { Calibration } from './calibration.js';
import { applyDense } from './dense.js';
import type { Autoencoder } from './dual.js';
import { gain, isUnitScaled, middle } from './normalise.js';
import {
  floatLayer,
  forEachElement,
  quantiseColumns,
  repeated,
  scaleRows,
  scalesAt,
  type WeightedLayer,
  weightedLayers,
} from './weights.js';

/** uint8 [batch, features]: q stands for (q − zero point)·scale + offset. */
interface Levels {
  readonly value: Value;
  /** Of each channel. */
  readonly scales: readonly number[];
  readonly zeroPoint: number;
  readonly offset: number;
}

/** Activations on fixed scales: those of the calibration. */
export function int8Coder(model: Model, calibration: Calibration): Autoencoder {
  const unit = isUnitScaled(model.normalisation);
  // `uncenter`, in the scales and biases of the last layer.
  const decoded: Output = unit ? { type: 'float32', scales: [gain], shift: middle } : plain;
  return {
    encode(values) {
      const layers = weightedLayers(model, 'encoder');
      const largest = Math.max(...calibration[layers[0].name]);
      const x = hidden(unit ? unitLevels(values) : signedLevels(values, largest), layers, calibration);
      return quantisedLayer(layers.at(-1)!, x, plain);
    },
    decode(latents) {
      const [first, ...layers] = weightedLayers(model, 'decoder');
      const [levels, zeroPoint] = first.isActivated ? [255, 0] : [127, 128];
      const scales = scalesOf(calibration[layers[0].name], levels);
      const y = floatLayer(first, latents, scales);
      const start = { value: quantize(y, grid(1, zeroPoint)), scales, zeroPoint, offset: 0 };
      return quantisedLayer(layers.at(-1)!, hidden(start, layers, calibration), decoded);
    },
  };
}

/** All layers but the last. */
function hidden(start: Levels, layers: readonly WeightedLayer[], calibration: Calibration): Levels {
  return layers.slice(0, -1).reduce((x, layer, index) => {
    if (!layer.isActivated) throw new Error(`${layer.name}: a layer between others needs a ReLU to be quantised`);
    const scales = scalesOf(calibration[layers[index + 1].name], 255);
    return { value: quantisedLayer(layer, x, { type: 'uint8', scales, shift: 0 }), scales, zeroPoint: 0, offset: 0 };
  }, start);
}

/** Centered values of 0 … 1; `center` becomes scale and offset. */
function unitLevels(values: Value): Levels {
  return { value: quantize(values, grid(1 / 255, 0)), scales: [gain / 255], zeroPoint: 0, offset: -gain * middle };
}

function signedLevels(values: Value, largest: number): Levels {
  const scales = scalesOf([largest], 127);
  return { value: quantize(values, grid(scales[0], 128)), scales, zeroPoint: 128, offset: 0 };
}

/** uint8; at zero point 0 negative values become 0: a ReLU. One scale for all, since onnxruntime is slow with one for each column. */
function grid(scale: number, zeroPoint: number): Grid {
  return { scale: scalar(scale, 'float32'), zeroPoint: scalar(zeroPoint, 'uint8') };
}

/**
 * A channel's scale is that of its own range, but no less than this part of the layer's: a unit that was hardly active in calibration may be so later.
 * Halves gave the smallest errors with the pretrained models, on calibration blocks like the data and unlike them.
 */
const leastShare = 0.5;

function scalesOf(largest: readonly number[], levels: number): number[] {
  const all = Math.max(...largest);
  return largest.map((value) => (all > 0 ? Math.max(value, leastShare * all) / levels : 1));
}

/** A result y as (y / scale + shift) of its type. */
interface Output {
  readonly type: 'uint8' | 'float32';
  /** Of each channel. */
  readonly scales: readonly number[];
  readonly shift: number;
}

const plain: Output = { type: 'float32', scales: [1], shift: 0 };

function quantisedLayer({ dense, bias }: WeightedLayer, x: Levels, output: Output): Value {
  const aZeroPoint = scalar(x.zeroPoint, 'uint8');
  return applyDense(dense, x.value, (a, { matrix, inputs, outputs }) => {
    const rowScales = scalesAt(inputs, dense.inputChannels, x.scales);
    const columnScales = scalesAt(outputs, dense.outputChannels, output.scales);
    const columns = columnScales.length;
    const biases = repeated(bias, columns);
    const { values, scales } = quantiseColumns(scaleRows(matrix, columns, rowScales), columns, biases);
    // The offset meets the weights as they were rounded: then their errors are multiplied by values about 0.
    const sums = new Float64Array(columns);
    forEachElement(values.length, columns, (i, row, column) => {
      sums[column] += values[i] / rowScales[row];
    });
    const scale = scales.map((value, n) => value / columnScales[n]);
    const whole = Int32Array.from(sums, (sum, n) =>
      Math.round(biases[n] / scales[n] + x.offset * sum + output.shift / scale[n]),
    );
    const product = {
      a,
      b: constant(values, [rowScales.length, columns]),
      scale: constant(scale, [columns]),
      aZeroPoint,
    };
    return quantisedGemm(product, constant(whole, [columns]), output.type);
  });
}
