/** `dual` and `adaptive`: two transforms, told apart by the sign of the range. */
import test from 'ava';
import { type Blocks, createDecoder, createEncoder, type Encoded } from '../../src/engines/onnx/codec.js';
import { architecture } from '../../src/models/architectures.js';
import { transforms } from '../../src/models/normalise.js';
import { initialParameters, parameterLayout } from '../../src/models/parameters.js';
import { random } from '../../src/models/random.js';
import { type BlockType, decoderGraph, encoderGraph, type Model } from '../../src/models/swae.js';
import { assertClose } from '../close.js';
import { backward, finiteBlocks, forward, types } from './normalise-blocks.js';
import { tolerance } from './normalise-tolerance.js';

const k = 5;
const size = k ** 3;
const latentSize = 8;
const options = { blockSize: k, latentSize, threads: 1 };

for (const type of types)
  for (const method of ['dual', 'adaptive'] as const)
    test(`${method}, ${type}: the sign of the range tells the transform`, async (t) => {
      const blocks = finiteBlocks(type);
      for (const transform of transforms) {
        const sign = transform === 'minmax' ? -1 : 1;
        const normalised = await forward(Object.values(blocks), transform, type);
        const signed = normalised.map(({ values, scale: [least, range] }) => ({
          values,
          scale: [least, sign * range] as const,
        }));
        const restored = await backward(signed, method, type);
        t.deepEqual(restored, await backward(normalised, transform, type));
        for (const [row, [title, truth]] of Object.entries(blocks).entries())
          assertClose(restored[row], truth, tolerance(truth, transform, type), `${title}, ${transform}`);
      }
    });

function modelOf(arch: string, normalisation: Model['normalisation']): Model {
  const described = architecture(arch, k, latentSize);
  return { architecture: described, normalisation, parameters: initialParameters(parameterLayout(described), 5) };
}

async function throughGraph(graph: Uint8Array, blocks: Blocks): Promise<Encoded> {
  const encoder = await createEncoder(graph, options);
  const encoded = await encoder.encode(blocks, blocks.length / size);
  await encoder.release();
  return encoded;
}

async function back(model: Model, type: BlockType, encoded: Encoded): Promise<Blocks> {
  const decoder = await createDecoder(decoderGraph(model, type), options);
  const blocks = await decoder.decode(encoded, encoded.scale.length / 2);
  await decoder.release();
  return blocks;
}

/** Squared error of a block, relative to its range. */
function errorOf(row: number, truth: Blocks, restored: Blocks, range: number): number {
  let sum = 0;
  for (let i = row * size; i < (row + 1) * size; i++) sum += (restored[i] / range - truth[i] / range) ** 2;
  return sum;
}

/** Smooth blocks, positive ones over some orders of magnitude and ones of both signs, and those of `finiteBlocks`. */
function manyBlocks(type: BlockType): Blocks {
  const made = Array.from({ length: 200 }, (_, index) => {
    const source = random(index);
    const [slope, frequency, phase, shift] = [source.normal(), 3 * source.normal(), source.normal(), source.normal()];
    return Array.from({ length: size }, (_, i) => {
      const value = slope * (i / size) + Math.sin((frequency * i) / size + phase) + shift;
      return index % 2 === 0 ? Math.exp(3 * value) : value;
    });
  });
  const all = [...made, ...Object.values(finiteBlocks(type))].flat();
  return type === 'float64' ? Float64Array.from(all) : Float32Array.from(all);
}

for (const type of types)
  for (const arch of type === 'float32' ? ['mlp', 'conv'] : ['mlp'])
    test(`dual, ${type}, ${arch}: a block is encoded in the transform that restores it better`, async (t) => {
      const blocks = manyBlocks(type);
      const [dual, adaptive] = [modelOf(arch, 'dual'), modelOf(arch, 'adaptive')];
      const chosen = await throughGraph(encoderGraph(dual, type), blocks);
      const [curved, linear] = await Promise.all(
        transforms.map((transform) => throughGraph(encoderGraph(adaptive, type, transform), blocks)),
      );
      const decoded = await Promise.all([curved, linear].map((encoded) => back(adaptive, type, encoded)));
      const restored = await back(dual, type, chosen);
      const counts = { pos_log: 0, minmax: 0 };
      for (let row = 0; row < blocks.length / size; row++) {
        const range = curved.scale[2 * row + 1];
        t.true(range > 0);
        t.is(linear.scale[2 * row + 1], -range);
        const [ofCurved, ofLinear] = decoded.map((candidate) => errorOf(row, blocks, candidate, range));
        const isLinear = chosen.scale[2 * row + 1] < 0;
        t.is(Math.abs(chosen.scale[2 * row + 1]), range);
        // Float32 sums of squares in [0, 1].
        const slack = 1e-5 * (ofCurved + ofLinear);
        if (Math.abs(ofCurved - ofLinear) > slack) t.is(isLinear, ofLinear < ofCurved, `block ${row}`);
        counts[isLinear ? 'minmax' : 'pos_log']++;
        const expected = (isLinear ? linear : curved).latent.slice(row * latentSize, (row + 1) * latentSize);
        assertClose(
          [...chosen.latent.slice(row * latentSize, (row + 1) * latentSize)],
          [...expected],
          (x) => 1e-5 * (1 + Math.abs(x)),
          `latent of block ${row}`,
        );
        t.true(errorOf(row, blocks, restored, range) <= Math.min(ofCurved, ofLinear) + slack);
      }
      t.true(counts.pos_log > 20 && counts.minmax > 20, JSON.stringify(counts));
    });

test('dual: a block that is the same in both transforms is recorded as pos_log', async (t) => {
  const straight = Float64Array.from({ length: 3 * size }, (_, i) => 1 + 1e-3 * Math.sin(i));
  const { scale } = await throughGraph(encoderGraph(modelOf('mlp', 'dual'), 'float64'), straight);
  t.true([1, 3, 5].every((i) => scale[i] > 0));
});

for (const normalisation of ['dual', 'adaptive'] as const)
  test(`${normalisation}: constant blocks have range 0, those with NaN or ±Inf none that is finite`, async (t) => {
    const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const blocks = Float32Array.from({ length: 6 * size }, (_, i) => Math.sin(i));
    for (const [i, value] of bad.entries()) blocks[2 * i * size + 7] = value;
    for (const [i, value] of [2.5, 0, -3].entries()) blocks.fill(value, (2 * i + 1) * size, (2 * i + 2) * size);
    for (const transform of transforms) {
      const { scale } = await throughGraph(encoderGraph(modelOf('mlp', normalisation), 'float32', transform), blocks);
      for (const i of [0, 2, 4]) t.false(Number.isFinite(scale[2 * i + 1]));
      for (const i of [1, 3, 5]) t.true(scale[2 * i + 1] === 0);
    }
  });
