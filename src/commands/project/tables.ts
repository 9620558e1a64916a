import { duration, formatBytes } from '../progress.js';
import { formatTable } from '../table.js';
import type { ProjectedCompression } from './compression.js';
import type { Known } from './constants.js';
import type { Network } from './network.js';
import type { ProjectedStep, Scaling } from './training.js';

/** What is projected on a network. */
export interface Projection {
  readonly network: Network;
  readonly train: readonly (ProjectedStep & { readonly scaling: Scaling })[];
  readonly compress: readonly ProjectedCompression[];
  readonly advice: readonly string[];
}

export function describeKnown(known: readonly Known[]): string {
  return formatTable(
    ['constant', 'value', ''],
    known.map(({ name, value, origin }) => [name, value, origin]),
  );
}

export function describeProjection({ network, train, compress, advice }: Projection, dataBytes: number): string[] {
  const { name, bandwidth, latencyMicroseconds, origin } = network;
  const width = bandwidth === undefined ? 'no limit' : `${three(bandwidth)} GB/s`;
  return [
    '',
    `${name}: ${width}, ${three(latencyMicroseconds)} µs (${origin})`,
    '',
    formatTable(
      ['train', 'ranks', 'step', 'blocks/s', 'efficiency', 'bottleneck'],
      train.map(({ scaling, ranks, rows, seconds, efficiency, bottleneck }) => [
        scaling,
        formatCount(ranks),
        formatTime(seconds),
        formatCount(Math.round(rows / seconds)),
        percent(efficiency),
        bottleneck,
      ]),
    ),
    '',
    formatTable(
      ['compress', 'ranks', 'writers', 'time', 'speed', 'bottleneck'],
      compress.map(({ ranks, writers, seconds, bottleneck }) => [
        formatBytes(dataBytes),
        formatCount(ranks),
        formatCount(writers),
        formatTime(seconds),
        `${formatBytes(dataBytes / seconds)}/s`,
        bottleneck,
      ]),
    ),
    '',
    ...advice,
  ];
}

export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

const day = 86_400;

/** 12.3 ms, 2 min 30 s, 1.5 days. */
export function formatTime(seconds: number): string {
  if (seconds < 1) return `${three(1000 * seconds)} ms`;
  if (seconds < 60) return `${three(seconds)} s`;
  return seconds < 2 * day ? duration(seconds) : `${three(seconds / day)} days`;
}

export function percent(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(2))} %`;
}

function three(value: number): string {
  return String(Number(value.toPrecision(3)));
}
