import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import { createTrainingStep } from '../../src/engines/onnx/training.js';
import { type Architecture, architecture } from '../../src/models/architectures.js';
import type { Layer } from '../../src/models/layers.js';
import { type Loss, losses } from '../../src/models/losses.js';
import { parameterLayout, views } from '../../src/models/parameters.js';
import type { Model } from '../../src/models/swae.js';
import { assertClose, magnitude, relative } from '../close.js';
import { exampleParameters, exampleStep, type StepData } from './step-reference.js';
import { loadTensorflow } from './tfjs.js';

const rows = 8;
const projections = 20;
const weight = 0.5;
const tf = await loadTensorflow();

/** The training step written for TensorFlow.js, whose automatic differentiation shares nothing with ours. */
function tensorflowStep(network: Architecture, loss: Loss, parameters: Float32Array<ArrayBuffer>, step: StepData) {
  const { latentSize, blockSize } = network;
  const values = tf.tensor2d(step.values, [rows, blockSize ** 3]);
  const prior = tf.tensor2d(step.prior, [rows, latentSize]);
  const directions = tf.tensor2d(step.directions, [projections, latentSize]);
  const named = views(parameterLayout(network), parameters);
  const names = [...named.keys()];
  const terms = (...tensors: Tensor[]) => {
    const byName = new Map(names.map((name, i) => [name, tensors[i]]));
    const latents = apply(network.encoder, 'encoder', tf.mul(tf.sub(values, 0.5), 4), byName);
    const decoded = tf.add(tf.div(apply(network.decoder, 'decoder', latents, byName), 4), 0.5);
    const project = (points: Tensor2D) => sorted(tf.matMul(directions, points, false, true));
    return {
      reconstruction: tf.mean(costs[loss](decoded, values)),
      divergence: tf.mean(tf.squaredDifference(project(latents), project(prior))),
    };
  };
  const point = [...named.values()].map(({ data, shape }) => tf.tensor(data, [...shape]));
  const { reconstruction, divergence } = terms(...point);
  const gradients = tf.grads((...tensors: Tensor[]) => {
    const { reconstruction, divergence } = terms(...tensors);
    return tf.add(reconstruction, tf.mul(divergence, weight));
  })(point);
  return {
    reconstruction: reconstruction.dataSync()[0],
    divergence: divergence.dataSync()[0],
    gradients: new Map(names.map((name, i) => [name, gradients[i].dataSync()])),
  };
}

const costs: Record<Loss, (x: Tensor, truth: Tensor) => Tensor> = {
  mse: (x, truth) => tf.squaredDifference(x, truth),
  log: (x, truth) => tf.squaredDifference(tf.asinh(tf.mul(x, 100)), tf.asinh(tf.mul(truth, 100))),
  relative: (x, truth) => tf.div(tf.squaredDifference(x, truth), tf.add(tf.square(truth), 1e-4)),
  robust: (x, truth) => tf.sub(tf.sqrt(tf.add(tf.squaredDifference(x, truth), 1e-4)), 0.01),
};

function apply(layers: readonly Layer[], prefix: string, x: Tensor2D, parameters: Map<string, Tensor>): Tensor2D {
  return layers.reduce<Tensor2D>((value, layer, index) => {
    if (layer.kind === 'relu') return tf.relu(value);
    if (layer.kind !== 'linear') throw new Error(`no ${layer.kind} here: TensorFlow.js takes minutes for it`);
    const kernel = parameters.get(`${prefix}.${index}.weight`) as Tensor2D;
    return tf.add(tf.matMul(value, kernel), parameters.get(`${prefix}.${index}.bias`)!);
  }, x);
}

/** Each row in descending order. topk has no gradient, so its indices are taken out of the tape and gathered by. */
function sorted(x: Tensor2D): Tensor {
  const [count, length] = x.shape;
  const order = tf.topk(x, length).indices.dataSync();
  const positions = order.map((index, i) => Math.floor(i / length) * length + index);
  return tf.gather(tf.reshape(x, [count * length]), tf.tensor1d(Int32Array.from(positions), 'int32'));
}

async function checkStep(t: ExecutionContext, blockSize: number, loss: Loss): Promise<void> {
  const network = architecture('mlp', blockSize, 16);
  const parameters = exampleParameters(network, 1);
  const batch = exampleStep(network, rows, projections, 2);
  const flat = new Float32Array(parameters.length);
  const model: Model = { architecture: network, normalisation: 'minmax', parameters };
  const options = { loss, divergenceWeight: weight, projections, rowsByRank: [rows], rank: 0, threads: 1 };
  const step = await createTrainingStep(
    model,
    { gradients: flat, statistics: new Float32Array(0) },
    options,
    (_, own) => own,
  );
  const found = await step.run(batch);
  await step.release();
  const expected = tensorflowStep(network, loss, parameters, batch);
  // Both float32: sums of up to 512 terms in another order.
  assertClose(
    [found.reconstruction],
    [expected.reconstruction],
    () => 2e-6 * expected.reconstruction,
    'reconstruction',
  );
  assertClose([found.divergence], [expected.divergence], relative(2e-6), 'divergence');
  for (const [name, { data }] of views(parameterLayout(network), flat)) {
    const gradient = expected.gradients.get(name)!;
    const size = magnitude(gradient);
    t.true(size > 1e-6, `${name} has a gradient`);
    assertClose(data, gradient, () => 1e-5 * size, `gradient of ${name}`);
  }
}

for (const blockSize of [5, 7])
  for (const loss of losses)
    test(`k = ${blockSize}, ${loss}: losses and all gradients are those of TensorFlow.js`, (t) =>
      checkStep(t, blockSize, loss));
