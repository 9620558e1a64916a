/**
 * What lowering gains: the convolutional networks as they run against the textbook's in onnxruntime, in the same run, in turn:
 * node build/bench/lowering.js [THREADS]. Ratios are of the best of several rounds each.
 */
import { createSession, tensor } from '../src/engines/onnx/session.js';
import { type Architecture, architecture } from '../src/models/architectures.js';
import { foldBatchNorm, normaliseBatch } from '../src/models/batch-norm.js';
import { forward } from '../src/models/forward.js';
import type { Layer } from '../src/models/layers.js';
import { reconstructionLoss } from '../src/models/losses.js';
import { initialParameters, parameterLayout, views } from '../src/models/parameters.js';
import { build, constant, type GraphInterface, gradient, input, type Value } from '../src/onnx/index.js';
import { textbookForward } from '../test/models/textbook.js';

const threads = Number(process.argv[2] ?? 1);
const rounds = 3;
const latentSize = 16;
type Form = 'lowered' | 'textbook';
type Side = 'encoder' | 'decoder';
type Parameter = (name: string) => Value;

for (const name of ['conv', 'conv-bn'])
  for (const blockSize of [5, 7]) {
    const network = architecture(name, blockSize, latentSize);
    for (const side of ['encoder', 'decoder'] as const)
      await compare(`${name} ${blockSize}³ ${side}`, 256, (form) => inference(network, side, form, 256));
    await compare(`${name} ${blockSize}³ step`, 64, (form) => step(network, form, 64));
  }

/** At inference: batch normalisation folded, parameters fixed. */
function inference(trained: Architecture, side: Side, form: Form, rows: number): GraphInterface {
  const flat = initialParameters(parameterLayout(trained), 1);
  const { architecture: network, parameters } = foldBatchNorm(trained, flat);
  const byName = views(parameterLayout(network), parameters);
  const x = input('x', 'float32', [rows, side === 'encoder' ? network.blockSize ** 3 : latentSize]);
  const parameter: Parameter = (key) => constant(byName.get(key)!.data, byName.get(key)!.shape);
  return { inputs: { x }, outputs: { y: apply(network[side], side, x, parameter, form, rows) } };
}

/** Loss and gradients of the network alone, without the sliced Wasserstein distance. */
function step(network: Architecture, form: Form, rows: number): GraphInterface {
  const { entries } = parameterLayout(network);
  const parameters = Object.fromEntries(entries.map((e) => [e.name, input(e.name, 'float32', e.shape)]));
  const parameter: Parameter = (key) => parameters[key];
  const x = input('x', 'float32', [rows, network.blockSize ** 3]);
  const latents = apply(network.encoder, 'encoder', x, parameter, form, rows);
  const loss = reconstructionLoss('mse', apply(network.decoder, 'decoder', latents, parameter, form, rows), x, rows);
  const trained = entries.filter((entry) => entry.trained);
  const gradients = gradient(
    loss,
    trained.map((entry) => parameters[entry.name]),
  );
  const named = trained.map((entry, i) => [`gradient.${entry.name}`, gradients[i]]);
  const used = trained.map((entry) => [entry.name, parameters[entry.name]]);
  return { inputs: { x, ...Object.fromEntries(used) }, outputs: { loss, ...Object.fromEntries(named) } };
}

function apply(
  layers: readonly Layer[],
  side: Side,
  x: Value,
  parameter: Parameter,
  form: Form,
  globalRows: number,
): Value {
  if (form === 'textbook') return textbookForward(layers, side, x, parameter);
  const batchNorm = (value: Value, key: string) => normaliseBatch(value, key, { ranks: 1, globalRows, parameter }).y;
  return forward(layers, side, x, { parameter, batchNorm });
}

async function compare(what: string, rows: number, graphOf: (form: Form) => GraphInterface): Promise<void> {
  const forms = ['textbook', 'lowered'] as const;
  const runs = await Promise.all(forms.map((form) => prepare(graphOf(form))));
  const best = forms.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++)
    for (const [i, { run }] of runs.entries()) {
      const started = performance.now();
      await run();
      best[i] = Math.min(best[i], performance.now() - started);
    }
  for (const { release } of runs) await release();
  const [textbook, lowered] = best.map((ms) => Math.round((1000 * rows) / ms).toLocaleString('en'));
  console.log(
    `${what.padEnd(20)} textbook ${textbook.padStart(7)} lowered ${lowered.padStart(7)} blocks/s  ${(best[0] / best[1]).toFixed(1)} times`,
  );
}

/** A session that has run once. */
async function prepare(graph: GraphInterface) {
  const session = await createSession(build(graph, { name: 'bench' }), { threads });
  const feeds = Object.fromEntries(
    Object.entries(graph.inputs).map(([name, { shape }]) => {
      const sizes = shape as readonly number[];
      const length = sizes.reduce((product, dim) => product * dim, 1);
      return [
        name,
        tensor(
          Float32Array.from({ length }, () => (Math.random() - 0.5) / 10),
          sizes,
        ),
      ];
    }),
  );
  const run = () => session.run(feeds);
  await run();
  return { run, release: () => session.release() };
}
