import { median } from '../../../engines/throughput.js';
import { type StageSeconds, stageNames } from '../../compress/stages.js';
import { formatBytes } from '../../progress.js';
import { formatTable } from '../../table.js';
import type { Machine } from '../machine.js';

/** Bytes per second of all ranks together. */
export interface Round {
  /** Encoder and decoder alone, from memory to memory. */
  readonly encode: number;
  readonly decode: number;
  /** From file to file. */
  readonly whole: number;
  /** Seconds of all ranks together. */
  readonly stages: StageSeconds;
}

/** What --json prints. Speeds are medians over the rounds, ratios medians of the rounds' ratios. */
export interface Report {
  readonly machine: Machine;
  readonly threads: number;
  readonly dataBytes: number;
  readonly check: boolean;
  readonly reconstruct: boolean;
  readonly rounds: readonly Round[];
  readonly encodeBytesPerSecond: number;
  readonly decodeBytesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of the speed of encoding alone. */
  readonly ofEncode: number;
  /** Of encoding and decoding, one after the other, as it must be where errors are measured. */
  readonly ofCoding: number;
  /** They sum to 1. */
  readonly shares: StageSeconds;
}

/** Of what encodes and then decodes at these speeds. */
function codingSpeed({ encode, decode }: Pick<Round, 'encode' | 'decode'>): number {
  return 1 / (1 / encode + 1 / decode);
}

export function reportOf(
  run: Pick<Report, 'machine' | 'threads' | 'dataBytes' | 'check' | 'reconstruct'>,
  rounds: readonly Round[],
): Report {
  const over = (value: (round: Round) => number) => median(rounds.map(value));
  const seconds = stageNames.map((stage) => rounds.reduce((sum, { stages }) => sum + stages[stage], 0));
  const total = seconds.reduce((sum, value) => sum + value, 0);
  const shares = stageNames.map((stage, i) => [stage, seconds[i] / total]);
  return {
    ...run,
    rounds,
    encodeBytesPerSecond: over(({ encode }) => encode),
    decodeBytesPerSecond: over(({ decode }) => decode),
    bytesPerSecond: over(({ whole }) => whole),
    ofEncode: over(({ whole, encode }) => whole / encode),
    ofCoding: over((round) => round.whole / codingSpeed(round)),
    shares: Object.fromEntries(shares) as StageSeconds,
  };
}

const meanings: Readonly<Record<keyof StageSeconds, string>> = {
  read: 'HDF5 to blocks',
  encode: 'normalise, encode',
  decode: 'decode again',
  measure: 'errors of every value',
  gather: 'send to rank 0, wait',
  write: 'journal and HDF5',
};

export function formatReport(report: Report): string {
  const { shares, rounds, machine, dataBytes, threads, check, reconstruct } = report;
  const rows = stageNames.map((stage) => {
    const seconds = rounds.map(({ stages }) => stages[stage] / machine.ranks);
    return [stage, meanings[stage], `${(100 * shares[stage]).toFixed(1)} %`, median(seconds).toFixed(2)];
  });
  const speed = (bytes: number) => `${formatBytes(bytes)}/s`;
  const percent = (ratio: number) => `${(100 * ratio).toFixed(0)} %`;
  return [
    `# ${formatBytes(dataBytes)}, ${threads} thread(s) of a rank${check ? (reconstruct ? ', with reconstruction' : '') : ', not checked'}, ${rounds.length} round(s)`,
    '',
    formatTable(['stage', '', 'share', 'of a rank [s]'], rows),
    '',
    `encode alone        ${speed(report.encodeBytesPerSecond)}`,
    `decode alone        ${speed(report.decodeBytesPerSecond)}`,
    `from file to file   ${speed(report.bytesPerSecond)}: ${percent(report.ofEncode)} of encode alone, ${percent(report.ofCoding)} of encode and decode`,
  ].join('\n');
}
