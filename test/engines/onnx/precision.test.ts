/** Eight-bit models through the codec, and on real data with a trained model. */
import test from 'ava';
import { readModel } from '../../../src/commands/model-file.js';
import { calibrate, codingErrors } from '../../../src/engines/onnx/calibration.js';
import { batchSize, createDecoder, createEncoder, createNormaliser } from '../../../src/engines/onnx/codec.js';
import { encodingSpeedup } from '../../../src/engines/onnx/speedup.js';
import { slabs, split } from '../../../src/io/blocks.js';
import { openSource } from '../../../src/io/hdf5/source.js';
import { architecture } from '../../../src/models/architectures.js';
import { type Normalisation, normalisations } from '../../../src/models/normalise.js';
import { inferencePrecisions, type Quantised } from '../../../src/models/quantise.js';
import { random } from '../../../src/models/random.js';
import { type BlockType, decoderGraph, encoderGraph, type Model, normaliseGraph } from '../../../src/models/swae.js';
import { decodeModel } from '../../../src/onnx/index.js';
import { biasedParameters } from '../../models/biased-parameters.js';

const k = 5;
const size = k ** 3;
const latentSize = 6;
const network = architecture('mlp', k, latentSize);
const parameters = biasedParameters(network, 1);
const quantisedPrecisions = inferencePrecisions.filter((precision) => precision !== 'float32');
const arrays = { float8: Uint8Array, int8: Int8Array, 'int8-dynamic': Int8Array };

function modelWith(normalisation: Normalisation): Model {
  return { architecture: network, normalisation, parameters };
}

/** Uniform numbers from 0 to 1 are what a normalised block has, whatever the normalisation. */
function uniform(count: number): Float32Array<ArrayBuffer> {
  const source = random(count);
  return Float32Array.from({ length: count * size }, () => source.uniform());
}

const calibration = await calibrate(modelWith('minmax'), uniform(300), { threads: 1 });

async function roundTrip(
  { model, quantised, type = 'float32' }: { model: Model; quantised: Quantised; type?: BlockType },
  blocks: Float32Array<ArrayBuffer>,
  threads = 1,
) {
  const count = blocks.length / size;
  const options = { blockSize: k, latentSize, threads, precision: quantised.precision };
  const encoder = await createEncoder(encoderGraph(model, type, 'pos_log', quantised), options);
  const decoder = await createDecoder(decoderGraph(model, type, quantised), options);
  const encoded = await encoder.encode(type === 'float64' ? Float64Array.from(blocks) : blocks, count);
  const decoded = await decoder.decode(encoded, count);
  await encoder.release();
  await decoder.release();
  return { ...encoded, decoded };
}

for (const precision of quantisedPrecisions) {
  const quantised = { precision, calibration };

  test(`${precision}: any number of threads gives the same bits, latents of a byte`, async (t) => {
    const blocks = uniform(batchSize + 5);
    const alone = await roundTrip({ model: modelWith('pos_log'), quantised }, blocks);
    t.true(alone.latent instanceof arrays[precision]);
    t.true(new Set(alone.latent).size > 20);
    for (const threads of [2, 3, 5])
      t.deepEqual(await roundTrip({ model: modelWith('pos_log'), quantised }, blocks, threads), alone);
  });

  test(`${precision}: every normalisation and both types of blocks, decoded near to float32 latents alone`, async (t) => {
    const blocks = uniform(40);
    for (const normalisation of normalisations)
      for (const type of ['float32', 'float64'] as const) {
        const model = modelWith(normalisation);
        const { decoded, scale } = await roundTrip({ model, quantised, type }, blocks);
        t.is(decoded.constructor, type === 'float64' ? Float64Array : Float32Array);
        t.is(scale.constructor, decoded.constructor);
        t.true(decoded.every(Number.isFinite), `${normalisation} ${type}`);
        const latentsOnly = await roundTrip({ model, quantised: { ...quantised, latentsOnly: true }, type }, blocks);
        // This network is not trained: what it gives is no block, but it must be alike. A value of a block is about 1 at most.
        const error = Math.sqrt(mean(decoded.map((value, i) => (value - latentsOnly.decoded[i]!) ** 2)));
        t.true(error < 0.2, `${normalisation} ${type}: ${error}`);
      }
  });

  test(`${precision}: a block of NaN or infinity disturbs no other`, async (t) => {
    for (const normalisation of ['pos_log', 'zscore', 'none'] as const) {
      const blocks = uniform(20);
      const target = { model: modelWith(normalisation), quantised };
      // In place of the broken block a constant one: dynamic scales see neither.
      blocks.fill(0, 7 * size, 8 * size);
      const clean = await roundTrip(target, blocks);
      for (const broken of [Number.NaN, Infinity, -Infinity]) {
        blocks.fill(broken, 7 * size + 3, 8 * size);
        const { latent } = await roundTrip(target, blocks);
        for (const index of latent.keys())
          if (Math.floor(index / latentSize) !== 7)
            t.is(latent[index], clean.latent[index], `${normalisation} ${index}`);
      }
    }
  });

  test(`${precision}: one side feeds the other`, (t) => {
    const encoder = decodeModel(encoderGraph(modelWith('pos_log'), 'float32', 'pos_log', quantised)).graph;
    const decoder = decodeModel(decoderGraph(modelWith('pos_log'), 'float32', quantised)).graph;
    t.deepEqual(decoder.input, encoder.output);
    t.deepEqual(decoder.output, encoder.input);
  });
}

