import * as onnx from '../../engines/onnx/training.js';
import { loadTensorflow } from '../../engines/tensorflow/load.js';
import * as tensorflow from '../../engines/tensorflow/training.js';
import { UsageError } from '../../errors.js';
import type { TrainOptions } from './command.js';

export const engineNames = ['onnx', 'tensorflow'] as const;

/** What training needs of an engine. */
export type Engine = Pick<typeof onnx, 'createTrainingStep' | 'createValidation'>;

/** Throws InputError where the engine's library is not installed, UsageError for an option that it has no means for. */
export async function openEngine(
  {
    engine,
    device,
    precision,
    graphCache,
    tf32,
  }: Pick<TrainOptions, 'engine' | 'device' | 'precision' | 'graphCache' | 'tf32'>,
  threads: number,
): Promise<Engine> {
  if (engine === 'onnx') return onnx;
  if (device !== 'cpu')
    throw new UsageError(
      `--engine tensorflow runs where its package does, on a GPU or not: leave out --device ${device}`,
    );
  if (graphCache !== undefined || !tf32) throw new UsageError('--graph-cache and --no-tf32 are for --engine onnx');
  if (precision !== 'float32')
    throw new UsageError(`--engine tensorflow has no --precision ${precision}, only float32`);
  const tf = await loadTensorflow(threads);
  return {
    createTrainingStep: async (...args) => tensorflow.createTrainingStep(tf, ...args),
    createValidation: async (model, rows) => tensorflow.createValidation(tf, model, rows),
  };
}
