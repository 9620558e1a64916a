import test from 'ava';
import { architecture, architectureNames } from '../../src/models/architectures.js';
import { encode as encodeFloat, fixed, folded, type Model } from '../../src/models/autoencoder.js';
import { type Calibration, calibrationGraph, mergeCalibrations } from '../../src/models/calibration.js';
import { center } from '../../src/models/normalise.js';
import { parameterLayout, views } from '../../src/models/parameters.js';
import { coderOf, inferencePrecisions, latentCode } from '../../src/models/quantise.js';
import { random } from '../../src/models/random.js';
import { floatLayer, quantiseColumns, weightedLayers } from '../../src/models/weights.js';
import { input, relu, type Value } from '../../src/onnx/index.js';
import { assertClose, magnitude, relative } from '../close.js';
import { evaluate } from '../onnx/evaluate.js';
import { biasedParameters } from './biased-parameters.js';
import { narrow } from './narrow.js';

const rows = 20;

function modelOf(
  name: (typeof architectureNames)[number],
  blockSize: number,
  normalisation: Model['normalisation'],
): Model {
  const whole = architecture(name, blockSize, 5);
  const network = name === 'mlp' ? whole : narrow(whole, 8);
  return { architecture: network, normalisation, parameters: biasedParameters(network, 7) };
}

/** Smooth blocks, as a network meets them; no value lies halfway between two levels of a byte. */
function blocks(blockSize: number, normalisation: Model['normalisation']): number[] {
  const source = random(5);
  const inside = (value: number) => (Math.round(255 * Math.min(1, Math.max(0, value))) * 0.99 + 0.104) / 255;
  return Array.from({ length: rows }, () => {
    const [a, b, c] = [source.normal(), source.normal(), source.normal()];
    return Array.from({ length: blockSize ** 3 }, (_, i) => {
      const value = Math.sin(a + (b * i) / 20 + c * (i % blockSize));
      return Math.fround(normalisation === 'zscore' ? 1.5 * value : inside(0.5 + 0.5 * value));
    });
  }).flat();
}

async function calibrationOf(model: Model, values: number[]): Promise<Calibration> {
  const graph = calibrationGraph(model);
  const feeds = { values: { shape: [rows, model.architecture.blockSize ** 3], data: values } };
  const results = Object.entries(await evaluate(graph.inputs, graph.outputs, feeds));
  return Object.fromEntries(results.map(([name, { data }]) => [name, data]));
}

async function run(model: Model, values: number[], coder: (values: Value) => Record<string, Value>) {
  const x = input('values', 'float32', ['batch', model.architecture.blockSize ** 3]);
  const feeds = { values: { shape: [rows, model.architecture.blockSize ** 3], data: values } };
  return evaluate({ values: x }, coder(x), feeds);
}

for (const name of architectureNames)
  for (const blockSize of [5, 7])
    for (const normalisation of ['minmax', 'zscore'] as const) {
      const title = `${name} ${blockSize}³, ${normalisation}`;
      const model = folded(modelOf(name, blockSize, normalisation));
      const values = blocks(blockSize, normalisation);

      test(`${title}: the dense matrices do what the layers do`, async (t) => {
        const { dense, layers } = await run(model, values, (x) => ({
          dense: weightedLayers(model, 'encoder').reduce(
            (y, layer) => {
              const sums = floatLayer(layer, y, [1]);
              return layer.isActivated ? relu(sums) : sums;
            },
            center(x, normalisation),
          ),
          layers: encodeFloat(model, x, fixed(model)),
        }));
        // Sums of up to 2,048 float32 products in another order, through at most nine layers.
        assertClose(dense!.data, layers!.data, () => 2e-5 * magnitude(layers!.data), 'latents');
        t.pass();
      });

      test(`${title}: latents and blocks in each precision are near those in float32`, async (t) => {
        const calibration = await calibrationOf(model, values);
        const exact = await run(model, values, (x) => bothSides(model, x));
        // Rounding to 8 bits errs by 0.5 % of the largest, to float8 by 3 % of each value; errors of nine layers add up.
        const bounds = { int8: 0.05, 'int8-dynamic': 0.05, float8: 0.2 };
        for (const precision of inferencePrecisions) {
          if (precision === 'float32') continue;
          const rounded = await run(model, values, (x) => bothSides(model, x, { precision, calibration }));
          for (const side of ['latents', 'decoded']) {
            const error = deviation(rounded[side]!.data, exact[side]!.data);
            t.true(error > 0 && error < bounds[precision], `${precision}, ${side}: ${error}`);
          }
        }
      });
    }

function bothSides(model: Model, x: Value, quantised?: Parameters<typeof latentCode>[0]) {
  const coder = coderOf(model, quantised);
  const latents = coder.encode(x);
  const code = quantised && latentCode(quantised);
  return { latents, decoded: coder.decode(code ? code.read(code.write(latents)) : latents) };
}

