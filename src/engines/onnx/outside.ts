import type { Tensor } from 'onnxruntime-node';
import { type Assignment, createAssignment } from '../../models/assignment.js';
import type { Outside, Stage } from '../../onnx/index.js';
import type { RunCollective } from '../engine.js';
import { tensor } from './session.js';

/** What runs between the stages of a graph. */
export interface OutsideRunner {
  /** The stages' results, by their names, that must lie in memory of its own. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Of the tensor that an operation reads the one that it makes. */
  run(operation: Outside, input: Tensor): Tensor;
}

export function createOutsideRunner(plan: readonly Stage[], collective: RunCollective): OutsideRunner {
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
