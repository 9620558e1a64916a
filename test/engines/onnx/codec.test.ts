import test from 'ava';
import {
  type Blocks,
  batchSize,
  createDecoder,
  createEncoder,
  createNormaliser,
  type Encoded,
  largestBatch,
  rowsOfRun,
} from '../../../src/engines/onnx/codec.js';
import { architecture } from '../../../src/models/architectures.js';
import { formsOf, type Normalisation, transforms } from '../../../src/models/normalise.js';
import { initialParameters, parameterLayout } from '../../../src/models/parameters.js';
import { random } from '../../../src/models/random.js';
import { type BlockType, decoderGraph, encoderGraph, type Model, normaliseGraph } from '../../../src/models/swae.js';
import { assertClose, relative } from '../../close.js';

const k = 5;
const values = k ** 3;
const latentSize = 16;
const network = architecture('mlp', k, latentSize);
const parameters = initialParameters(parameterLayout(network), 1);
const [model, dual] = (['pos_log', 'dual'] as const).map(
  (normalisation): Model => ({ architecture: network, normalisation, parameters }),
) as [Model, Model];
const options = { blockSize: k, latentSize, threads: 1 };

function blocksOf(type: BlockType, count: number): Blocks {
  const source = random(count);
  const blocks = type === 'float64' ? new Float64Array(count * values) : new Float32Array(count * values);
  return blocks.map(() => source.normal());
}

async function encode(type: BlockType, blocks: Blocks, count: number, threads = 1, by = model): Promise<Encoded> {
  const encoder = await createEncoder(encoderGraph(by, type), { ...options, threads });
  const encoded = await encoder.encode(blocks, count);
  await encoder.release();
  return encoded;
}

async function decode(type: BlockType, encoded: Encoded, count: number, threads = 1): Promise<Blocks> {
  const decoder = await createDecoder(decoderGraph(model, type), { ...options, threads });
  const blocks = await decoder.decode(encoded, count);
  await decoder.release();
  return blocks;
}

async function normaliseBlocks(method: Normalisation, type: BlockType, blocks: Blocks, count: number) {
  const normaliser = await createNormaliser(normaliseGraph(k, method, type), { ...options, forms: formsOf(method) });
  const normalised = await normaliser.normalise(blocks, count);
  await normaliser.release();
  return normalised;
}

test('on a GPU runs are large, but those of int8 with scales of the batch', (t) => {
  const gpu = { kind: 'cuda', index: 0 } as const;
  t.is(largestBatch({}), batchSize);
  t.is(largestBatch({ device: { kind: 'cpu' }, precision: 'float8' }), batchSize);
  t.true(largestBatch({ device: gpu, precision: 'int8' }) > batchSize);
  t.is(largestBatch({ device: gpu, precision: 'int8-dynamic' }), batchSize);
  t.is(largestBatch({ device: gpu, rows: 12 }), 12);
});

test('a run that is not full is of few sizes, and half full at least', (t) => {
  t.deepEqual(
    [1, 256, 257, 4096, 4097, 8191, 8192].map((left) => rowsOfRun(left, 8192)),
    [256, 256, 512, 4096, 8192, 8192, 8192],
  );
  t.deepEqual(
    [1, 6].map((left) => rowsOfRun(left, 6)),
    [6, 6],
  );
});

