import { slice } from './layout.js';
import { type Dim, fixedShape, GraphError, type Node, singleNode, type Value } from './value.js';

const collectiveDomain = 'collective';

export type CollectiveOperator = 'AllGather' | 'AllReduce';

export function isCollective(node: Node): boolean {
  return node.domain === collectiveDomain;
}

/**
 * The rows (axis 0) of every rank, in rank order; `rowsByRank[rank]` is this rank's number of rows.
 *
 * ONNX has no such operator: `stages` cuts the graph here. What follows may differ from rank to rank, each with a part of the
 * loss: the gradient of this rank's rows is the sum over ranks of the slice that belongs to them. Every rank must have the
 * same collectives in the same order.
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

function collective(operator: CollectiveOperator, x: Value, shape: readonly Dim[], rule: (g: Value) => Value): Value {
  return singleNode({
    operator,
    domain: collectiveDomain,
    inputs: [x],
    type: x.type,
    shape,
    gradient: (g) => [rule(g!)],
  });
}
