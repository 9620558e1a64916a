/** The training step by each engine; TensorFlow.js on its plain JavaScript backend, which shares no arithmetic with the other. */
import { createTrainingStep as createOnnx } from '../../../src/engines/onnx/training.js';
import { createTrainingStep as createTensorflow } from '../../../src/engines/tensorflow/training.js';
import type { Architecture } from '../../../src/models/architectures.js';
import type { Loss } from '../../../src/models/losses.js';
import { parameterLayout } from '../../../src/models/parameters.js';
import type { Model } from '../../../src/models/swae.js';
import { exampleParameters } from '../../models/step-reference.js';
import { loadTensorflow } from '../../models/tfjs.js';
import type { CreateStep } from '../ranks.js';

export const tf = await loadTensorflow();
export const projections = 20;

export type Engine = 'onnx' | 'tensorflow';

export function createStep(engine: Engine, loss: Loss): CreateStep {
  const common = { loss, divergenceWeight: 0.5, projections };
  return async (model, results, options, collective) =>
    engine === 'onnx'
      ? createOnnx(model, results, { ...common, ...options, threads: 1 }, collective)
      : createTensorflow(tf, model, results, { ...common, ...options }, collective);
}

export function exampleModel(architecture: Architecture): Model {
  return { architecture, normalisation: 'minmax', parameters: exampleParameters(architecture, 1) };
}

/** Arrays for a step to fill: what it leaves out stays NaN. */
export function emptyResults(architecture: Architecture) {
  const { length, trainedLength } = parameterLayout(architecture);
  return {
    gradients: new Float32Array(trainedLength).fill(Number.NaN),
    statistics: new Float32Array(length - trainedLength).fill(Number.NaN),
  };
}
