import type { Quantised } from '../../models/quantise.js';
import { random } from '../../models/random.js';
import { encoderGraph, type Model } from '../../models/swae.js';
import { batchSize, createEncoder } from './codec.js';

const rounds = 5;

/**
 * How many times as fast as in float32 a model encodes on this machine: the best of a few batches each, in turn. Below 1 the
 * CPU has no fast eight-bit products, or other work disturbed one of the two.
 */
export async function encodingSpeedup(
  model: Model,
  quantised: Quantised,
  { threads }: { readonly threads: number },
): Promise<number> {
  const { blockSize, latentSize } = model.architecture;
  const source = random(1);
  const blocks = Float32Array.from({ length: 2 * batchSize * blockSize ** 3 }, () => source.uniform());
  const create = (precision?: Quantised) =>
    createEncoder(encoderGraph(model, 'float32', 'pos_log', precision), {
      blockSize,
      latentSize,
      threads,
      precision: precision?.precision ?? 'float32',
    });
  const encoders = [await create(), await create(quantised)];
  const best = encoders.map(() => Infinity);
  // The first round is not counted: buffers are allocated in it.
  for (let round = 0; round <= rounds; round++)
    for (const [i, encoder] of encoders.entries()) {
      const started = performance.now();
      await encoder.encode(blocks, 2 * batchSize);
      if (round > 0) best[i] = Math.min(best[i], performance.now() - started);
    }
  for (const encoder of encoders) await encoder.release();
  return best[0] / best[1];
}
