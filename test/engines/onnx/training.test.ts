import test from 'ava';
import { createSession, tensor } from '../../../src/engines/onnx/session.js';
import { createTrainingStep, createValidation } from '../../../src/engines/onnx/training.js';
import { architecture } from '../../../src/models/architectures.js';
import { parameterLayout, views } from '../../../src/models/parameters.js';
import { type Model, stepGraph } from '../../../src/models/swae.js';
import { build, stages } from '../../../src/onnx/index.js';
import { assertClose, magnitude, relative } from '../../close.js';
import { narrow } from '../../models/narrow.js';
import { exampleParameters, exampleStep, type StepData, stepLosses } from '../../models/step-reference.js';
import { runRanks as runRanksOf } from '../ranks.js';

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

const runRanks = (model: Model, whole: StepData, rowsByRank: readonly number[], directions = projections) =>
  runRanksOf(
    (trained, results, options, collective) =>
      createTrainingStep(trained, results, { ...loss, projections: directions, ...options }, collective),
    model,
    whole,
    rowsByRank,
  );

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

test('one rank: the losses are those of the definition, every gradient is written', async (t) => {
  const [{ gradients, ...losses }] = await runRanks(modelOf(parameters), batch, [rows]);
  const expected = stepLosses(network, parameters, batch);
  // float32 networks of seven layers against float64.
  assertClose([losses.reconstruction], [expected.reconstruction], relative(1e-5), 'reconstruction');
  assertClose([losses.divergence], [expected.divergence], relative(1e-5), 'divergence');
  t.true(gradients.every(Number.isFinite));
});

for (const [rowsByRank, directions] of [
  [[4, 3], 20],
  [[3, 2, 2], 20],
  [[3, 2, 2], 2],
] as const)
  test(`${rowsByRank.length} ranks with ${rowsByRank} rows, ${directions} directions: sums are those of one rank`, async (t) => {
    const step = exampleStep(network, rows, directions, 2);
    const [whole] = await runRanks(modelOf(parameters), step, [rows], directions);
    const ranks = await runRanks(modelOf(parameters), step, rowsByRank, directions);
    const tolerance = relative(1e-6);
    assertClose([sum(ranks.map((rank) => rank.reconstruction))], [whole.reconstruction], tolerance, 'reconstruction');
    assertClose([sum(ranks.map((rank) => rank.divergence))], [whole.divergence], tolerance, 'divergence');
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

for (const rowsByRank of [[300], [170, 130]])
  test(`${rowsByRank} blocks, sorted outside of the graph: as sorted in it`, async (t) => {
    const many = exampleStep(network, 300, projections, 3);
    const whole = { ...loss, rowsByRank: [300], rank: 0 };
    const [inside, ...more] = stages(stepGraph(modelOf(parameters), whole));
    t.deepEqual(more, []);
    const session = await createSession(build(inside, { name: 'inside' }), { threads: 1 });
    const layout = parameterLayout(network);
    const feeds = [...views(layout, parameters)].map(([name, { data, shape }]) => [name, tensor(data, shape)]);
    const expected = await session.run({
      ...Object.fromEntries(feeds),
      values: tensor(many.values, [300, values]),
      directions: tensor(many.directions, [projections, 16]),
    });
    await session.release();
    const ranks = await runRanks(modelOf(parameters), many, rowsByRank);
    const total = (read: (rank: (typeof ranks)[number]) => number) => sum(ranks.map(read));
    const [distance] = expected.divergence.data as Float32Array;
    assertClose([total((rank) => rank.divergence)], [distance], relative(1e-5), 'divergence');
    for (const { name, offset, length } of layout.entries) {
      const gradient = expected[`gradient.${name}`].data as Float32Array;
      const sums = gradient.map((_, i) => total((rank) => rank.gradients[offset + i]));
      t.is(gradient.length, length);
      // The same float32 terms, added in another order.
      const size = magnitude(gradient);
      assertClose(sums, gradient, () => 1e-5 * size, name);
    }
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
