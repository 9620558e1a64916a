import { createSession, tensor } from '../../../engines/onnx/session.js';
import { clockFor, itemsPerSecond } from '../../../engines/throughput.js';
import { slicedWasserstein } from '../../../models/losses.js';
import { drawDirections, drawPrior } from '../../../models/sampling.js';
import { build, gradient, input } from '../../../onnx/index.js';

/** What every rank does for each block of the batch of all ranks, in seconds. */
export interface WholeBatch {
  /** Drawing its sample of the prior. */
  readonly draw: number;
  /** Projecting latents and prior on one direction, sorting both, and the way back. */
  readonly sort: number;
}

/** A batch of many ranks: sorting is slower than that of a small one. */
const rows = 2 ** 16;
const rounds = { rounds: 3, roundMs: 200 };
const seed = 1;

export async function measureWholeBatch(latentSize: number, threads: number): Promise<WholeBatch> {
  const clock = clockFor(threads);
  const session = await createSession(sortGraph(latentSize), { threads });
  const prior = tensor(drawPrior(rows, latentSize, seed, 0), [rows, latentSize]);
  const latents = tensor(drawPrior(rows, latentSize, seed, 1), [rows, latentSize]);
  const directions = tensor(drawDirections(1, latentSize, seed, 0), [1, latentSize]);
  const sorted = await itemsPerSecond(rows, () => session.run({ latents, prior, directions }), rounds, clock);
  await session.release();
  const drawn = await itemsPerSecond(rows, async () => drawPrior(rows, latentSize, seed, 0), rounds, clock);
  return { draw: 1 / drawn, sort: 1 / sorted };
}

function sortGraph(latentSize: number): Uint8Array {
  const latents = input('latents', 'float32', [rows, latentSize]);
  const prior = input('prior', 'float32', [rows, latentSize]);
  const directions = input('directions', 'float32', [1, latentSize]);
  const distance = slicedWasserstein(latents, prior, directions);
  const [towards] = gradient(distance, [latents]);
  return build({ inputs: { latents, prior, directions }, outputs: { distance, towards } }, { name: 'sort' });
}
