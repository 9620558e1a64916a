import test from 'ava';
import { createTrainingStep, createValidation } from '../../../src/engines/onnx/training.js';
import { architecture } from '../../../src/models/architectures.js';
import type { Model } from '../../../src/models/swae.js';
import { assertClose, magnitude, relative } from '../../close.js';
import { exampleParameters, exampleStep, stepLosses } from '../../models/step-reference.js';

const network = architecture('mlp', 5, 16);
const modelOf = (parameters: Float32Array<ArrayBuffer>): Model => ({
  architecture: network,
  normalisation: 'minmax',
  parameters,
});
const resultsIn = (gradients: Float32Array<ArrayBuffer>) => ({ gradients, statistics: new Float32Array(0) });
const values = 125;
const rows = 7;
const projections = 20;
const parameters = exampleParameters(network, 1);
const batch = exampleStep(network, rows, projections, 2);
const loss = { loss: 'mse', divergenceWeight: 0.5, projections, threads: 1 } as const;

interface RankResult {
  readonly reconstruction: number;
  readonly divergence: number;
  readonly gradients: Float32Array;
}

/** The step of every rank in one process: a first run collects the rows that each sends, a second one gets them all. */
async function runRanks(rowsByRank: readonly number[]): Promise<RankResult[]> {
  const sent: Float32Array[] = [];
  const everyRow = () => Float32Array.from(sent.flatMap((part) => [...part]));
  const results: RankResult[] = [];
  for (const collecting of [true, false])
    for (const [rank, count] of rowsByRank.entries()) {
      const start = rowsByRank.slice(0, rank).reduce((sum, part) => sum + part, 0);
      const gradients = new Float32Array(parameters.length).fill(Number.NaN);
      const options = { ...loss, rowsByRank, rank };
      const step = await createTrainingStep(modelOf(parameters), resultsIn(gradients), options, (_, own) => {
        if (collecting) sent[rank] = own.slice();
        return collecting ? new Float32Array(rows * 16) : everyRow();
      });
      const part = batch.values.subarray(start * values, (start + count) * values);
      const losses = await step.run({ ...batch, values: part });
      if (!collecting) results.push({ ...losses, gradients });
      await step.release();
    }
  return results;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

test('one rank: the losses are those of the definition, every gradient is written', async (t) => {
  const [{ gradients, ...losses }] = await runRanks([rows]);
  const expected = stepLosses(network, parameters, batch);
  // float32 networks of seven layers against float64.
  assertClose([losses.reconstruction], [expected.reconstruction], relative(1e-5), 'reconstruction');
  assertClose([losses.divergence], [expected.divergence], relative(1e-5), 'divergence');
  t.true(gradients.every(Number.isFinite));
});

for (const rowsByRank of [
  [4, 3],
  [3, 2, 2],
])
  test(`${rowsByRank.length} ranks with ${rowsByRank} rows: sums are those of one rank`, async (t) => {
    const [whole] = await runRanks([rows]);
    const ranks = await runRanks(rowsByRank);
    const tolerance = relative(1e-6);
    assertClose([sum(ranks.map((rank) => rank.reconstruction))], [whole.reconstruction], tolerance, 'reconstruction');
    for (const { divergence } of ranks) assertClose([divergence], [whole.divergence], tolerance, 'divergence');
    const gradients = whole.gradients.map((_, i) => sum(ranks.map((rank) => rank.gradients[i])));
    // The same float32 terms, added in another order.
    const size = magnitude(whole.gradients);
    assertClose(gradients, whole.gradients, () => 1e-5 * size, 'gradients');
    t.pass();
  });

test('parameters are read anew at every run', async (t) => {
  const own = parameters.slice();
  const gradients = new Float32Array(own.length);
  const options = { ...loss, rowsByRank: [rows], rank: 0 };
  const step = await createTrainingStep(modelOf(own), resultsIn(gradients), options, (_, part) => part);
  const before = await step.run(batch);
  const firstGradients = gradients.slice();
  own.fill(0);
  const zero = await step.run(batch);
  own.set(parameters);
  const after = await step.run(batch);
  await step.release();
  t.deepEqual(after, before);
  t.deepEqual(gradients, firstGradients);
  // With no weights every value is decoded to the middle of [0, 1].
  const expected = sum([...batch.values].map((x) => (x - 0.5) ** 2)) / batch.values.length;
  assertClose([zero.reconstruction], [expected], relative(1e-6), 'reconstruction with no weights');
});

test('validation gives the error of each block with the present parameters', async (t) => {
  const own = parameters.slice();
  const validation = await createValidation(modelOf(own), rows, { threads: 1 });
  validation.load();
  const errors = (await validation.errors(batch.values)).slice();
  for (const row of [0, rows - 1]) {
    const one = { ...batch, values: batch.values.slice(row * values, (row + 1) * values) };
    assertClose([errors[row]], [stepLosses(network, parameters, one).reconstruction], relative(1e-5), `block ${row}`);
  }
  own.fill(0);
  validation.load();
  t.notDeepEqual(await validation.errors(batch.values), errors);
  await validation.release();
});
