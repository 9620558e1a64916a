/**
 * A network in eight-bit whole numbers: weights int8 with a scale for each output channel, activations uint8.
 *
 * A layer's inputs are scaled channel by channel, which costs nothing: since ReLU(a·x) = a·ReLU(x) for a > 0, the scales are
 * those that the layer before gives its outputs, and its own weights are multiplied by them before they are rounded (as in
 * Nagel et al., Data-free quantization through weight equalization, ICCV 2019, section 4.1).
 *
 * The layer that takes the latents is a fiftieth of the work and stays in float32.
 */
import { cast, constant, type Grid, matmul, quantisedGemm, quantize, scalar, type Value } from '../onnx/index.js';
import type { Model } from './autoencoder.js';
import type { Calibration } from './calibration.js';
import { applyDense, type DenseBlock, type DenseLayer } from './dense.js';
import type { Autoencoder } from './dual.js';
import { gain, isUnitScaled, middle } from './normalise.js';
import { quantiseColumns, scaleRows, type WeightedLayer, weightedLayers } from './weights.js';

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
      const y = floatLayer(first, { value: latents, scales: [1], zeroPoint: 0, offset: 0 }, scales);
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
  return applyDense(dense, x.value, (a, block) => {
    const { matrix, columns, rowScales } = blockOf(dense, block, x);
    const { values, scales } = quantiseColumns(scaleRows(matrix, columns, rowScales), columns);
    const scale = scales.map(
      (value, n) => value / channelOf(output.scales, featureOf(dense.outputChannels, block.outputs, n)),
    );
    // The offset meets the weights as they were rounded: then their errors are multiplied by values about 0.
    const sums = new Float64Array(columns);
    for (const [i, value] of values.entries()) sums[i % columns] += value / rowScales[Math.floor(i / columns)];
    const whole = Int32Array.from(sums, (sum, n) =>
      Math.round(bias[n % dense.outputChannels] / scales[n] + x.offset * sum + output.shift / scale[n]),
    );
    const b = constant(values, [rowScales.length, columns]);
    return quantisedGemm(
      { a, b, scale: constant(scale, [columns]), aZeroPoint },
      constant(whole, [columns]),
      output.type,
    );
  });
}

/** The same in float32, each result divided by the scale of its channel. */
function floatLayer({ dense, bias }: WeightedLayer, x: Levels, outputScales: readonly number[]): Value {
  const value = x.value.type === 'float32' ? x.value : cast(x.value, 'float32');
  return applyDense(dense, value, (a, block) => {
    const { matrix, columns, rowScales } = blockOf(dense, block, x);
    const divisors = Float64Array.from({ length: columns }, (_, n) =>
      channelOf(outputScales, featureOf(dense.outputChannels, block.outputs, n)),
    );
    const shift = Float64Array.from(divisors, (_, n) => bias[n % dense.outputChannels]);
    for (const [i, weight] of matrix.entries())
      shift[i % columns] += weight * (x.offset - x.zeroPoint * rowScales[Math.floor(i / columns)]);
    const weights = matrix.map((weight, i) => (weight * rowScales[Math.floor(i / columns)]) / divisors[i % columns]);
    const shifts = Float32Array.from(shift, (sum, n) => sum / divisors[n]);
    return matmul(a, constant(weights, [rowScales.length, columns]), {}, constant(shifts, [columns]));
  });
}

function blockOf(dense: DenseLayer, { matrix, inputs, outputs }: DenseBlock, { scales }: Levels) {
  const rows = inputs.length * dense.inputChannels;
  const rowScales = Array.from({ length: rows }, (_, k) =>
    channelOf(scales, featureOf(dense.inputChannels, inputs, k)),
  );
  return { matrix, columns: outputs.length * dense.outputChannels, rowScales };
}

/** Of the i-th value of some positions, among all of the grid. */
function featureOf(channels: number, positions: readonly number[], i: number): number {
  return positions[Math.floor(i / channels)] * channels + (i % channels);
}

/** Channels recur in each position of a grid. */
function channelOf(scales: readonly number[], feature: number): number {
  return scales[feature % scales.length];
}
