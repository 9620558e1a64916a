import type { Communicator } from '../../../dist/communicator.js';
import { onFirst } from '../../../dist/first-ranks.js';
import { nameOf } from '../../../engines/onnx/device.js';
import type { Resources } from '../../../engines/onnx/session.js';
import type { Architecture } from '../../../models/architectures.js';
import { parameterLayout } from '../../../models/parameters.js';
import { slabBytes } from '../../compress/plan.js';
import type { OptimiserName } from '../speed/training.js';
import { type Compressed, measureCompression, workOf } from './compression.js';
import type { AloneStep, Constants } from './constants.js';
import { measureNetwork, type NetworkFits } from './network.js';
import { predictCompression, predictStep } from './predict.js';
import type { Point } from './report.js';
import type { Scratch } from './scratch.js';
import { measureSorting } from './sorting.js';
import { measureSteps } from './training.js';

export interface ScalingSetting extends Required<Resources> {
  readonly architecture: Architecture;
  readonly optimiser: OptimiserName;
  /** Ascending; the first is the base. */
  readonly ranks: readonly number[];
  /** Blocks of a step: of all ranks (strong), or of each (weak). */
  readonly batchSize: number;
  readonly rounds: number;
  /** Of a round. */
  readonly steps: number;
  readonly scratch: Scratch;
}

export interface Measured extends Constants {
  readonly points: readonly Point[];
  readonly networks: readonly NetworkFits[];
}

/** Rank 0 gets it all. `done` is called after each number of ranks. A collective call. */
export async function measureScaling(
  communicator: Communicator,
  setting: ScalingSetting,
  done: () => void,
): Promise<Measured | undefined> {
  const { architecture, threads, device, ranks: counts, batchSize, optimiser } = setting;
  const [base] = counts;
  const gradientBytes = Float32Array.BYTES_PER_ELEMENT * parameterLayout(architecture).trainedLength;
  const points: Point[] = [];
  const networks: NetworkFits[] = [];
  const stepOf = once((ranks: number, rows: number) =>
    measureSteps(
      communicator,
      ranks,
      { architecture, threads, device, rows, precision: 'float32', tf32: true },
      optimiser,
      setting,
    ),
  );
  const compressedBy = once((ranks: number, files: number) => compressFiles(communicator, setting, ranks, files, true));
  const train = trainingPoints(communicator, batchSize, stepOf, gradientBytes);
  const compress = compressionPoints(communicator, base, compressedBy);
  for (const ranks of counts) {
    const fits = await onFirst(communicator, ranks, async (group) => measureNetwork(group, gradientBytes, slabBytes));
    for (const scaling of ['strong', 'weak'] as const) {
      const found = [await train(ranks, scaling, fits), await compress(ranks, scaling, fits)];
      points.push(...found.filter((point) => point !== undefined));
    }
    if (fits) networks.push(fits);
    done();
  }
  const alone: AloneStep[] = [];
  for (const rows of batchesAlone(counts, batchSize)) {
    const seconds = await stepOf(1, rows);
    if (seconds !== undefined) alone.push({ rows, seconds });
  }
  const sortSeconds = await onFirst(communicator, 1, () => measureSorting(architecture, threads));
  const reconstructed = await compressedBy(base, communicator.size);
  const archived = await compressFiles(communicator, setting, base, communicator.size, false);
  if (!sortSeconds || !reconstructed || !archived) return undefined;
  return { points, networks, gradientBytes, alone, sortSeconds, compression: { reconstructed, archived } };
}

/** Ascending: what a rank gets at each number of ranks, and an eighth of the batch, so that there are two even on one rank. */
function batchesAlone(counts: readonly number[], batchSize: number): number[] {
  const shares = [...counts, 8].map((ranks) => Math.ceil(batchSize / ranks));
  return [...new Set([...shares, batchSize])].sort((a, b) => a - b);
}

/** Points on ranks that do not take part are undefined. */
type Measure = (ranks: number, scaling: Point['scaling'], fits: NetworkFits | undefined) => Promise<Point | undefined>;

/** Seconds of a step on so many ranks with so many blocks. */
type StepOf = (ranks: number, rows: number) => Promise<number | undefined>;

function trainingPoints(
  communicator: Communicator,
  batchSize: number,
  secondsOf: StepOf,
  gradientBytes: number,
): Measure {
  return async (ranks, scaling, fits) => {
    const rows = scaling === 'strong' ? batchSize : batchSize * ranks;
    const seconds = await secondsOf(ranks, rows);
    const alone = await secondsOf(1, Math.ceil(rows / ranks));
    if (communicator.rank !== 0 || seconds === undefined || alone === undefined) return undefined;
    const predictedSeconds = predictStep(alone, fits?.allreduce, gradientBytes);
    return { task: 'train', scaling, ranks, amount: rows, seconds, predictedSeconds };
  };
}

/** So many ranks and files. */
type CompressedBy = (ranks: number, files: number) => Promise<Compressed | undefined>;

function compressionPoints(communicator: Communicator, base: number, compressedBy: CompressedBy): Measure {
  return async (ranks, scaling, fits) => {
    const files = (count: number) => (scaling === 'strong' ? communicator.size : count);
    const onBase = await compressedBy(base, files(base));
    const compressed = await compressedBy(ranks, files(ranks));
    if (!compressed || !onBase) return undefined;
    const { seconds, dataBytes } = compressed;
    const predictedSeconds = predictCompression(workOf(onBase, dataBytes, { ranks }, fits?.message), ranks);
    return { task: 'compress', scaling, ranks, amount: dataBytes, seconds, predictedSeconds };
  };
}

function compressFiles(
  communicator: Communicator,
  { scratch, threads, device, rounds }: ScalingSetting,
  ranks: number,
  files: number,
  reconstruct: boolean,
): ReturnType<CompressedBy> {
  return measureCompression(communicator, ranks, scratch, files, {
    threads,
    device: nameOf(device),
    rounds,
    reconstruct,
  });
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