for (const precision of ['int8', 'float8'] as const)
  test(`${precision}: a block gives the same bits in any place and company`, async (t) => {
    const count = batchSize + 3;
    const blocks = uniform(count);
    const target = { model: modelWith('pos_log'), quantised: { precision, calibration } };
    const all = await roundTrip(target, blocks);
    for (const index of [0, batchSize - 1, count - 1]) {
      const one = await roundTrip(target, blocks.slice(index * size, (index + 1) * size));
      t.deepEqual(one.latent, all.latent.slice(index * latentSize, (index + 1) * latentSize));
      t.deepEqual(one.decoded, all.decoded.slice(index * size, (index + 1) * size));
    }
  });

test('float8: no latent is a NaN, however far beyond its range in calibration', async (t) => {
  const ranges = { ...calibration, 'decoder.0': calibration['decoder.0']!.map((value) => value / 1000) };
  const quantised = { precision: 'float8', calibration: ranges } as const;
  const { latent } = await roundTrip({ model: modelWith('pos_log'), quantised }, uniform(50));
  t.true([...latent].every((code) => (code & 0x7f) !== 0x7f));
  t.true([...latent].some((code) => (code & 0x7f) === 0x7e));
});

test('calibration takes no notice of a padded batch', async (t) => {
  const values = uniform(batchSize + 1);
  const one = await calibrate(modelWith('minmax'), values.subarray(0, size), { threads: 1 });
  const twice = new Float32Array(2 * size);
  twice.set(values.subarray(0, size));
  twice.set(values.subarray(0, size), size);
  t.deepEqual(await calibrate(modelWith('minmax'), twice, { threads: 1 }), one);
  t.deepEqual(Object.keys(one), ['encoder.0', 'encoder.2', 'encoder.4', 'decoder.0', 'decoder.2', 'decoder.4']);
  t.deepEqual(
    one['encoder.0'],
    [...values.subarray(0, size)].map((value) => Math.abs(Math.fround(Math.fround(value - 0.5) * 4))),
  );
  await t.throwsAsync(calibrate(modelWith('minmax'), new Float32Array(7), { threads: 1 }), {
    message: /blocks of 125/,
  });
});

/** Normalised blocks of sample data without constant ones: of every tenth octant of each variable. */
async function sample(file: string): Promise<Float32Array> {
  const source = openSource(file);
  const normaliser = await createNormaliser(normaliseGraph(k, 'pos_log', 'float32'), {
    blockSize: k,
    threads: 1,
    forms: ['pos_log'],
  });
  const rows: Float32Array[] = [];
  for (const { path, shape } of source.datasets().filter((dataset) => dataset.shape.length === 4)) {
    const [slab] = slabs([Math.ceil(shape[0]! / 10), ...shape.slice(1)], k, { bytesPerValue: 4, maxBytes: 1e9 });
    const blocks = split(source.readSlice(path, slab!.read), slab!);
    const { forms, scale } = await normaliser.normalise(blocks, slab!.blockCount);
    for (let block = 0; block < slab!.blockCount; block++)
      if (scale[2 * block + 1]! > 0) rows.push(forms.pos_log!.subarray(block * size, (block + 1) * size));
  }
  await normaliser.release();
  source.close();
  const values = new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) values.set(row, i * size);
  return values;
}

test('a trained model on real data loses as little as docs/performance.md says', async (t) => {
  const { model } = readModel('save/swae_all_vars_5x5x5_mlp/best_model.safetensors');
  const ranges = await calibrate(model, await sample('data/sample/bssn_q1_step000040_small.h5'), { threads: 1 });
  const values = await sample('data/sample/bssn_q1_step000160_small.h5');
  const decibels = async (quantised?: Quantised) =>
    -10 * Math.log10(mean(await codingErrors(model, values, { threads: 1, quantised })));
  const exact = await decibels();
  // About 1 dB more than was measured on a whole snapshot.
  const losses = { int8: [4, 2], 'int8-dynamic': [4, 2], float8: [11, 5.5] };
  for (const precision of quantisedPrecisions)
    for (const [i, latentsOnly] of [false, true].entries()) {
      const loss = exact - (await decibels({ precision, calibration: ranges, latentsOnly }));
      t.true(loss > 0 && loss < losses[precision][i]!, `${precision}${latentsOnly ? ' latents' : ''}: ${loss} dB`);
    }
});

test('the speed-up is a number', async (t) => {
  t.true((await encodingSpeedup(modelWith('pos_log'), { precision: 'int8', calibration }, { threads: 1 })) > 0);
});

function mean(values: Iterable<number>): number {
  let [sum, count] = [0, 0];
  for (const value of values) [sum, count] = [sum + value, count + 1];
  return sum / count;
}
