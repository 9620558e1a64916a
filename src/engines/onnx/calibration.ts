import { type Calibration, calibrationGraph, mergeCalibrations } from '../../models/calibration.js';
import { codingErrorGraph, type Quantised } from '../../models/quantise.js';
import type { Model } from '../../models/swae.js';
import { build, type GraphInterface } from '../../onnx/index.js';
import { batchSize } from './codec.js';
import { createSession, tensor } from './session.js';

export interface MeasureOptions {
  readonly threads: number;
}

/**
 * The ranges of a model's activations on normalised blocks [count, k³] (of a signed normalisation: in any of its forms). Some
 * thousand blocks of training data do; a random choice is better than the first ones.
 */
export async function calibrate(model: Model, values: Float32Array, options: MeasureOptions): Promise<Calibration> {
  let calibration: Calibration | undefined;
  await inBatches(model, calibrationGraph(model), values, options, (_, ranges) => {
    calibration = calibration ? mergeCalibrations(calibration, ranges) : ranges;
  });
  return calibration!;
}

/** The mean squared error of each of the normalised blocks [count, k³] after coding and decoding. */
export async function codingErrors(
  model: Model,
  values: Float32Array,
  { quantised, ...options }: MeasureOptions & { readonly quantised?: Quantised | undefined },
): Promise<Float64Array> {
  const errors = new Float64Array(values.length / model.architecture.blockSize ** 3);
  await inBatches(model, codingErrorGraph(model, quantised), values, options, (start, results) => {
    errors.set(results.errors, start);
  });
  return errors;
}

/** The last batch is smaller: nothing but the given blocks counts. */
async function inBatches(
  { architecture }: Model,
  graph: GraphInterface,
  values: Float32Array,
  options: MeasureOptions,
  take: (start: number, results: Record<string, number[]>) => void,
): Promise<void> {
  const size = architecture.blockSize ** 3;
  const count = values.length / size;
  if (!Number.isInteger(count) || count === 0)
    throw new Error(`expected blocks of ${size} values, got ${values.length} values`);
  const session = await createSession(build(graph, { name: 'measurement' }), options);
  for (let start = 0; start < count; start += batchSize) {
    const rows = Math.min(batchSize, count - start);
    const batch = tensor(values.subarray(start * size, (start + rows) * size), [rows, size]);
    const results = Object.entries(await session.run({ values: batch }));
    take(start, Object.fromEntries(results.map(([name, { data }]) => [name, [...(data as Float32Array)]])));
  }
  await session.release();
}
