import type { Communicator } from '../../dist/communicator.js';
import { partition } from '../../dist/partition.js';
import { createOrthogonaliser } from '../../engines/onnx/orthogonalise.js';
import type { SessionOptions } from '../../engines/onnx/session.js';
import { arraysInPlace } from '../../models/adam-kernel.js';
import { gpuBatchSize } from '../../models/batch.js';
import { matrixShapes, muon } from '../../models/muon.js';
import { adam, type Optimiser } from '../../models/optimiser.js';
import { type ParameterLayout, parameterLayout } from '../../models/parameters.js';
import type { ScheduleOptions } from '../../models/schedule.js';
import type { Model } from '../../models/swae.js';
import type { CollectiveOperator } from '../../onnx/index.js';
import { resolveResources } from '../options.js';
import { createBatches } from './batches.js';
import type { TrainOptions } from './command.js';
import type { Engine } from './engine.js';
import { gatherRows } from './gather-rows.js';
import type { Trainer } from './loop.js';
import { shareAmong } from './shared-matrices.js';

/** Blocks of one run of the validation, to which the parameters are given anew. */
const validationRows = { cpu: 512, gpu: gpuBatchSize };

/** Of the options of a training those that its steps depend on. */
export type TrainerOptions = Pick<
  TrainOptions,
  | 'accumulate'
  | 'batchSize'
  | 'clipNorm'
  | 'device'
  | 'divergenceWeight'
  | 'graphCache'
  | 'loss'
  | 'optimiser'
  | 'precision'
  | 'projections'
  | 'seed'
  | 'tf32'
  | 'threads'
  | 'weightDecay'
>;

/** What takes steps on `data` from the parameters of `start`; the model whose parameters it changes; and how to be rid of it. */
export async function createTrainer(
  communicator: Communicator,
  options: TrainerOptions,
  schedule: ScheduleOptions,
  start: Model,
  data: Pick<Trainer, 'dataset' | 'split'>,
  engine: Engine,
): Promise<{ trainer: Trainer; model: Model; release(): Promise<void> }> {
  const { architecture } = start;
  const { accumulate, batchSize, loss, divergenceWeight, projections, precision, seed, clipNorm } = options;
  const { rank } = communicator;
  const session = sessionOptions(communicator, options);
  const layout = parameterLayout(architecture);
  const { length, trainedLength } = layout;
  const [parameters, reduced, ...moments] = arraysInPlace([length, trainedLength + 3, trainedLength, trainedLength]);
  parameters.set(start.parameters);
  const model = { ...start, parameters };
  const results = {
    gradients: accumulate === 1 ? reduced.subarray(0, trainedLength) : new Float32Array(trainedLength),
    statistics: new Float32Array(length - trainedLength),
  };
  const rowsByRank = rowsOfRanks(batchSize / accumulate, communicator.size);
  const { optimiser, release } = await createOptimiser(communicator, options, layout, session);
  const step = await engine.createTrainingStep(
    model,
    results,
    { loss, divergenceWeight, projections, precision, rowsByRank, rank, ...session },
    (operator, rows) => runCollective(communicator, operator, rows),
  );
  const validation = await engine.createValidation(
    model,
    session.device.kind === 'cpu' ? validationRows.cpu : validationRows.gpu,
    session,
  );
  const trainer: Trainer = {
    ...data,
    communicator,
    parameters,
    reduced,
    results,
    step,
    validation,
    optimiser,
    state: { step: 0, moments },
    batches: createBatches(communicator, data.dataset, { batchSize, parts: accumulate }),
    options: {
      parts: accumulate,
      latentSize: architecture.latentSize,
      projections,
      seed,
      schedule,
      clipNorm,
      mixed: precision === 'mixed',
    },
  };
  return {
    trainer,
    model,
    async release() {
      await step.release();
      await validation.release();
      await release();
    },
  };
}

function sessionOptions(communicator: Communicator, options: TrainerOptions) {
  return {
    ...resolveResources(options, communicator),
    tf32: options.tf32,
    graphCache: options.graphCache,
  };
}

function rowsOfRanks(rows: number, ranks: number): number[] {
  return Array.from({ length: ranks }, (_, rank) => {
    const { start, end } = partition(rows, ranks, rank);
    return end - start;
  });
}

async function createOptimiser(
  communicator: Communicator,
  { optimiser, weightDecay }: TrainerOptions,
  layout: ParameterLayout,
  session: SessionOptions,
): Promise<{ optimiser: Optimiser; release(): Promise<void> }> {
  if (optimiser === 'adam') return { optimiser: adam({ weightDecay }), release: async () => {} };
  const { orthogonalise, release } = await createOrthogonaliser(matrixShapes(layout), session);
  return { optimiser: muon(layout, shareAmong(communicator, orthogonalise), { weightDecay }), release };
}

function runCollective(communicator: Communicator, operator: CollectiveOperator, rows: Float32Array): Float32Array {
  if (operator === 'AllReduce') {
    communicator.allreduce(rows, 'sum');
    return rows;
  }
  return gatherRows(communicator, rows);
}
