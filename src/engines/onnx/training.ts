import type { Tensor } from 'onnxruntime-node';
import type { Architecture } from '../../models/architectures.js';
import { type ParameterLayout, parameterLayout, views } from '../../models/parameters.js';
import { lossGraph, type Model, type StepOptions, stepGraph } from '../../models/swae.js';
import { build, stages } from '../../onnx/index.js';
import type { StepInput, TrainingStep, Validation } from '../engine.js';
import { createSession, type Session, type SessionOptions, tensor } from './session.js';

/** Every rank's rows, one after the other, from this rank's; the communicator's allgather. */
export type Allgather = (rows: Float32Array) => Float32Array;

/**
 * The training step of this rank as onnxruntime sessions, one for each stage between collectives. The parameters are
 * read at every run, `gradients` (flat, as the parameters) is written by it.
 */
export async function createTrainingStep(
  model: Model,
  gradients: Float32Array<ArrayBuffer>,
  options: StepOptions & SessionOptions,
  allgather: Allgather,
): Promise<TrainingStep> {
  const { architecture, parameters } = model;
  const plan = stages(stepGraph(model, options));
  const sessions = await Promise.all(
    plan.map((stage, i) => createSession(build(stage, { name: `${architecture.name} step ${i}` }), options)),
  );
  const layout = parameterLayout(architecture);
  const fixedFeeds = namedTensors(layout, parameters, '');
  const results = namedTensors(layout, gradients, 'gradient.');
  return {
    async run(input: StepInput) {
      const values: Record<string, Tensor> = { ...fixedFeeds, ...inputTensors(input, options, architecture) };
      for (const [i, stage] of plan.entries()) {
        Object.assign(values, await sessions[i].run(pick(values, stage.inputs), pick(results, stage.outputs)));
        for (const { input: from, output: to } of stage.collectives) {
          const [, ...row] = values[from].dims;
          const gathered = allgather(values[from].data as Float32Array);
          values[to] = tensor(gathered, [gathered.length / row.reduce((product, dim) => product * dim, 1), ...row]);
        }
      }
      return { reconstruction: Number(values.reconstruction.data[0]), divergence: Number(values.divergence.data[0]) };
    },
    release: () => releaseAll(sessions),
  };
}

/** Mean squared error, in normalised scale, of each of `rows` blocks at a time with the model's present parameters. */
export async function createValidation(model: Model, rows: number, options: SessionOptions): Promise<Validation> {
  const { architecture, parameters } = model;
  const session = await createSession(build(lossGraph(model, rows), { name: 'validation' }), options);
  const fixedFeeds = namedTensors(parameterLayout(architecture), parameters, '');
  return {
    rows,
    async errors(values) {
      const feeds = { ...fixedFeeds, values: tensor(values, [rows, architecture.blockSize ** 3]) };
      return (await session.run(feeds)).errors.data as Float32Array;
    },
    release: () => session.release(),
  };
}

function inputTensors({ values, directions, prior }: StepInput, options: StepOptions, architecture: Architecture) {
  const { latentSize, blockSize } = architecture;
  return {
    values: tensor(values, [options.rowsByRank[options.rank], blockSize ** 3]),
    directions: tensor(directions, [options.projections, latentSize]),
    prior: tensor(prior, [prior.length / latentSize, latentSize]),
  };
}

function namedTensors(
  layout: ParameterLayout,
  flat: Float32Array<ArrayBuffer>,
  prefix: string,
): Record<string, Tensor> {
  return Object.fromEntries(
    [...views(layout, flat)].map(([name, { data, shape }]) => [prefix + name, tensor(data, shape)]),
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
