import type { Communicator } from '../../dist/communicator.js';
import { deal } from '../../dist/partition.js';
import { type Orthogonalise, orthogonaliseCost } from '../../models/muon.js';

/**
 * Each rank orthogonalises some of the matrices, and all get all: otherwise every rank would do the same work again, most of the update.
 * What each matrix becomes is the same as if one rank had done it. A collective call.
 */
export function shareAmong(communicator: Communicator, orthogonalise: Orthogonalise): Orthogonalise {
  const { rank, size } = communicator;
  if (size === 1) return orthogonalise;
  return async (matrices) => {
    // The heaviest first: so the sums of the ranks differ least.
    const heaviest = matrices
      .map((matrix) => ({ matrix, cost: orthogonaliseCost(matrix.shape) }))
      .sort((a, b) => b.cost - a.cost);
    const owners = deal(
      heaviest.map(({ cost }) => cost),
      size,
    );
    const mine = heaviest.filter((_, i) => owners[i] === rank).map(({ matrix }) => matrix);
    const made = await orthogonalise(mine);
    const parts = communicator.allgather(Buffer.concat(made.map(bytesOf)));
    const filled = parts.map(() => 0);
    const byMatrix = new Map(
      heaviest.map(({ matrix }, i) => {
        const owner = owners[i];
        const start = filled[owner];
        filled[owner] += matrix.values.byteLength;
        return [matrix, new Float32Array(parts[owner].slice(start, filled[owner]).buffer)] as const;
      }),
    );
    return matrices.map((matrix) => byMatrix.get(matrix)!);
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
