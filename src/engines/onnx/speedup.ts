import type { Quantised } from '../../models/quantise.js';
import { random } from '../../models/random.js';
import { encoderGraph, type Model } from '../../models/swae.js';
import { clockFor, measureInTurn, medianRatio, subject } from '../throughput.js';
import { createEncoder, largestBatch } from './codec.js';
import type { Resources } from './session.js';

/** Of one run each. */
const rounds = { rounds: 5, roundMs: 0 };

/**
 * How many times as fast as in float32 a model encodes on this machine: the median of a few rounds, in turn. Below 1 the
 * CPU has no fast eight-bit products, or other work disturbed one of the two.
 */
export async function encodingSpeedup(model: Model, quantised: Quantised, resources: Resources): Promise<number> {
  const { blockSize, latentSize } = model.architecture;
  const source = random(1);
  const count = 2 * largestBatch(resources);
  const blocks = Float32Array.from({ length: count * blockSize ** 3 }, () => source.uniform());
  const create = (precision?: Quantised) =>
    createEncoder(encoderGraph(model, 'float32', 'pos_log', precision), {
      blockSize,
      latentSize,
      ...resources,
      precision: precision?.precision ?? 'float32',
    });
  const encoders = [await create(), await create(quantised)];
  const [exact, quick] = await measureInTurn(
    encoders.map((encoder) =>
      subject(1, () => encoder.encode(blocks, count), clockFor(resources.threads, resources.device)),
    ),
    rounds,
  );
  for (const encoder of encoders) await encoder.release();
  return medianRatio(quick, exact);
}