/** Root mean square of the differences, relative to the spread of what is expected. */
function deviation(actual: readonly number[], expected: readonly number[]): number {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
  const squares = (differences: number[]) => differences.reduce((sum, value) => sum + value ** 2, 0);
  const differences = actual.map((value, i) => value - expected[i]!);
  return Math.sqrt(squares(differences) / squares(expected.map((value) => value - mean)));
}

test('int8: latents are those of whole numbers, worked out in plain JavaScript', async (t) => {
  const model = modelOf('mlp', 5, 'minmax');
  const values = blocks(5, 'minmax');
  const calibration = await calibrationOf(model, values);
  const { latents } = await run(model, values, (x) => bothSides(model, x, { precision: 'int8', calibration }));
  const expected = Array.from({ length: rows }, (_, row) =>
    int8Latents(model, calibration, values.slice(row * 125, (row + 1) * 125)),
  ).flat();
  // A level that float32 rounds the other way, of 512 and 256 in a layer: each moves a latent by about 1e-4 of its size.
  assertClose(latents!.data, expected, () => 1e-3 * magnitude(expected), 'latents');
  t.pass();
});

/** Levels as in int8.ts: bytes with a scale for each unit; weights with a scale for each output. */
function int8Latents(model: Model, calibration: Calibration, values: number[]): number[] {
  const byName = views(parameterLayout(model.architecture), model.parameters);
  const names = ['encoder.0', 'encoder.2', 'encoder.4'];
  let levels = values.map((value) => Math.round(255 * value));
  // center(u) = 4·(u − 1/2)
  let scales = levels.map(() => 4 / 255);
  let offset = -2;
  for (const [layer, name] of names.entries()) {
    const weight = byName.get(`${name}.weight`)!;
    const bias = byName.get(`${name}.bias`)!.data;
    const [inputs, outputs] = weight.shape as [number, number];
    const next = calibration[names[layer + 1]!];
    const largest = next && Math.max(...next);
    const sums = Array.from({ length: outputs }, (_, n) => {
      const column = Array.from({ length: inputs }, (_, k) => Math.fround(weight.data[k * outputs + n]! * scales[k]!));
      const step = Math.fround(magnitude(column) / 127);
      const whole = column.map((value) => Math.round(value / step));
      const atOffset = whole.reduce((sum, value, k) => sum + (offset * value) / scales[k]!, 0);
      const added = Math.round(bias[n]! / step + atOffset);
      return step * whole.reduce((sum, value, k) => sum + value * levels[k]!, added);
    });
    if (!next) return sums;
    scales = next.map((value) => Math.max(value, largest! / 2) / 255);
    levels = sums.map((sum, n) => Math.min(255, Math.max(0, Math.round(sum / scales[n]!))));
    offset = 0;
  }
  throw new Error('no last layer');
}

test('weights are rounded column by column, the largest to ±127', (t) => {
  const matrix = Float32Array.of(1, -0.01, 0, -0.4, 0.004, 0);
  const { values, scales } = quantiseColumns(matrix, 3);
  t.deepEqual([...values], [127, -127, 0, -51, 51, 0]);
  assertClose(scales, [1 / 127, 0.01 / 127, 1], relative(1e-7), 'scales');
});

test('an activation beyond its range in calibration saturates, one below 0 is 0', async (t) => {
  const model = modelOf('mlp', 5, 'minmax');
  const values = blocks(5, 'minmax');
  const calibration = await calibrationOf(model, values);
  const tiny = { ...calibration, 'encoder.4': calibration['encoder.4']!.map(() => 1e-6) };
  const { latents } = await run(model, values, (x) => bothSides(model, x, { precision: 'int8', calibration: tiny }));
  const { data: bias } = views(parameterLayout(model.architecture), model.parameters).get('encoder.4.bias')!;
  // What is left of the last hidden layer is at most 1e-6 of each unit: latents are their biases.
  assertClose(
    latents!.data,
    latents!.data.map((_, i) => bias[i % 5]!),
    () => 1e-3,
    'latents',
  );
  t.pass();
});

test('int8 latents: a scale for each, saturated; a latent that was always 0 has one too', async (t) => {
  const calibration = { 'decoder.0': [127, 1, 0] };
  const { write, read } = latentCode({ precision: 'int8', calibration });
  const x = input('x', 'float32', ['batch', 3]);
  const data = [12.4, 0.5, 0, -300, 3, 2];
  const { stored, back } = await evaluate(
    { x },
    { stored: write(x), back: read(write(x)) },
    { x: { shape: [2, 3], data } },
  );
  t.deepEqual(stored!.data, [12, 64, 0, -128, 127, 2]);
  assertClose(back!.data, [12, 64 / 127, 0, -128, 1, 2], relative(1e-6), 'back');
});

test('calibrations of two batches have the larger of each range', (t) => {
  t.deepEqual(mergeCalibrations({ a: [1, 5], b: [0] }, { a: [2, 3], b: [1] }), { a: [2, 5], b: [1] });
});
