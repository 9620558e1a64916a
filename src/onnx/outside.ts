/** Operators that ONNX does not have, or that are faster elsewhere: `stages` cuts the graph there, and who runs the stages runs these. */
import { slice } from './layout.js';
import { constant, type Dim, describe, fixedShape, GraphError, type Node, singleNode, type Value } from './value.js';

const outsideDomain = 'outside';

/** Each rank takes part. */
export type CollectiveOperator = 'AllGather' | 'AllReduce';
export type OutsideOperation =
  | { readonly operator: CollectiveOperator }
  | { readonly operator: 'AssignByRank'; readonly targets: Float32Array };

export function isOutside(node: Node): boolean {
  return node.domain === outsideDomain;
}

/** Of a node that is outside. */
export function operationOf({ operator, inputs: [, targets] }: Node): OutsideOperation {
  if (targets?.source.kind !== 'constant') return { operator: operator as CollectiveOperator };
  return { operator: 'AssignByRank', targets: targets.source.data as Float32Array };
}

/**
 * The rows (axis 0) of every rank, in rank order; `rowsByRank[rank]` is this rank's number of rows. What follows may differ
 * from rank to rank, each with a part of the loss: the gradient of this rank's rows is the sum over ranks of the slice that
 * belongs to them. Every rank must have the same collectives in the same order.
 */
export function allgather(x: Value, rowsByRank: readonly number[], rank: number): Value {
  if (x.shape[0] !== rowsByRank[rank])
    throw new GraphError(`allgather: rank ${rank} has ${x.shape[0]} rows, expected ${rowsByRank[rank]}`);
  if (rowsByRank.length === 1) return x;
  const [rows, ...rest] = fixedShape('allgather', x);
  const start = rowsByRank.slice(0, rank).reduce((sum, count) => sum + count, 0);
  const shape: Dim[] = [rowsByRank.reduce((sum, count) => sum + count, 0), ...rest];
  return collective('AllGather', x, shape, (g) => slice(allreduce(g, rowsByRank.length), 0, start, start + rows));
}

/** The sum over ranks, and so is its gradient; see `allgather`. */
export function allreduce(x: Value, ranks: number): Value {
  if (ranks === 1) return x;
  return collective('AllReduce', x, x.shape, (g) => allreduce(g, ranks));
}

/**
 * x [rows, columns] → of each element the one of `targets` [columns] that has its place when the row is in descending order: the largest
 * gets the first; of equals the one further left comes first, of zeros a negative one last. The gradient is zero, as it is wherever no two elements are equal.
 */
export function assignByRank(x: Value, targets: Float32Array): Value {
  if (x.type !== 'float32' || x.shape.length !== 2 || x.shape[1] !== targets.length)
    throw new GraphError(`assignByRank: expected float32 [rows, ${targets.length}], got ${describe(x)}`);
  return singleNode({
    operator: 'AssignByRank',
    domain: outsideDomain,
    inputs: [x, constant(targets, [targets.length])],
    type: x.type,
    shape: x.shape,
    gradient: () => [undefined, undefined],
  });
}

function collective(operator: CollectiveOperator, x: Value, shape: readonly Dim[], rule: (g: Value) => Value): Value {
  return singleNode({
    operator,
    domain: outsideDomain,
    inputs: [x],
    type: x.type,
    shape,
    gradient: (g) => [rule(g!)],
  });
}
