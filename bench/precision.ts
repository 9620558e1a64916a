/**
 * Error of each precision: node build/bench/precision.js CALIBRATION[,…] INPUT, HDF5 files. It is that of the pretrained models on
 * blocks of the input, in normalised scale. Speeds: `swae bench encode` and `decode`, with --precision.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readModel, resolveModelPath } from '../src/commands/model-file.js';
import { formatTable } from '../src/commands/table.js';
import { fetchRows } from '../src/commands/train/fetch-rows.js';
import { loadDataset } from '../src/commands/train/load.js';
import { connectSolo } from '../src/dist/solo.js';
import { calibrate, codingErrors } from '../src/engines/onnx/calibration.js';
import { inferencePrecisions, type Quantised } from '../src/models/quantise.js';
import type { Model } from '../src/models/swae.js';

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

async function load({ architecture: { blockSize }, normalisation }: Model, input: string[], maxBlocks: number) {
  const options = { input, blockSize, normalisation, maxBlocks, seed: 42 };
  const { dataset } = await loadDataset(connectSolo(), options as Parameters<typeof loadDataset>[1]);
  return fetchRows(
    connectSolo(),
    dataset,
    Uint32Array.from({ length: dataset.count }, (_, i) => i),
  );
}
