import test from 'ava';
import { architecture } from '../../src/models/architectures.js';
import { parameterLayout, views } from '../../src/models/parameters.js';
import { random } from '../../src/models/random.js';
import { decoderGraph, encoderGraph, lossGraph, type Model, stepGraph } from '../../src/models/swae.js';
import { decodeModel } from '../../src/onnx/index.js';
import { assertClose, magnitude, relative } from '../close.js';
import { evaluate, type Feeds } from '../onnx/evaluate.js';
import { exampleParameters, exampleStep, stepLosses } from './step-reference.js';

const rows = 4;
const projections = 20;
const weight = 0.5;

for (const blockSize of [5, 7]) {
  const network = architecture('mlp', blockSize, 16);
  const layout = parameterLayout(network);
  const parameters = exampleParameters(network, 3);
  const step = exampleStep(network, rows, projections, 4);

  test(`k = ${blockSize}: loss terms and gradients of the training step`, async (t) => {
    const graph = stepGraph(
      { architecture: network, normalisation: 'minmax' },
      {
        loss: 'mse',
        divergenceWeight: weight,
        projections,
        rowsByRank: [rows],
        rank: 0,
      },
    );
    const results = await evaluate(graph.inputs, graph.outputs, feeds());
    const expected = stepLosses(network, parameters, step);
    // float32 networks of seven layers against float64.
    assertClose(results.reconstruction.data, [expected.reconstruction], relative(1e-5), 'reconstruction');
    assertClose(results.divergence.data, [expected.divergence], relative(1e-5), 'divergence');
    const source = random(5);
    for (const { name, offset, length } of layout.entries) {
      const gradient = results[`gradient.${name}`].data;
      const size = magnitude(gradient);
      for (let i = 0; i < 3; i++) {
        const position = Math.floor(source.uniform() * length);
        // float32 sums over up to 512 terms, relative to the largest; now and then a ReLU that opens in one of the two.
        assertClose([gradient[position]], [slope(offset + position)], () => 1e-4 * size, `${name}[${position}]`);
      }
    }
    t.pass();
  });

  /** Central differences in float64: errors are some 1e-16 / 1e-6. */
  function slope(position: number): number {
    const h = 1e-6;
    const lossAt = (offset: number) => {
      const moved = Float64Array.from(parameters);
      moved[position] += offset;
      const { reconstruction, divergence } = stepLosses(network, moved, step);
      return reconstruction + weight * divergence;
    };
    return (lossAt(h) - lossAt(-h)) / (2 * h);
  }

  test(`k = ${blockSize}: errors of validation are those of the step, block by block`, async (t) => {
    const graph = lossGraph({ architecture: network, normalisation: 'minmax' }, rows);
    const { errors } = await evaluate(graph.inputs, graph.outputs, feeds());
    const mean = errors.data.reduce((sum, error) => sum + error / rows, 0);
    assertClose([mean], [stepLosses(network, parameters, step).reconstruction], relative(1e-5), 'mean');
    t.is(errors.data.length, rows);
  });

  function feeds(): Feeds {
    const named = [...views(layout, parameters)].map(([name, { data, shape }]) => [name, { shape, data: [...data] }]);
    return {
      ...Object.fromEntries(named),
      values: { shape: [rows, blockSize ** 3], data: [...step.values] },
      directions: { shape: [projections, 16], data: [...step.directions] },
    };
  }

  test(`k = ${blockSize}: encoder and decoder are built alike each time, their batch open, one side feeding the other`, (t) => {
    const model: Model = { architecture: network, normalisation: 'pos_log', parameters };
    for (const type of ['float32', 'float64'] as const) {
      t.true(Buffer.from(encoderGraph(model, type)).equals(encoderGraph(model, type)));
      const encoder = decodeModel(encoderGraph(model, type)).graph;
      const decoder = decodeModel(decoderGraph(model, type)).graph;
      t.deepEqual(
        encoder.output.map(({ name }) => name),
        ['latent', 'scale'],
      );
      t.deepEqual(decoder.input, encoder.output);
      t.deepEqual(decoder.output, encoder.input);
      t.like(encoder.input[0].type.tensorType.shape.dim, [{ dimParam: 'batch' }, { dimValue: blockSize }]);
    }
  });
}
