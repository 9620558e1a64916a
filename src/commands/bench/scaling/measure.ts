import type { Communicator } from '../../../dist/communicator.js';
import { onFirst } from '../../../dist/first-ranks.js';
import type { Architecture } from '../../../models/architectures.js';
import { parameterLayout } from '../../../models/parameters.js';
import { slabBytes } from '../../compress/plan.js';
import type { OptimiserName } from '../speed/training.js';
import { measureCompression, workOf } from './compression.js';
import { measureNetwork, type NetworkFits } from './network.js';
import { predictCompression, predictStep } from './predict.js';
import type { Point } from './report.js';
import type { Scratch } from './scratch.js';
import { measureSteps } from './training.js';

export interface ScalingSetting {
  readonly architecture: Architecture;
  readonly optimiser: OptimiserName;
  readonly threads: number;
  /** Ascending; the first is the base. */
  readonly ranks: readonly number[];
  /** Blocks of a step: of all ranks (strong), or of each (weak). */
  readonly batchSize: number;
  readonly rounds: number;
  /** Of a round. */
  readonly steps: number;
  readonly scratch: Scratch;
}

/** Rank 0 gets the points. `done` is called after each number of ranks. A collective call. */
export async function measureScaling(
  communicator: Communicator,
  setting: ScalingSetting,
  done: () => void,
): Promise<{ points: Point[]; networks: NetworkFits[]; gradientBytes: number }> {
  const gradientBytes = Float32Array.BYTES_PER_ELEMENT * parameterLayout(setting.architecture).trainedLength;
  const points: Point[] = [];
  const networks: NetworkFits[] = [];
  const train = trainingPoints(communicator, setting, gradientBytes);
  const compress = compressionPoints(communicator, setting);
  for (const ranks of setting.ranks) {
    const fits = await onFirst(communicator, ranks, async (group) => measureNetwork(group, gradientBytes, slabBytes));
    for (const scaling of ['strong', 'weak'] as const) {
      const found = [await train(ranks, scaling, fits), await compress(ranks, scaling, fits)];
      points.push(...found.filter((point) => point !== undefined));
    }
    if (fits) networks.push(fits);
    done();
  }
  return { points, networks, gradientBytes };
}

/** Points on ranks that do not take part are undefined. */
type Measure = (ranks: number, scaling: Point['scaling'], fits: NetworkFits | undefined) => Promise<Point | undefined>;

function trainingPoints(communicator: Communicator, setting: ScalingSetting, gradientBytes: number): Measure {
  const { architecture, threads, optimiser, batchSize } = setting;
  const secondsOf = once((ranks: number, rows: number) =>
    measureSteps(communicator, ranks, { architecture, threads, rows }, optimiser, setting),
  );
  return async (ranks, scaling, fits) => {
    const rows = scaling === 'strong' ? batchSize : batchSize * ranks;
    const seconds = await secondsOf(ranks, rows);
    const alone = await secondsOf(1, Math.ceil(rows / ranks));
    if (communicator.rank !== 0 || seconds === undefined || alone === undefined) return undefined;
    const predictedSeconds = predictStep(alone, fits?.allreduce, gradientBytes);
    return { task: 'train', scaling, ranks, amount: rows, seconds, predictedSeconds };
  };
}

function compressionPoints(
  communicator: Communicator,
  { ranks: [base], rounds, threads, scratch }: ScalingSetting,
): Measure {
  const compressedBy = once((ranks: number, files: number) =>
    measureCompression(communicator, ranks, scratch, files, threads, rounds),
  );
  return async (ranks, scaling, fits) => {
    const files = (count: number) => (scaling === 'strong' ? communicator.size : count);
    const onBase = await compressedBy(base, files(base));
    const compressed = await compressedBy(ranks, files(ranks));
    if (!compressed || !onBase) return undefined;
    const { seconds, dataBytes } = compressed;
    const predictedSeconds = predictCompression(workOf(onBase, dataBytes, ranks, fits?.message), ranks);
    return { task: 'compress', scaling, ranks, amount: dataBytes, seconds, predictedSeconds };
  };
}

/** What is asked for again is not measured again: on all ranks the same calls, so all agree. */
function once<Value>(measure: (a: number, b: number) => Promise<Value>): (a: number, b: number) => Promise<Value> {
  const known = new Map<string, Promise<Value>>();
  return (a, b) => {
    const key = `${a} ${b}`;
    if (!known.has(key)) known.set(key, measure(a, b));
    return known.get(key)!;
  };
}
