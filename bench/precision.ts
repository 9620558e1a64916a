/**
 * Error and speed of each precision: node build/bench/precision.js CALIBRATION[,…] INPUT, HDF5 files. The error is that of the
 * pretrained models on blocks of the input, in normalised scale; the speed that of encoders and decoders with normalisation, on
 * random blocks and one thread, in turn, the best of several rounds each, by processor time: other work on the machine disturbs it
 * less than it does the clock.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readModel, resolveModelPath } from '../src/commands/model-file.js';
import { formatTable } from '../src/commands/table.js';
import { loadDataset } from '../src/commands/train/load.js';
import { connectSolo } from '../src/dist/solo.js';
import { calibrate, codingErrors } from '../src/engines/onnx/calibration.js';
import { batchSize, createDecoder, createEncoder } from '../src/engines/onnx/codec.js';
import { architecture, architectureNames } from '../src/models/architectures.js';
import type { Calibration } from '../src/models/calibration.js';
import { initialParameters, parameterLayout } from '../src/models/parameters.js';
import { inferencePrecisions, type Quantised } from '../src/models/quantise.js';
import { random } from '../src/models/random.js';
import { decoderGraph, encoderGraph, type Model } from '../src/models/swae.js';

const [calibrationFiles, file] = process.argv.slice(2);
const threads = 1;
const quantisedPrecisions = inferencePrecisions.filter((precision) => precision !== 'float32');

console.log('Error: PSNR in normalised scale; "latents": float32 network, latents of a byte.\n');
for (const name of readdirSync('save').filter((folder) => folder.startsWith('swae_'))) {
  const { model } = readModel(resolveModelPath(join('save', name)));
  const calibration = await calibrate(model, await load(model, calibrationFiles.split(','), 16384), { threads });
  const values = await load(model, [file], 65536);
  const decibels = async (quantised?: Quantised) => {
    const errors = await codingErrors(model, values, { threads, quantised });
    return -10 * Math.log10(errors.reduce((sum, error) => sum + error, 0) / errors.length);
  };
  const exact = await decibels();
  const row = async (title: string, quantised: Quantised) => {
    const psnr = await decibels(quantised);
    return [title, psnr.toFixed(2), (psnr - exact).toFixed(2)];
  };
  const rows = [['float32', exact.toFixed(2), '']];
  for (const precision of quantisedPrecisions) {
    rows.push(await row(precision, { precision, calibration }));
    if (precision !== 'int8-dynamic')
      rows.push(await row(`${precision} latents`, { precision, calibration, latentsOnly: true }));
  }
  console.log(`${formatTable([name, 'dB', 'change'], rows)}\n`);
}

for (const name of architectureNames)
  for (const blockSize of [5, 7]) {
    const network = architecture(name, blockSize, 16);
    const parameters = initialParameters(parameterLayout(network), 1);
    const model: Model = { architecture: network, normalisation: 'pos_log', parameters };
    const source = random(1);
    const values = Float32Array.from({ length: batchSize * blockSize ** 3 }, () => source.uniform());
    await measureSpeed(`${name} ${blockSize}³`, model, await calibrate(model, values, { threads }));
  }

async function load({ architecture: { blockSize }, normalisation }: Model, input: string[], maxBlocks: number) {
  const options = { input, blockSize, normalisation, maxBlocks, seed: 42 };
  return (await loadDataset(connectSolo(), options as Parameters<typeof loadDataset>[1])).dataset.values;
}

async function measureSpeed(title: string, model: Model, calibration: Calibration): Promise<void> {
  const { blockSize, latentSize } = model.architecture;
  const count = 4 * batchSize;
  const source = random(2);
  const blocks = Float32Array.from({ length: count * blockSize ** 3 }, () => source.uniform());
  const coders = [];
  for (const precision of inferencePrecisions) {
    const quantised = precision === 'float32' ? undefined : { precision, calibration };
    const options = { blockSize, latentSize, threads };
    const encoder = await createEncoder(encoderGraph(model, 'float32', 'pos_log', quantised), {
      ...options,
      precision,
    });
    const decoder = await createDecoder(decoderGraph(model, 'float32', quantised), options);
    const encoded = await encoder.encode(blocks, count);
    coders.push({ precision, encoder, decoder, encoded, encodeMs: Infinity, decodeMs: Infinity });
  }
  for (let round = 0; round < 25; round++)
    for (const coder of coders) {
      coder.encodeMs = Math.min(coder.encodeMs, await milliseconds(() => coder.encoder.encode(blocks, count)));
      coder.decodeMs = Math.min(coder.decodeMs, await milliseconds(() => coder.decoder.decode(coder.encoded, count)));
    }
  const [exact] = coders;
  const rate = (ms: number) => Math.round((1000 * count) / ms).toLocaleString('en');
  const rows = coders.map(({ precision, encodeMs, decodeMs }) => [
    precision,
    rate(encodeMs),
    `${(exact.encodeMs / encodeMs).toFixed(2)}×`,
    rate(decodeMs),
    `${(exact.decodeMs / decodeMs).toFixed(2)}×`,
  ]);
  console.log(`${formatTable([title, 'encode, blocks/s', '', 'decode', ''], rows)}\n`);
  for (const { encoder, decoder } of coders) {
    await encoder.release();
    await decoder.release();
  }
}

/** Processor time of one run, over as many as take 60 ms. */
async function milliseconds(run: () => Promise<unknown>): Promise<number> {
  const started = process.cpuUsage();
  const elapsed = () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  };
  let runs = 0;
  do {
    await run();
    runs++;
  } while (elapsed() < 60);
  return elapsed() / runs;
}
