/**
 * What the pretrained models do to a folder of HDF5 files: node build/bench/pretrained.js INPUT… compresses it with each model in
 * save/ and prints errors in physical units and ratios.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTable } from '../src/commands/table.js';

const inputs = process.argv.slice(2);
const models = readdirSync('save').filter((name) => name.startsWith('swae_'));
const heading = ['model', 'median PSNR', 'worst PSNR', 'largest error/range', 'ratio, file', 'ratio, values'];
console.log(formatTable(heading, models.map(measure)));

interface Summary {
  readonly ratio: number;
  readonly dataBytes: number;
  readonly variables: readonly { storedBytes: number; maxError: number; range: number; psnr: number | null }[];
}

function measure(model: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'swae-bench-'));
  const options = ['--model-path', join('save', model), '--no-reconstruct', '--output-dir', folder];
  execFileSync(process.execPath, ['build/bin/swae.js', 'compress', ...inputs, ...options], { stdio: 'ignore' });
  const summary = readFileSync(join(folder, readdirSync(folder)[0], 'summary.json'), 'utf8');
  rmSync(folder, { recursive: true });
  const { ratio, dataBytes, variables }: Summary = JSON.parse(summary);
  const decibels = variables.flatMap(({ psnr }) => (psnr === null ? [] : [psnr])).sort((a, b) => a - b);
  const largest = Math.max(...variables.map(({ maxError, range }) => (range === 0 ? 0 : maxError / range)));
  const stored = variables.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  return [
    model,
    `${decibels[Math.floor(decibels.length / 2)].toFixed(1)} dB`,
    `${decibels[0].toFixed(1)} dB`,
    largest.toExponential(1),
    ratio.toFixed(1),
    (dataBytes / stored).toFixed(1),
  ];
}
