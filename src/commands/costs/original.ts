/** The table of the original page, "Latency Analysis (from computation_costs.py)", by that program's own model. */
import { architecture } from '../../models/architectures.js';
import { originalFigures } from '../original-figures.js';
import { formatTable } from '../table.js';
import { originalLinks } from './links.js';
import { a100, copyMicroseconds } from './peak.js';

const rawBytes = 500;
/** Both networks' 16 latents as one byte each. */
const latentBytes = 16;

const flopsOfPage = (name: string) => originalFigures(architecture(name, 5, 16))!.both;
const copies = 2 * copyMicroseconds(rawBytes);
const conv = (1e6 * flopsOfPage('conv-bn')) / a100.float32.flopsPerSecond + copies;
const mlp = (1e6 * flopsOfPage('mlp')) / a100.float8.flopsPerSecond + copies;

const heading = [
  'Link',
  'TX Raw [μs]',
  'TX Latent [μs]',
  'RAW Total [μs]',
  'Conv SWAE Total [μs]',
  'MLP SWAE FLOAT8 Total [μs]',
];

/** `factor`: 8 as on the page, where bytes are made bits and then divided by bytes per second; 1 is right. */
function table(factor: 8 | 1): string {
  const rows = originalLinks.map(({ name, bandwidth }) => {
    const transfer = (bytes: number) => (factor * bytes) / (1e3 * bandwidth);
    const [raw, latent] = [transfer(rawBytes), transfer(latentBytes)];
    return [`${name} (${bandwidth} GB/s)`, ...[raw, latent, raw, conv + latent, mlp + latent].map(fourDecimals)];
  });
  return formatTable(heading, rows);
}

/** As Python's round(x, 4) prints: 0.04, 32.0. */
function fourDecimals(value: number): string {
  const rounded = Number(value.toFixed(4));
  return Number.isInteger(rounded) ? rounded.toFixed(1) : String(rounded);
}

export function describeOriginal(): string[] {
  return [
    'The original page: a block of 5³ float32 (500 B) to 16 latents on an A100',
    '',
    table(8),
    '',
    'Its transfer times are bits divided by bytes per second: 500 B at 100 GB/s take 0.005 µs, the page has 0.04. So they are 8',
    'times too long, and compressing looks better than it is. Bytes divided by bytes per second, all else the same:',
    '',
    table(1),
    '',
    'What else the page counts: FLOPs at the peak of 19.5 TFLOP/s; float8 at 280 TFLOP/s, which is 14.4 times as fast, not the 16',
    'times of its text (16 times would give 0.0045 in the first row); a copy of the block on each side at 1.6 TB/s; the latents of',
    'the float32 CNN as one byte each (they have 4); no minimum and range, without which no block can be denormalised; no latency.',
  ];
}
