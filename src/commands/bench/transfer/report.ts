import { breakEvenBandwidth, type Coder, totalMicroseconds, transferMicroseconds } from '../../costs/coder.js';
import type { Link } from '../../costs/links.js';
import { nameOf } from '../../costs/tables.js';
import { formatBytes } from '../../progress.js';
import { formatTable } from '../../table.js';
import type { Machine } from '../machine.js';
import type { LineFit } from '../mpi/fit.js';
import type { Times } from './measure.js';

/** All octants in one message, beside what the model of `swae costs` says. */
export interface Row {
  /** Undefined: the octants as they are. */
  readonly coder: Coder | undefined;
  readonly sentBytes: number;
  readonly seconds: number;
  readonly predictedSeconds: number;
  /** Times as fast as the octants as they are. */
  readonly gain: number;
  readonly predictedGain: number;
}

export interface Report {
  readonly machine: Machine;
  readonly input: readonly string[];
  readonly blockSize: number;
  readonly dtype: string;
  readonly blocks: number;
  readonly rawBytes: number;
  readonly threads: number;
  readonly rounds: number;
  /** α and β of one message, from which the predictions are. */
  readonly link: LineFit;
  readonly rows: readonly Row[];
}

export interface Measured {
  /** Undefined: the octants as they are. */
  readonly coder: Pick<Coder, 'architecture' | 'precision'> | undefined;
  readonly sentBytes: number;
  readonly times: Times;
}

/** The first of `measured` is raw. */
export function rowsOf(measured: readonly Measured[], fit: LineFit, blocks: number): Row[] {
  const link: Link = {
    name: 'measured',
    bandwidth: fit.bandwidth ?? Infinity,
    latencyMicroseconds: fit.latencyMicroseconds,
  };
  const message = { rawBytes: measured[0].sentBytes / blocks, blocks };
  const timed = measured.map(({ coder: names, sentBytes, times }) => {
    const ofBlock = (seconds: number) => (1e6 * seconds) / blocks;
    const coder = names && {
      ...names,
      encodeMicroseconds: ofBlock(times.encode),
      decodeMicroseconds: ofBlock(times.decode),
      sentBytes: sentBytes / blocks,
    };
    const microseconds = coder
      ? totalMicroseconds(coder, link, message)
      : transferMicroseconds(link, message.rawBytes, message);
    return { coder, sentBytes, seconds: times.total, predictedSeconds: (microseconds * blocks) / 1e6 };
  });
  const [raw] = timed;
  return timed.map((row) => ({
    ...row,
    gain: raw.seconds / row.seconds,
    predictedGain: raw.predictedSeconds / row.predictedSeconds,
  }));
}

const heading = [
  '',
  'sent',
  'encode [ms]',
  'decode [ms]',
  'measured [ms]',
  'predicted [ms]',
  'off by',
  '× raw',
  'predicted',
  'pays below [GB/s]',
];

export function formatReport({ blockSize, dtype, blocks, rawBytes, link, rows, threads }: Report): string {
  const cells = rows.map(({ coder, sentBytes, seconds, predictedSeconds, gain, predictedGain }) => {
    const ofAll = (microseconds: number) => milliseconds((microseconds * blocks) / 1e6);
    return [
      coder ? nameOf(coder) : 'raw',
      formatBytes(sentBytes),
      coder ? ofAll(coder.encodeMicroseconds) : '–',
      coder ? ofAll(coder.decodeMicroseconds) : '–',
      milliseconds(seconds),
      milliseconds(predictedSeconds),
      `${signed((100 * (predictedSeconds - seconds)) / seconds)} %`,
      coder ? `${gain.toFixed(2)} ${gain > 1 ? '✓' : ' '}` : '1   ',
      coder ? `${predictedGain.toFixed(2)} ${predictedGain > 1 ? '✓' : ' '}` : '1   ',
      coder ? breakEven(breakEvenBandwidth(coder, rawBytes / blocks)) : '',
    ];
  });
  const bandwidth =
    link.bandwidth === undefined
      ? 'without limit'
      : `${short(link.bandwidth)} GB/s (${short(8 * link.bandwidth)} Gb/s)`;
  return [
    `${blocks.toLocaleString('en')} octants of ${blockSize}³ ${dtype}, ${formatBytes(rawBytes)}, in one message from rank 0 to rank 1; ${threads} thread(s) each`,
    `one message: ${short(link.latencyMicroseconds)} µs + bytes / ${bandwidth}, rms error ${(100 * link.relativeError).toFixed(0)} %`,
    '',
    formatTable(heading, cells),
    '',
    '✓ faster than raw. Predicted: encode + latency + sent bytes / bandwidth + decode, as `swae costs`. All data arrived as sent.',
  ].join('\n');
}

function milliseconds(seconds: number): string {
  return short(1000 * seconds);
}

function breakEven(bandwidth: number): string {
  return bandwidth > 0 ? short(bandwidth) : 'never';
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`;
}

/** Three digits. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
