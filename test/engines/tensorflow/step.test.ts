/**
 * The step of the ONNX graphs against that of TensorFlow.js, whose convolutions and automatic differentiation share nothing with
 * our lowering and our gradients. Only the decoder's terms are our own lists on both sides: see forward.test.ts for those.
 */
import test, { type ExecutionContext } from 'ava';
import { type Architecture, architecture } from '../../../src/models/architectures.js';
import { type Loss, losses } from '../../../src/models/losses.js';
import { parameterLayout } from '../../../src/models/parameters.js';
import { assertClose, magnitude, relative } from '../../close.js';
import { narrow } from '../../models/narrow.js';
import { exampleStep } from '../../models/step-reference.js';
import { createStep, type Engine, emptyResults, exampleModel, projections } from './both-engines.js';

/**
 * Few: JavaScript's convolutions are slow. And where an input of a ReLU is within rounding of zero, or two projections of one another,
 * the engines may take different sides: no such place is among three blocks, while among 256 (`conv`, k = 7) a ReLU and a sort
 * did so, and gradients differed by up to 7e-3.
 */
const rows = 3;

async function stepOf(engine: Engine, network: Architecture, loss: Loss) {
  const results = emptyResults(network);
  const step = await createStep(engine, loss)(
    exampleModel(network),
    results,
    { rowsByRank: [rows], rank: 0 },
    (_, own) => own,
  );
  const found = await step.run(exampleStep(network, rows, projections, 2));
  await step.release();
  return { ...found, ...results };
}

/**
 * Both are float32: sums of up to some thousand products in another order, and batch normalisation magnifies the difference where it
 * divides by small deviations. Measured: losses 7e-7, gradients 1e-5 of a parameter's largest one, statistics 1e-7.
 */
const tolerances = { losses: 2e-6, gradients: 5e-5, statistics: 1e-6 };

async function checkStep(t: ExecutionContext, network: Architecture, loss: Loss): Promise<void> {
  const found = await stepOf('onnx', network, loss);
  const expected = await stepOf('tensorflow', network, loss);
  for (const term of ['reconstruction', 'divergence'] as const)
    assertClose([found[term]], [expected[term]], (value) => tolerances.losses * value, term);
  for (const { name, offset, length, trained } of parameterLayout(network).entries) {
    if (!trained) continue;
    const [own, reference] = [found, expected].map(({ gradients }) => gradients.subarray(offset, offset + length));
    const size = magnitude(reference);
    t.true(size > 1e-7, `${name} has a gradient`);
    assertClose(own, reference, () => tolerances.gradients * size, `gradient of ${name}`);
  }
  assertClose(found.statistics, expected.statistics, relative(tolerances.statistics), 'running statistics');
}

for (const name of ['mlp', 'conv', 'conv-bn'])
  for (const blockSize of [5, 7])
    for (const loss of losses) {
      const whole = architecture(name, blockSize, 16);
      // The losses differ in what follows the network: one of them with the network in its full width is enough.
      const network = name === 'mlp' || loss === 'mse' ? whole : narrow(whole, 8);
      const title = network === whole ? name : `${name} of an eighth of the channels`;
      test.serial(`${title}, k = ${blockSize}, ${loss}: losses, all gradients and statistics agree`, (t) =>
        checkStep(t, network, loss),
      );
    }
