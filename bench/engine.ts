/**
 * Speed of the engine alone, on random blocks: node build/bench/engine.js [THREADS]. Every figure is the best of several
 * rounds, since other work on the machine only ever slows a round down.
 */
import { batchSize, createDecoder, createEncoder } from '../src/engines/onnx/codec.js';
import { createTrainingStep } from '../src/engines/onnx/training.js';
import { architecture } from '../src/models/architectures.js';
import { adam } from '../src/models/optimiser.js';
import { initialParameters, parameterLayout } from '../src/models/parameters.js';
import { drawDirections, drawPrior } from '../src/models/sampling.js';
import { decoderGraph, encoderGraph } from '../src/models/swae.js';

const threads = Number(process.argv[2] ?? 1);
const rounds = 8;
const runsPerRound = 20;
const count = 4 * batchSize;
const latentSize = 16;
const projections = 50;

for (const blockSize of [5, 7]) {
  const described = architecture('mlp', blockSize, latentSize);
  const parameters = initialParameters(parameterLayout(described), 1);
  const model = { architecture: described, normalisation: 'pos_log', parameters } as const;
  const options = { blockSize, latentSize, threads };
  const blocks = Float32Array.from({ length: count * blockSize ** 3 }, Math.random);
  const bytes = 4 * blockSize ** 3;

  const encoder = await createEncoder(encoderGraph(model, 'float32'), options);
  const decoder = await createDecoder(decoderGraph(model, 'float32'), options);
  const encoded = await encoder.encode(blocks, count);
  report(`mlp ${blockSize}³ encode`, await blocksPerSecond(count, () => encoder.encode(blocks, count)), bytes);
  report(`mlp ${blockSize}³ decode`, await blocksPerSecond(count, () => decoder.decode(encoded, count)), bytes);

  for (const rows of [256, 512]) {
    const gradients = new Float32Array(parameters.length);
    const step = await createTrainingStep(
      model,
      { gradients, statistics: new Float32Array(0) },
      { loss: 'mse', divergenceWeight: 1e-4, projections, rowsByRank: [rows], rank: 0, threads },
      (_, latents) => latents,
    );
    const optimiser = adam();
    const state = optimiser.init(parameters.length);
    const values = blocks.subarray(0, rows * blockSize ** 3);
    const rate = await blocksPerSecond(rows, async () => {
      const directions = drawDirections(projections, latentSize, 1, state.step);
      const prior = drawPrior(rows, latentSize, 1, state.step);
      await step.run({ values, directions, prior });
      optimiser.update(parameters, gradients, state, { learningRate: 1e-5, epsilon: 1e-8 });
    });
    report(`mlp ${blockSize}³ train, batch ${rows}`, rate, bytes);
  }
}

async function blocksPerSecond(blocksPerRun: number, run: () => Promise<unknown>): Promise<number> {
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    for (let i = 0; i < runsPerRound; i++) await run();
    best = Math.max(best, (1000 * runsPerRound * blocksPerRun) / (performance.now() - started));
  }
  return best;
}

function report(what: string, rate: number, bytesPerBlock: number): void {
  const blocksText = Math.round(rate).toLocaleString('en').padStart(10);
  console.log(
    `${what.padEnd(26)} ${blocksText} blocks/s  ${((rate * bytesPerBlock) / 1e6).toFixed(0).padStart(5)} MB/s`,
  );
}