for (const type of ['float32', 'float64'] as const) {
  test(`${type}: batches of another size give the same up to rounding`, async (t) => {
    const count = 1500;
    const blocks = blocksOf(type, count);
    const encoder = await createEncoder(encoderGraph(model, type), { ...options, rows: 1024 });
    const decoder = await createDecoder(decoderGraph(model, type), { ...options, rows: 1024 });
    const encoded = await encoder.encode(blocks, count);
    const expected = await encode(type, blocks, count);
    t.deepEqual(encoded.scale, expected.scale);
    // Sums of some hundred float32 terms of magnitude one in another order.
    assertClose(encoded.latent, expected.latent, relative(1e-5), 'latents');
    assertClose(await decoder.decode(expected, count), await decode(type, expected, count), relative(1e-5), 'blocks');
    t.pass();
  });

  test(`${type}: a block gives the same bits in any place and company`, async (t) => {
    const count = 2 * batchSize + 3;
    const blocks = blocksOf(type, count);
    const all = await encode(type, blocks, count);
    const restored = await decode(type, all, count);
    t.is(restored.length, blocks.length);
    for (const index of [0, 1, batchSize - 1, batchSize, count - 1]) {
      const one = await encode(type, blocks.slice(index * values, (index + 1) * values), 1);
      t.deepEqual(one.latent, all.latent.slice(index * latentSize, (index + 1) * latentSize), `latent of ${index}`);
      t.deepEqual(one.scale, all.scale.slice(index * 2, index * 2 + 2), `scale of ${index}`);
      const back = await decode(type, one, 1);
      t.deepEqual(back, restored.slice(index * values, (index + 1) * values), `block ${index}`);
    }
  });

  test(`${type}: any number of threads gives the same bits`, async (t) => {
    const count = batchSize;
    const blocks = blocksOf(type, count);
    const encoded = await encode(type, blocks, count);
    const restored = await decode(type, encoded, count);
    for (const threads of [2, 3, 5]) {
      t.deepEqual(await encode(type, blocks, count, threads), encoded, `${threads} threads`);
      t.deepEqual(await decode(type, encoded, count, threads), restored, `${threads} threads`);
    }
  });

  test(`${type}: dual chooses alike in any place and company, with any number of threads`, async (t) => {
    const count = batchSize + 3;
    const blocks = blocksOf(type, count);
    const all = await encode(type, blocks, count, 1, dual);
    for (const threads of [2, 3]) t.deepEqual(await encode(type, blocks, count, threads, dual), all);
    for (const index of [0, 7, batchSize - 1, count - 1]) {
      const one = await encode(type, blocks.slice(index * values, (index + 1) * values), 1, 1, dual);
      t.deepEqual(one.latent, all.latent.slice(index * latentSize, (index + 1) * latentSize), `latent of ${index}`);
      t.deepEqual(one.scale, all.scale.slice(index * 2, index * 2 + 2), `scale of ${index}`);
    }
    const linear = all.scale.filter((range, i) => i % 2 === 1 && range < 0).length;
    t.true(linear > 0 && linear < count, `${linear} of ${count} are linear`);
  });

  test(`${type}: a block of NaN disturbs no other`, async (t) => {
    const count = 20;
    const blocks = blocksOf(type, count);
    const clean = await encode(type, blocks, count);
    blocks.fill(Number.NaN, 7 * values, 8 * values);
    const { latent, scale } = await encode(type, blocks, count);
    for (let index = 0; index < count; index++) {
      if (index === 7) continue;
      const [from, to] = [index * latentSize, (index + 1) * latentSize];
      t.deepEqual(latent.slice(from, to), clean.latent.slice(from, to));
    }
    t.true(Number.isNaN(scale[15]));
  });

  test(`${type}: no blocks, no result`, async (t) => {
    const encoded = await encode(type, blocksOf(type, 0), 0);
    t.deepEqual([encoded.latent.length, encoded.scale.length], [0, 0]);
    t.is((await decode(type, encoded, 0)).length, 0);
  });

  test(`${type}: the normaliser gives each block its own scale`, async (t) => {
    const count = batchSize + 1;
    const blocks = blocksOf(type, count);
    const { forms, scale } = await normaliseBlocks('minmax', type, blocks, count);
    for (const index of [0, 5, count - 1]) {
      const block = blocks.slice(index * values, (index + 1) * values);
      const least = Math.min(...block);
      const range = type === 'float32' ? Math.fround(Math.max(...block) - least) : Math.max(...block) - least;
      t.deepEqual([...scale.slice(index * 2, index * 2 + 2)], [least, range]);
      const expected = block.map((value) => (type === 'float32' ? Math.fround(value - least) : value - least) / range);
      t.deepEqual([...forms.minmax!.slice(index * values, (index + 1) * values)], [...expected].map(Math.fround));
    }
  });

  test(`${type}: the normaliser of dual and adaptive gives both transforms`, async (t) => {
    const count = batchSize + 1;
    const blocks = blocksOf(type, count);
    const alone = await Promise.all(transforms.map((method) => normaliseBlocks(method, type, blocks, count)));
    for (const method of ['dual', 'adaptive'] as const) {
      const { forms, scale } = await normaliseBlocks(method, type, blocks, count);
      t.deepEqual(forms, { ...alone[0]!.forms, ...alone[1]!.forms });
      t.deepEqual(scale, alone[0]!.scale);
    }
  });
}
