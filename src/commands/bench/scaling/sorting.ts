import { tensor } from '../../../engines/onnx/session.js';
import { createStaged } from '../../../engines/onnx/staged.js';
import { sortingFor } from '../../../engines/onnx/training.js';
import { clockFor, itemsPerSecond } from '../../../engines/throughput.js';
import type { Architecture } from '../../../models/architectures.js';
import { type Sorting, slicedWasserstein } from '../../../models/losses.js';
import { random } from '../../../models/random.js';
import { drawDirections } from '../../../models/sampling.js';
import { type GraphInterface, gradient, input } from '../../../onnx/index.js';

/** A batch of many ranks: sorting is slower than that of a small one. */
const rows = 2 ** 16;
const rounds = { rounds: 3, roundMs: 200 };
const seed = 1;

/**
 * Seconds for each block of the batch of all ranks, of which every rank sorts all along its directions: projecting them on one
 * direction, sorting, and the way back.
 */
export async function measureSorting(architecture: Architecture, threads: number): Promise<number> {
  const { latentSize } = architecture;
  const clock = clockFor(threads);
  const graph = sortGraph(latentSize, sortingFor(architecture, rows));
  const session = await createStaged(graph, { name: 'sort', threads, collective: (_, own) => own });
  const { normal } = random(seed);
  const latents = tensor(Float32Array.from({ length: rows * latentSize }, normal), [rows, latentSize]);
  const directions = tensor(drawDirections(1, latentSize, seed, 0), [1, latentSize]);
  const sorted = await itemsPerSecond(rows, () => session.run({ latents, directions }), rounds, clock);
  await session.release();
  return 1 / sorted;
}

function sortGraph(latentSize: number, sorting: Sorting): GraphInterface {
  const latents = input('latents', 'float32', [rows, latentSize]);
  const directions = input('directions', 'float32', [1, latentSize]);
  const distance = slicedWasserstein(latents, directions, sorting);
  const [towards] = gradient(distance, [latents]);
  return { inputs: { latents, directions }, outputs: { distance, towards } };
}
