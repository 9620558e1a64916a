import type { Communicator } from '../../../dist/communicator.js';
import { fitRows, type LineFit } from '../mpi/fit.js';
import { measure } from '../mpi/measure.js';
import { type OperationName, operations } from '../mpi/operations.js';

/** Between the ranks of a group; undefined of one rank. */
export interface NetworkFits {
  readonly ranks: number;
  readonly allreduce: LineFit | undefined;
  /** One message from rank to rank. */
  readonly message: LineFit | undefined;
}

const smallest = 2 ** 10;
const repeats = { iterations: 10, warmUp: 3, rounds: 3 };

/** Sizes from 1 KB to beyond what will be sent, four times as large each. A collective call. */
export function measureNetwork(group: Communicator, gradientBytes: number, messageBytes: number): NetworkFits {
  if (group.size === 1) return { ranks: 1, allreduce: undefined, message: undefined };
  return {
    ranks: group.size,
    allreduce: fitOperation(group, 'allreduce', gradientBytes),
    message: fitOperation(group, 'latency', messageBytes),
  };
}

function fitOperation(group: Communicator, name: OperationName, mostBytes: number): LineFit | undefined {
  const sizes: number[] = [];
  for (let size = smallest; sizes.length < 2 || size / 4 < mostBytes; size *= 4) sizes.push(size);
  return fitRows(measure(group, operations[name], sizes, repeats));
}
