import { slice } from './layout.js';
import { type Dim, fixedShape, GraphError, type Node, singleNode, type Value } from './value.js';

const collectiveDomain = 'collective';

export function isCollective(node: Node): boolean {
  return node.domain === collectiveDomain;
}

/**
 * The rows (axis 0) of every rank, in rank order; `rowsByRank[rank]` is this rank's number of rows.
 *
 * ONNX has no such operator: `stages` cuts the graph here. What follows is computed alike on every rank, so the gradient
 * of this rank's rows is the slice that belongs to them; summing parameter gradients over ranks then counts each row once.
 */
export function allgather(x: Value, rowsByRank: readonly number[], rank: number): Value {
  if (x.shape[0] !== rowsByRank[rank])
    throw new GraphError(`allgather: rank ${rank} has ${x.shape[0]} rows, expected ${rowsByRank[rank]}`);
  if (rowsByRank.length === 1) return x;
  const [rows, ...rest] = fixedShape('allgather', x);
  const start = rowsByRank.slice(0, rank).reduce((sum, count) => sum + count, 0);
  const shape: Dim[] = [rowsByRank.reduce((sum, count) => sum + count, 0), ...rest];
  return singleNode({
    operator: 'AllGather',
    domain: collectiveDomain,
    inputs: [x],
    type: x.type,
    shape,
    gradient: (g) => [slice(g!, 0, start, start + rows)],
  });
}
