import test from 'ava';
import { type Architecture, architecture } from '../../../src/models/architectures.js';
import { adam } from '../../../src/models/optimiser.js';
import { parameterLayout } from '../../../src/models/parameters.js';
import { drawDirections } from '../../../src/models/sampling.js';
import { assertClose } from '../../close.js';
import { emptyState } from '../../models/empty-state.js';
import { narrow } from '../../models/narrow.js';
import { exampleStep } from '../../models/step-reference.js';
import { createStep, type Engine, emptyResults, exampleModel, projections } from './both-engines.js';

const rows = 8;
const steps = 10;
const rates = { learningRate: 4e-3, epsilon: 1e-4 };

/** The losses of ten steps of Adam on one batch, as `swae train` makes them. */
async function curve(engine: Engine, network: Architecture) {
  const model = exampleModel(network);
  const results = emptyResults(network);
  const step = await createStep(engine, 'mse')(model, results, { rowsByRank: [rows], rank: 0 }, (_, own) => own);
  const { values } = exampleStep(network, rows, projections, 2);
  const { trainedLength } = parameterLayout(network);
  const optimiser = adam();
  const state = emptyState(trainedLength);
  const losses = [];
  for (let i = 0; i < steps; i++) {
    const directions = drawDirections(projections, network.latentSize, 3, i);
    losses.push(await step.run({ values, directions }));
    model.parameters.set(results.statistics, trainedLength);
    await optimiser.update(model.parameters.subarray(0, trainedLength), results.gradients, state, rates);
  }
  await step.release();
  return losses;
}

for (const [title, network] of [
  ['mlp', architecture('mlp', 5, 16)],
  ['conv-bn of an eighth of the channels', narrow(architecture('conv-bn', 5, 16), 8)],
] as const)
  test.serial(`${title}: ten steps on either engine give the same curve`, async (t) => {
    const found = await curve('onnx', network);
    const expected = await curve('tensorflow', network);
    // Gradients differ by some 1e-6 of the largest one, and each step moves a parameter by 4e-3 at most; measured: 7e-7.
    for (const term of ['reconstruction', 'divergence'] as const)
      assertClose(
        found.map((losses) => losses[term]),
        expected.map((losses) => losses[term]),
        (value) => 1e-5 * value,
        term,
      );
    t.true(found[steps - 1].reconstruction < 0.95 * found[0].reconstruction, 'it learns');
  });
