/**
 * Speed of the engine alone, on random blocks: node build/bench/engine.js [THREADS].
 */
import { batchSize, createDecoder, createEncoder } from '../src/engines/onnx/codec.js';
import { createOrthogonaliser } from '../src/engines/onnx/orthogonalise.js';
import { createTrainingStep } from '../src/engines/onnx/training.js';
import { itemsPerSecond } from '../src/engines/throughput.js';
import { architecture, architectureNames } from '../src/models/architectures.js';
import { matrixShapes, muon } from '../src/models/muon.js';
import { adam } from '../src/models/optimiser.js';
import { initialParameters, parameterLayout } from '../src/models/parameters.js';
import { drawDirections, drawPrior } from '../src/models/sampling.js';
import { decoderGraph, encoderGraph } from '../src/models/swae.js';

const threads = Number(process.argv[2] ?? 1);
const count = 4 * batchSize;
const latentSize = 16;
const projections = 50;

for (const name of architectureNames)
  for (const blockSize of [5, 7]) {
    const network = architecture(name, blockSize, latentSize);
    const layout = parameterLayout(network);
    const parameters = initialParameters(layout, 1);
    const model = { architecture: network, normalisation: 'pos_log', parameters } as const;
    const options = { blockSize, latentSize, threads };
    const blocks = Float32Array.from({ length: count * blockSize ** 3 }, Math.random);
    const bytes = 4 * blockSize ** 3;

    const encoder = await createEncoder(encoderGraph(model, 'float32'), options);
    const decoder = await createDecoder(decoderGraph(model, 'float32'), options);
    const encoded = await encoder.encode(blocks, count);
    report(`${name} ${blockSize}³ encode`, await blocksPerSecond(count, () => encoder.encode(blocks, count)), bytes);
    report(`${name} ${blockSize}³ decode`, await blocksPerSecond(count, () => decoder.decode(encoded, count)), bytes);
    await encoder.release();
    await decoder.release();

    for (const rows of [256, 512]) {
      const values = blocks.subarray(0, rows * blockSize ** 3);
      const results = {
        gradients: new Float32Array(layout.trainedLength),
        statistics: new Float32Array(layout.length - layout.trainedLength),
      };
      const step = await createTrainingStep(
        model,
        results,
        { loss: 'mse', divergenceWeight: 1e-4, projections, rowsByRank: [rows], rank: 0, threads },
        (_, latents) => latents,
      );
      const { orthogonalise, release } = await createOrthogonaliser(matrixShapes(layout), { threads });
      for (const optimiser of ['adam', 'muon'] as const) {
        const { init, update } = optimiser === 'adam' ? adam() : muon(layout, orthogonalise);
        const state = init(layout.trainedLength);
        const trained = parameters.subarray(0, layout.trainedLength);
        const rate = await blocksPerSecond(rows, async () => {
          const directions = drawDirections(projections, latentSize, 1, state.step);
          const prior = drawPrior(rows, latentSize, 1, state.step);
          await step.run({ values, directions, prior });
          await update(trained, results.gradients, state, { learningRate: 1e-6, epsilon: 1e-8 });
        });
        report(`${name} ${blockSize}³ train, ${optimiser}, batch ${rows}`, rate, bytes);
      }
      await step.release();
      await release();
    }
  }

function blocksPerSecond(blocksPerRun: number, run: () => Promise<unknown>): Promise<number> {
  return itemsPerSecond(blocksPerRun, run, { rounds: 8, roundMs: 250 });
}

function report(what: string, rate: number, bytesPerBlock: number): void {
  const blocksText = Math.round(rate).toLocaleString('en').padStart(10);
  console.log(
    `${what.padEnd(36)} ${blocksText} blocks/s  ${((rate * bytesPerBlock) / 1e6).toFixed(0).padStart(5)} MB/s`,
  );
}
