import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { parameterLayout } from '../../models/parameters.js';
import { folded, type Model, type StepOptions, shareOfDirections } from '../../models/swae.js';
import type { RunCollective, StepInput, StepResults, TrainingStep, Validation } from '../engine.js';
import { type Autoencoder, createAutoencoder, parameterTensors } from './autoencoder.js';
import { normaliseBatch } from './batch-norm.js';
import { allgather, type Ranks } from './collective.js';
import type { Pass } from './forward.js';
import type { Tensorflow } from './load.js';
import { reconstructionLoss, slicedWasserstein, squaredErrors } from './losses.js';

type TensorflowOptions = Omit<StepOptions, 'precision'>;

/** The training step of this rank by automatic differentiation, in float32. The parameters are read at every run. */
export function createTrainingStep(
  tf: Tensorflow,
  model: Model,
  { gradients, statistics }: StepResults,
  options: TensorflowOptions,
  collective: RunCollective,
): TrainingStep {
  const layout = parameterLayout(model.architecture);
  const trained = layout.entries.filter((entry) => entry.trained);
  const running = layout.entries.filter((entry) => !entry.trained);
  const autoencoder = createAutoencoder(tf, model);
  const run = (input: StepInput) => {
    const parameters = parameterTensors(tf, layout, model.parameters);
    const losses = { reconstruction: 0, divergence: 0 };
    const { grads } = tf.valueAndGrads(() => {
      const terms = lossTerms(tf, autoencoder, parameters, input, { ...options, collective });
      losses.reconstruction = terms.reconstruction.dataSync()[0];
      losses.divergence = terms.divergence.dataSync()[0];
      for (const { name, offset } of running)
        statistics.set(terms.statistics[name].dataSync(), offset - layout.trainedLength);
      return tf.add(terms.reconstruction, tf.mul(terms.divergence, options.divergenceWeight));
    })(trained.map(({ name }) => parameters.get(name)!));
    for (const [i, { offset }] of trained.entries()) gradients.set(grads[i].dataSync(), offset);
    return losses;
  };
  return { run: async (input) => tf.tidy(() => run(input)), async release() {} };
}

interface LossTerms {
  readonly reconstruction: Scalar;
  readonly divergence: Scalar;
  /** What becomes of the running statistics. */
  readonly statistics: Readonly<Record<string, Tensor>>;
}

function lossTerms(
  tf: Tensorflow,
  { encode, decode }: Autoencoder,
  parameters: ReadonlyMap<string, Tensor>,
  input: StepInput,
  options: TensorflowOptions & Ranks,
): LossTerms {
  const globalRows = options.rowsByRank.reduce((sum, rows) => sum + rows, 0);
  const statistics: Record<string, Tensor> = {};
  const parameter = (name: string) => parameters.get(name)!;
  const pass: Pass = {
    parameter,
    batchNorm(x, name) {
      const normalised = normaliseBatch(tf, x, name, options, parameter);
      Object.assign(statistics, normalised.statistics);
      return normalised.y;
    },
  };
  const values = inRows(tf, input.values, options.rowsByRank[options.rank]);
  const { start, end, weight } = shareOfDirections(options);
  const directions = tf.slice(inRows(tf, input.directions, options.projections), [start, 0], [end - start, -1]);
  const latents = encode(values, pass);
  const decoded = decode(latents, pass);
  return {
    reconstruction: reconstructionLoss(tf, options.loss, decoded, values, globalRows),
    divergence: tf.mul(slicedWasserstein(tf, allgather(tf, latents, options), directions), weight),
    statistics,
  };
}

/** Mean squared error, in normalised scale, of each of `rows` blocks at a time, with batch normalisation as at inference. */
export function createValidation(tf: Tensorflow, model: Model, rows: number): Validation {
  const network = folded(model);
  const layout = parameterLayout(network.architecture);
  const { encode, decode } = createAutoencoder(tf, network);
  let parameters = new Map<string, Tensor>();
  const pass: Pass = { parameter: (name) => parameters.get(name)! };
  const release = () => tf.dispose([...parameters.values()]);
  return {
    rows,
    load() {
      release();
      parameters = parameterTensors(tf, layout, folded(model).parameters);
    },
    async errors(values) {
      return tf.tidy(() => {
        const blocks = inRows(tf, values, rows);
        return squaredErrors(tf, decode(encode(blocks, pass), pass), blocks).dataSync() as Float32Array;
      });
    },
    release: async () => release(),
  };
}

function inRows(tf: Tensorflow, data: Float32Array, rows: number): Tensor2D {
  return tf.tensor2d(data, [rows, data.length / rows]);
}
