import type { Tensor } from 'onnxruntime-node';
import { type Assignment, createAssignment } from '../../models/assignment.js';
import { build, type GraphInterface, type Outside, type Stage, stages } from '../../onnx/index.js';
import type { RunCollective } from '../engine.js';
import { createSession, type Session, type SessionOptions, tensor } from './session.js';

type Tensors = Readonly<Record<string, Tensor>>;

export interface StagedOptions extends SessionOptions {
  /** Of the graph. */
  readonly name: string;
  readonly collective: RunCollective;
  /** Results by name are written there. */
  readonly into?: Tensors;
}

/** A graph as sessions, one for each stage, and what is to be run between them. */
export async function createStaged(
  graph: GraphInterface,
  { name, collective, into = {}, ...options }: StagedOptions,
): Promise<Session> {
  const plan = stages(graph);
  const sessions = await Promise.all(
    plan.map((stage, i) => createSession(build(stage, { name: `${name} ${i}` }), options)),
  );
  const between = createOutsideRunner(plan, collective);
  const results = { ...handedOn(plan, into), ...between.inputs, ...into };
  return {
    async run(feeds) {
      const values = { ...feeds };
      for (const [i, stage] of plan.entries()) {
        Object.assign(values, await sessions[i].run(pick(values, stage.inputs), pick(results, stage.outputs)));
        for (const operation of stage.outside)
          values[operation.output] = between.run(operation, values[operation.input]);
      }
      return values;
    },
    async release() {
      for (const session of sessions) await session.release();
    },
  };
}

interface OutsideRunner {
  /** The stages' results, by their names, that must lie in memory of its own. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Of the tensor that an operation reads the one that it makes. */
  run(operation: Outside, input: Tensor): Tensor;
}

function createOutsideRunner(plan: readonly Stage[], collective: RunCollective): OutsideRunner {
  const inputs: Record<string, Tensor> = {};
  const assignments = new Map<string, Assignment>();
  for (const { outside, outputs } of plan)
    for (const operation of outside) {
      if (operation.operator !== 'AssignByRank') continue;
      const shape = outputs[operation.input].shape as readonly number[];
      const assignment = createAssignment(shape[0], operation.targets);
      assignments.set(operation.input, assignment);
      inputs[operation.input] = tensor(assignment.numbers, shape);
    }
  return {
    inputs,
    run({ operator, input: name }, input) {
      if (operator !== 'AssignByRank') return exchange(operator, input, collective);
      const assignment = assignments.get(name)!;
      assignment.run();
      return tensor(assignment.assigned, input.dims);
    },
  };
}

function exchange(
  operator: Parameters<RunCollective>[0],
  { dims: [, ...row], data }: Tensor,
  collective: RunCollective,
): Tensor {
  const joined = collective(operator, data as Float32Array);
  return tensor(joined, [joined.length / row.reduce((product, dim) => product * dim, 1), ...row]);
}

/** Room for what stages hand on to one another: new memory in every step would cost more than to fill it. */
function handedOn(plan: readonly Stage[], into: Tensors): Record<string, Tensor> {
  const outputs = plan.length === 1 ? [] : plan.flatMap((stage) => Object.entries(stage.outputs));
  return Object.fromEntries(
    outputs.flatMap(([name, { type, shape }]) => {
      if (type !== 'float32' || name in into) return [];
      const sizes = shape as readonly number[];
      return [[name, tensor(new Float32Array(sizes.reduce((product, size) => product * size, 1)), sizes)]];
    }),
  );
}

/** The tensors that a graph names among its inputs or outputs. */
function pick(tensors: Tensors, wanted: Readonly<Record<string, unknown>>): Record<string, Tensor> {
  return Object.fromEntries(Object.keys(wanted).flatMap((name) => (name in tensors ? [[name, tensors[name]]] : [])));
}
