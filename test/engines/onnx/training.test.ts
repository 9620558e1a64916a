import test from 'ava';
import { createTrainingStep, createValidation } from '../../../src/engines/onnx/training.js';
import { architecture } from '../../../src/models/architectures.js';
import { parameterLayout } from '../../../src/models/parameters.js';
import type { Model } from '../../../src/models/swae.js';
import { assertClose, magnitude, relative } from '../../close.js';
import { narrow } from '../../models/narrow.js';
import { exampleParameters, exampleStep, type StepData, stepLosses } from '../../models/step-reference.js';

const network = architecture('mlp', 5, 16);
const modelOf = (parameters: Float32Array<ArrayBuffer>): Model => ({
  architecture: network,
  normalisation: 'minmax',
  parameters,
});
const baseline = architecture('conv-bn', 5, 16);
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
  readonly statistics: Float32Array;
}

/**
 * The step of every rank in one process. Each round runs all ranks anew and knows the results of one collective more; those
 * that are not known yet get what the rank itself sends.
 */
async function runRanks(model: Model, whole: StepData, rowsByRank: readonly number[]): Promise<RankResult[]> {
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
      const step = await createTrainingStep(model, results, { ...loss, rowsByRank, rank }, (operator, own) => {
        if (calls.count === sent.length) sent.push([]);
        const parts = sent[calls.count++];
        if (calls.count > calls.known) parts[rank] = own.slice();
        if (calls.count <= calls.known && operator === 'AllReduce')
          return own.map((_, i) => sum(parts.map((p) => p[i])));
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

test('one rank: the losses are those of the definition, every gradient is written', async (t) => {
  const [{ gradients, ...losses }] = await runRanks(modelOf(parameters), batch, [rows]);
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
    const [whole] = await runRanks(modelOf(parameters), batch, [rows]);
    const ranks = await runRanks(modelOf(parameters), batch, rowsByRank);
    const tolerance = relative(1e-6);
    assertClose([sum(ranks.map((rank) => rank.reconstruction))], [whole.reconstruction], tolerance, 'reconstruction');
    for (const { divergence } of ranks) assertClose([divergence], [whole.divergence], tolerance, 'divergence');
    const gradients = whole.gradients.map((_, i) => sum(ranks.map((rank) => rank.gradients[i])));
    // The same float32 terms, added in another order.
    const size = magnitude(whole.gradients);
    assertClose(gradients, whole.gradients, () => 1e-5 * size, 'gradients');
    t.pass();
  });

for (const rowsByRank of [
  [4, 3],
  [3, 2, 2],
])
  test(`batch normalisation on ${rowsByRank.length} ranks with ${rowsByRank} rows is that of the whole batch`, async (t) => {
    const architecture = narrow(baseline, 16);
    const model: Model = { architecture, normalisation: 'minmax', parameters: exampleParameters(architecture, 1) };
    const [whole] = await runRanks(model, batch, [rows]);
    const ranks = await runRanks(model, batch, rowsByRank);
    assertClose(
      [sum(ranks.map((rank) => rank.reconstruction))],
      [whole.reconstruction],
      relative(1e-6),
      'reconstruction',
    );
    const gradients = whole.gradients.map((_, i) => sum(ranks.map((rank) => rank.gradients[i])));
    const size = magnitude(whole.gradients);
    // The same float32 terms in another order, through eleven layers that divide by deviations of seven rows.
    assertClose(gradients, whole.gradients, () => 1e-4 * size, 'gradients');
    for (const { statistics } of ranks) assertClose(statistics, whole.statistics, relative(1e-5), 'statistics');
    t.true(whole.statistics.length > 0);
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
