import type { RunCollective, StepResults, TrainingStep } from '../../src/engines/engine.js';
import { parameterLayout } from '../../src/models/parameters.js';
import type { Model, StepOptions } from '../../src/models/swae.js';
import type { StepData } from '../models/step-reference.js';

/** Makes the step of one rank. */
export type CreateStep = (
  model: Model,
  results: StepResults,
  options: Pick<StepOptions, 'rowsByRank' | 'rank'>,
  collective: RunCollective,
) => Promise<TrainingStep>;

export interface RankResult {
  readonly reconstruction: number;
  readonly divergence: number;
  readonly gradients: Float32Array;
  readonly statistics: Float32Array;
}

/**
 * The step of every rank in one process. Each round runs all ranks anew and knows the results of one collective more; those
 * that are not known yet get what the rank itself sends.
 */
export async function runRanks(
  create: CreateStep,
  model: Model,
  whole: StepData,
  rowsByRank: readonly number[],
): Promise<RankResult[]> {
  const { length, trainedLength } = parameterLayout(model.architecture);
  const k3 = model.architecture.blockSize ** 3;
  const sent: Float32Array[][] = [];
  const steps = await Promise.all(
    rowsByRank.map(async (_, rank) => {
      const results = {
        gradients: new Float32Array(trainedLength).fill(Number.NaN),
        statistics: new Float32Array(length - trainedLength).fill(Number.NaN),
      };
      const calls = { count: 0, known: 0 };
      const step = await create(model, results, { rowsByRank, rank }, (operator, own) => {
        if (calls.count === sent.length) sent.push([]);
        const parts = sent[calls.count++];
        if (calls.count > calls.known) parts[rank] = own.slice();
        if (calls.count <= calls.known && operator === 'AllReduce') {
          // In place, as by MPI.
          own.set(own.map((_, i) => sum(parts.map((part) => part[i]))));
          return own;
        }
        if (calls.count <= calls.known) return Float32Array.from(parts.flatMap((part) => [...part]));
        return operator === 'AllReduce' ? own : new Float32Array((own.length / rowsByRank[rank]) * sum(rowsByRank));
      });
      const start = sum(rowsByRank.slice(0, rank));
      const values = whole.values.subarray(start * k3, (start + rowsByRank[rank]) * k3);
      return { step, results, calls, values };
    }),
  );
  let results: RankResult[] = [];
  do {
    results = [];
    for (const { step, results: written, calls, values } of steps) {
      calls.known = calls.count === 0 ? 0 : Math.min(calls.count, calls.known + 1);
      calls.count = 0;
      results.push({ ...(await step.run({ ...whole, values })), ...written });
    }
  } while (steps[0].calls.known < steps[0].calls.count);
  for (const { step } of steps) await step.release();
  return results;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
