import type { Communicator } from '../../dist/communicator.js';
import { deal } from '../../dist/partition.js';
import { type Matrix, type Orthogonalise, orthogonaliseCost } from '../../models/muon.js';
import { concatenate } from '../concatenate.js';
import { gatherRows } from './gather-rows.js';

/**
 * Each rank orthogonalises some of the matrices, and all get all: otherwise every rank would do the same work again, most of the update.
 * What each matrix becomes is the same as if one rank had done it. A collective call.
 */
export function shareAmong(communicator: Communicator, orthogonalise: Orthogonalise): Orthogonalise {
  const { rank, size } = communicator;
  if (size === 1) return orthogonalise;
  return async (matrices) => {
    const shares = sharesOf(matrices, size);
    const made = gatherRows(communicator, concatenate(await orthogonalise(shares[rank])));
    let start = 0;
    const byMatrix = new Map(
      shares.flat().map((matrix) => {
        const first = start;
        start += matrix.values.length;
        return [matrix, made.subarray(first, start)] as const;
      }),
    );
    return matrices.map((matrix) => byMatrix.get(matrix)!);
  };
}

/** The matrices of each rank, the heaviest dealt first: so the sums of the ranks differ least. */
function sharesOf(matrices: readonly Matrix[], ranks: number): Matrix[][] {
  const costs = new Map(matrices.map((matrix) => [matrix, orthogonaliseCost(matrix.shape)]));
  const heaviest = [...matrices].sort((a, b) => costs.get(b)! - costs.get(a)!);
  const owners = deal(
    heaviest.map((matrix) => costs.get(matrix)!),
    ranks,
  );
  return Array.from({ length: ranks }, (_, rank) => heaviest.filter((_, i) => owners[i] === rank));
}
