import type { Tensor } from 'onnxruntime-node';
import type { Architecture } from '../../models/architectures.js';
import type { Sorting } from '../../models/losses.js';
import { parameterLayout, views } from '../../models/parameters.js';
import { folded, lossGraph, type Model, type StepOptions, stepGraph, updatedName } from '../../models/swae.js';
import { build, type Stage, stages } from '../../onnx/index.js';
import type { RunCollective, StepInput, StepResults, TrainingStep, Validation } from '../engine.js';
import { createOutsideRunner } from './outside.js';
import { createSession, type Session, type SessionOptions, tensor } from './session.js';

/** The training step of this rank as onnxruntime sessions, one for each stage. The parameters are read at every run. */
export async function createTrainingStep(
  model: Model,
  { gradients, statistics }: StepResults,
  options: StepOptions & SessionOptions,
  collective: RunCollective,
): Promise<TrainingStep> {
  const { architecture, parameters } = model;
  const plan = stages(stepGraph(model, { ...options, sorting: sortingFor(architecture, options) }));
  const sessions = await Promise.all(
    plan.map((stage, i) => createSession(build(stage, { name: `${architecture.name} step ${i}` }), options)),
  );
  const fixedFeeds = parameterTensors(architecture, parameters);
  const between = createOutsideRunner(plan, collective);
  const results = { ...handedOn(plan), ...between.inputs, ...resultTensors(architecture, { gradients, statistics }) };
  return {
    async run(input: StepInput) {
      const values: Record<string, Tensor> = { ...fixedFeeds, ...inputTensors(input, options, architecture) };
      for (const [i, stage] of plan.entries()) {
        Object.assign(values, await sessions[i].run(pick(values, stage.inputs), pick(results, stage.outputs)));
        for (const operation of stage.outside)
          values[operation.output] = between.run(operation, values[operation.input]);
      }
      return { reconstruction: Number(values.reconstruction.data[0]), divergence: Number(values.divergence.data[0]) };
    },
    release: () => releaseAll(sessions),
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
function sortingFor(
  { encoder }: Architecture,
  { rowsByRank, device = { kind: 'cpu' } }: StepOptions & SessionOptions,
): Sorting {
  const rows = rowsByRank.reduce((sum, count) => sum + count, 0);
  const isLinear = encoder.every(({ kind }) => kind !== 'convolution');
  return device.kind === 'cpu' && isLinear && rows >= leastSortedOutside ? 'outside' : 'inside';
}

/** Room for what stages hand on to one another: new memory in every step would cost more than to fill it. */
function handedOn(plan: readonly Stage[]): Record<string, Tensor> {
  const outputs = plan.length === 1 ? [] : plan.flatMap((stage) => Object.entries(stage.outputs));
  return Object.fromEntries(
    outputs.flatMap(([name, { type, shape }]) => {
      if (type !== 'float32') return [];
      const sizes = shape as readonly number[];
      return [[name, tensor(new Float32Array(sizes.reduce((product, size) => product * size, 1)), sizes)]];
    }),
  );
}

/** The tensors that a graph names among its inputs or outputs. */
function pick(
  tensors: Readonly<Record<string, Tensor>>,
  wanted: Readonly<Record<string, unknown>>,
): Record<string, Tensor> {
  return Object.fromEntries(Object.keys(wanted).flatMap((name) => (name in tensors ? [[name, tensors[name]]] : [])));
}

async function releaseAll(sessions: readonly Session[]): Promise<void> {
  for (const session of sessions) await session.release();
}
