import type { Architecture } from '../../models/architectures.js';
import { type StepOptions, stepGraph } from '../../models/swae.js';
import { type CollectiveOperator, stages } from '../../onnx/index.js';

/** A collective operation within a training step. */
export interface Exchange {
  readonly operator: CollectiveOperator;
  /** Of any batch, and for each block of the batch of all ranks. */
  readonly bytes: number;
  readonly bytesPerRow: number;
}

const options = {
  loss: 'mse',
  divergenceWeight: 1,
  projections: 2,
  rank: 0,
} as const satisfies Partial<StepOptions>;

/** What the step graph itself exchanges, by comparing those of two batches. The sum of the gradients comes after it. */
export function exchangesOf(architecture: Architecture): Exchange[] {
  const [few, more] = [2, 4].map((rows) => exchangedBytes(architecture, rows));
  return few.map(({ operator, bytes }, i): Exchange => {
    const bytesPerRow = (more[i].bytes - bytes) / 2;
    return { operator, bytesPerRow, bytes: bytes - 2 * bytesPerRow };
  });
}

/** On two ranks; of a gathering, what they have after it. */
function exchangedBytes(architecture: Architecture, rows: number): { operator: CollectiveOperator; bytes: number }[] {
  const rowsByRank = [rows / 2, rows / 2];
  const graph = stepGraph({ architecture, normalisation: 'pos_log' }, { ...options, rowsByRank });
  return stages(graph).flatMap(({ outside, outputs }) =>
    outside.flatMap(({ operator, input }) => {
      if (operator === 'AssignByRank') return [];
      const values = (outputs[input].shape as readonly number[]).reduce((product, dim) => product * dim, 1);
      const bytes = Float32Array.BYTES_PER_ELEMENT * values;
      return { operator, bytes: operator === 'AllGather' ? rowsByRank.length * bytes : bytes };
    }),
  );
}
