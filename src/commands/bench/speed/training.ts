import type { Communicator } from '../../../dist/communicator.js';
import { partition } from '../../../dist/partition.js';
import { connectSolo } from '../../../dist/solo.js';
import { nameOf } from '../../../engines/onnx/device.js';
import * as onnx from '../../../engines/onnx/training.js';
import { clockFor, subject } from '../../../engines/throughput.js';
import type { optimisers } from '../../../models/optimiser.js';
import { permutation, random } from '../../../models/random.js';
import { startPosition } from '../../train/checkpoint.js';
import { shareParts } from '../../train/dataset.js';
import { trainStep } from '../../train/loop.js';
import { createTrainer, type TrainerOptions } from '../../train/trainer.js';
import { initialModel, type OpenSubject, randomValues, type Setting } from './setting.js';

export type OptimiserName = (typeof optimisers)[number];

/** Defaults of `swae train`, but for what is measured. */
const defaults = {
  accumulate: 1,
  clipNorm: undefined,
  divergenceWeight: 1e-4,
  graphCache: undefined,
  loss: 'mse',
  projections: 50,
  seed: 1,
  weightDecay: 0,
} as const satisfies Partial<TrainerOptions>;

/** Of several ranks. */
const stepsOfEpoch = 8;

const schedule = { schedule: 'cosine', learningRate: 1e-6, warmupSteps: 1, totalSteps: 1e9 } as const;

export async function openTraining(setting: Setting, optimiser: OptimiserName): Promise<OpenSubject> {
  const { run, release } = await openSteps(connectSolo(), setting, optimiser);
  return { ...subject(setting.rows, run, clockFor(setting.threads, setting.device)), release };
}

/** A step of `swae train` on random blocks, `rows` over all ranks: all of it, the drawing of its batch and the optimiser included. */
export async function openSteps(
  communicator: Communicator,
  { architecture, rows, threads, device, precision, tf32 }: Omit<Setting, 'bare'>,
  optimiser: OptimiserName,
): Promise<{ run(): Promise<void>; release(): Promise<void> }> {
  // Ranks fetch the blocks of some steps at once.
  const steps = communicator.size === 1 ? 1 : stepsOfEpoch;
  const { trainer, release } = await createTrainer(
    communicator,
    { ...defaults, optimiser, precision, tf32, threads, device: nameOf(device), batchSize: rows },
    schedule,
    initialModel(architecture),
    randomData(communicator, steps * rows, architecture.blockSize),
    onnx,
  );
  let order = permutation(steps * rows, random(1));
  const position = startPosition();
  const run = async () => {
    if (position.stepInEpoch === steps) {
      // A new array is a new order: no epoch has its blocks from the one before.
      order = order.subarray();
      position.stepInEpoch = 0;
    }
    await trainStep(trainer, order, position, false);
    position.step++;
    position.stepInEpoch++;
  };
  return { run, release };
}

/** Of each rank its share. */
function randomData(communicator: Communicator, count: number, blockSize: number): Parameters<typeof createTrainer>[4] {
  const { rank, size } = communicator;
  const { start, end } = partition(count, size, rank);
  const mine = { values: randomValues((end - start) * blockSize ** 3), repeats: new Uint8Array(end - start) };
  const origins = Array.from({ length: size }, (_, owner) => ({ file: 0, variable: 0, owner }));
  const parts = origins.map(({ owner }) => (owner === rank ? mine : undefined));
  const dataset = shareParts(communicator, origins, ['random'], parts, blockSize ** 3);
  const none = new Uint32Array();
  return { dataset, split: { training: none, validation: none, test: none } };
}
