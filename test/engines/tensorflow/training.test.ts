import test from 'ava';
import { createDecoder, createEncoder } from '../../../src/engines/onnx/codec.js';
import { createValidation as createOnnxValidation } from '../../../src/engines/onnx/training.js';
import { createAutoencoder, parameterTensors } from '../../../src/engines/tensorflow/autoencoder.js';
import type { Pass } from '../../../src/engines/tensorflow/forward.js';
import { createValidation } from '../../../src/engines/tensorflow/training.js';
import { architecture } from '../../../src/models/architectures.js';
import { parameterLayout } from '../../../src/models/parameters.js';
import { decoderGraph, encoderGraph, folded, type Model } from '../../../src/models/swae.js';
import { assertClose, magnitude, relative } from '../../close.js';
import { narrow } from '../../models/narrow.js';
import { exampleStep } from '../../models/step-reference.js';
import { runRanks } from '../ranks.js';
import { createStep, emptyResults, exampleModel, projections, tf } from './both-engines.js';

const mlp = architecture('mlp', 5, 16);
const baseline = narrow(architecture('conv-bn', 5, 16), 32);
const networks = [mlp, narrow(architecture('conv', 5, 16), 32), baseline];
const rows = 5;
const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

for (const [network, rowsByRank] of [
  [mlp, [3, 2]],
  [mlp, [2, 1, 2]],
  [baseline, [3, 2]],
] as const)
  test.serial(`${network.name} on ranks with ${rowsByRank} rows: sums are those of one rank`, async (t) => {
    const model = exampleModel(network);
    const batch = exampleStep(network, rows, projections, 2);
    const create = createStep('tensorflow', 'mse');
    const [whole] = await runRanks(create, model, batch, [rows]);
    const ranks = await runRanks(create, model, batch, rowsByRank);
    const reconstruction = sum(ranks.map((rank) => rank.reconstruction));
    assertClose([reconstruction], [whole.reconstruction], relative(1e-6), 'reconstruction');
    assertClose([sum(ranks.map((rank) => rank.divergence))], [whole.divergence], relative(1e-6), 'divergence');
    for (const { statistics } of ranks) assertClose(statistics, whole.statistics, relative(1e-6), 'statistics');
    const gradients = whole.gradients.map((_, i) => sum(ranks.map((rank) => rank.gradients[i])));
    const size = magnitude(whole.gradients);
    // The same float32 terms, added in another order; measured: 4e-7.
    assertClose(gradients, whole.gradients, () => 1e-5 * size, 'gradients');
    t.pass();
  });

test.serial('no tensor outlives a step, and validation keeps only the parameters of its last load', async (t) => {
  const before = tf.memory().numTensors;
  const model = exampleModel(baseline);
  const batch = exampleStep(baseline, rows, projections, 2);
  const results = emptyResults(baseline);
  const step = await createStep('tensorflow', 'mse')(model, results, { rowsByRank: [rows], rank: 0 }, (_, own) => own);
  await step.run(batch);
  t.is(tf.memory().numTensors, before);
  const validation = createValidation(tf, model, rows);
  validation.load();
  await validation.errors(batch.values);
  const loaded = tf.memory().numTensors;
  validation.load();
  await validation.errors(batch.values);
  t.is(tf.memory().numTensors, loaded);
  await validation.release();
  t.is(tf.memory().numTensors, before);
});

for (const network of networks)
  test.serial(`${network.name}: validation gives the errors that the other engine gives`, async (t) => {
    const model = exampleModel(network);
    const { values } = exampleStep(network, rows, projections, 2);
    const validation = createValidation(tf, model, rows);
    const reference = await createOnnxValidation(model, rows, { threads: 1 });
    for (const { load } of [validation, reference]) load();
    const expected = (await reference.errors(values)).slice();
    // Both float32, in sums of another order; measured: 2e-7.
    const tolerance = (error: number) => 1e-5 * error;
    assertClose(await validation.errors(values), expected, tolerance, 'errors');
    model.parameters.fill(0);
    assertClose(await validation.errors(values), expected, tolerance, 'errors before another load');
    validation.load();
    t.notDeepEqual(await validation.errors(values), expected);
    await validation.release();
    await reference.release();
  });

for (const network of networks)
  test.serial(`${network.name}: latents and values are those of encoder.onnx and decoder.onnx`, async (t) => {
    // Values as they are, cut off outside of the scale.
    const model: Model = { ...exampleModel(network), normalisation: 'none' };
    const options = { blockSize: 5, latentSize: 16, threads: 1 };
    const encoder = await createEncoder(encoderGraph(model, 'float32'), options);
    const decoder = await createDecoder(decoderGraph(model, 'float32'), options);
    const blocks = exampleStep(network, rows, projections, 2).values.slice();
    const { latent } = await encoder.encode(blocks, rows);
    const scale = Float32Array.from({ length: 2 * rows }, (_, i) => [-100, 200][i % 2]);
    const decoded = await decoder.decode({ latent, scale }, rows);

    const present = folded(model);
    const { encode, decode } = createAutoencoder(tf, present);
    const parameters = parameterTensors(tf, parameterLayout(present.architecture), present.parameters);
    const pass: Pass = { parameter: (name) => parameters.get(name)! };
    const latents = encode(tf.tensor2d(blocks, [rows, 125]), pass);
    const tolerance = relative(1e-5);
    assertClose(latents.dataSync(), latent, tolerance, 'latents');
    assertClose(decode(latents, pass).dataSync(), decoded, tolerance, 'values');
    t.true(magnitude(latent) > 0.1);
    await encoder.release();
    await decoder.release();
  });
