import type { Tensor } from 'onnxruntime-node';
import type { Architecture } from '../../models/architectures.js';
import type { Sorting } from '../../models/losses.js';
import { parameterLayout, views } from '../../models/parameters.js';
import { folded, lossGraph, type Model, type StepOptions, stepGraph, updatedName } from '../../models/swae.js';
import { build } from '../../onnx/index.js';
import type { RunCollective, StepInput, StepResults, TrainingStep, Validation } from '../engine.js';
import type { Device } from './device.js';
import { createSession, type SessionOptions, tensor } from './session.js';
import { createStaged } from './staged.js';

/** The training step of this rank as onnxruntime sessions, one for each stage. The parameters are read at every run. */
export async function createTrainingStep(
  model: Model,
  { gradients, statistics }: StepResults,
  options: StepOptions & SessionOptions,
  collective: RunCollective,
): Promise<TrainingStep> {
  const { architecture, parameters } = model;
  const rows = options.rowsByRank.reduce((sum, count) => sum + count, 0);
  const sorting = sortingFor(architecture, rows, options.device);
  const step = await createStaged(stepGraph(model, { ...options, sorting }), {
    ...options,
    name: `${architecture.name} step`,
    collective,
    into: resultTensors(architecture, { gradients, statistics }),
  });
  const fixedFeeds = parameterTensors(architecture, parameters);
  return {
    async run(input: StepInput) {
      const values = await step.run({ ...fixedFeeds, ...inputTensors(input, options, architecture) });
      return { reconstruction: Number(values.reconstruction.data[0]), divergence: Number(values.divergence.data[0]) };
    },
    release: () => step.release(),
  };
}

/** Mean squared error, in normalised scale, of each of `rows` blocks at a time, with batch normalisation as at inference. */
export async function createValidation(model: Model, rows: number, options: SessionOptions): Promise<Validation> {
  const { blockSize } = model.architecture;
  const session = await createSession(build(lossGraph(folded(model), rows), { name: 'validation' }), options);
  let parameters: Record<string, Tensor> = {};
  return {
    rows,
    load() {
      const present = folded(model);
      parameters = parameterTensors(present.architecture, present.parameters);
    },
    async errors(values) {
      const feeds = { ...parameters, values: tensor(values, [rows, blockSize ** 3]) };
      return (await session.run(feeds)).errors.data as Float32Array;
    },
    release: () => session.release(),
  };
}

function inputTensors(
  { values, directions, lossScale = 1 }: StepInput,
  options: StepOptions,
  architecture: Architecture,
): Record<string, Tensor> {
  const { latentSize, blockSize } = architecture;
  return {
    values: tensor(values, [options.rowsByRank[options.rank], blockSize ** 3]),
    directions: tensor(directions, [options.projections, latentSize]),
    loss_scale: tensor(Float32Array.of(lossScale), [1]),
  };
}

/** Views of the parameters by name. */
function parameterTensors(architecture: Architecture, flat: Float32Array<ArrayBuffer>): Record<string, Tensor> {
  return Object.fromEntries(
    [...views(parameterLayout(architecture), flat)].map(([name, { data, shape }]) => [name, tensor(data, shape)]),
  );
}

/** Views of the arrays that a step writes, by the outputs' names. */
function resultTensors(architecture: Architecture, { gradients, statistics }: StepResults): Record<string, Tensor> {
  const { entries, trainedLength } = parameterLayout(architecture);
  return Object.fromEntries(
    entries.map(({ name, shape, offset, length, trained }) => {
      const start = trained ? offset : offset - trainedLength;
      const data = (trained ? gradients : statistics).subarray(start, start + length);
      return [trained ? `gradient.${name}` : updatedName(name), tensor(data, shape)];
    }),
  );
}

/** Fewer blocks take longer to leave the graph and come back than to be sorted in it. */
const leastSortedOutside = 256;

/** Of a convolutional network sorting takes little, and what it hands on over the cut is much; on a GPU projections stay there. */
export function sortingFor(
  { encoder }: Architecture,
  rows: number,
  device: Pick<Device, 'kind'> = { kind: 'cpu' },
): Sorting {
  const isLinear = encoder.every(({ kind }) => kind !== 'convolution');
  return device.kind === 'cpu' && isLinear && rows >= leastSortedOutside ? 'outside' : 'inside';
}
