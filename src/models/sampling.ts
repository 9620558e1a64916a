import { permutation, random } from './random.js';

/** Purposes of random streams: no two draws of a run share a key. */
const stream = { parameters: 1, epoch: 2, directions: 4, split: 5, sample: 6, trials: 7, groups: 8 } as const;

export { stream as randomStream };

export interface Split {
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * 80 / 15 / 5 % of 0…count−1, at random but the same for the same seed. Of two or more there is one for validation at
 * least, so that few files can be split too.
 */
export function splitIndices(count: number, seed: number): Split {
  const order = permutation(count, random(seed, stream.split));
  const validation = count < 2 ? 0 : Math.max(1, Math.round(count * 0.15));
  const training = count - validation - Math.round(count * 0.05);
  return {
    training: order.subarray(0, training),
    validation: order.subarray(training, training + validation),
    test: order.subarray(training + validation),
  };
}

/** The order in which epoch `epoch` visits its training blocks. */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  return permutation(count, random(seed, stream.epoch, epoch));
}

/**
 * The same with some blocks (numbers of 0…count−1) `times` as often as others, on average: an epoch has as many steps as ever, and
 * what is drawn twice is in the place of something that is not drawn.
 */
export function weightedEpochOrder(
  count: number,
  seed: number,
  epoch: number,
  favoured: ArrayLike<number>,
  times: number,
): Uint32Array {
  const order = epochOrder(count + (times - 1) * favoured.length, seed, epoch);
  return order.subarray(0, count).map((i) => (i < count ? i : favoured[(i - count) % favoured.length]));
}

/** Unit vectors uniform on the sphere: [projections, dimensions]. */
export function drawDirections(projections: number, dimensions: number, seed: number, step: number): Float32Array {
  const source = random(seed, stream.directions, step);
  const directions = new Float32Array(projections * dimensions);
  for (let start = 0; start < directions.length; start += dimensions) {
    let norm = 0;
    for (let i = start; i < start + dimensions; i++) {
      directions[i] = source.normal();
      norm += directions[i] ** 2;
    }
    for (let i = start; i < start + dimensions; i++) directions[i] /= Math.sqrt(norm);
  }
  return directions;
}
