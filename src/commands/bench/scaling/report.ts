import { formatBytes } from '../../progress.js';
import { formatTable } from '../../table.js';
import type { Machine } from '../machine.js';
import type { Constants } from './constants.js';
import type { NetworkFits } from './network.js';

/** A task on a number of ranks. */
export interface Point {
  readonly task: 'train' | 'compress';
  /** Strong: the same work for any number of ranks; weak: the same for each rank. */
  readonly scaling: 'strong' | 'weak';
  readonly ranks: number;
  /** Blocks of a step, or bytes that are compressed. */
  readonly amount: number;
  /** Of a step, or of a compression. */
  readonly seconds: number;
  readonly predictedSeconds: number;
}

export interface ScaledPoint extends Point {
  /** Blocks or bytes a second. */
  readonly speed: number;
  /** Speed of a rank over that of a rank of the base. */
  readonly efficiency: number;
  readonly predictedEfficiency: number;
}

/** What scaling.json holds. */
export interface ScalingReport extends Constants {
  readonly machine: Machine;
  /** Ranks that efficiency is against. */
  readonly base: number;
  readonly architecture: string;
  readonly blockSize: number;
  readonly latentSize: number;
  readonly optimiser: string;
  readonly threads: number;
  /** As asked for. */
  readonly device: string;
  readonly batchSize: number;
  readonly networks: readonly NetworkFits[];
  readonly points: readonly ScaledPoint[];
}

/** `points` of the base first. */
export function scale(points: readonly Point[]): ScaledPoint[] {
  return points.map((point) => {
    const { task, scaling, ranks, amount, seconds, predictedSeconds } = point;
    const base = points.find((other) => other.task === task && other.scaling === scaling)!;
    const perRank = base.amount / base.seconds / base.ranks;
    return {
      ...point,
      speed: amount / seconds,
      efficiency: amount / seconds / ranks / perRank,
      predictedEfficiency: amount / predictedSeconds / ranks / perRank,
    };
  });
}

const titles = {
  train: { speed: 'blocks/s', describe: (speed: number) => Math.round(speed).toLocaleString('en') },
  compress: { speed: 'speed', describe: (speed: number) => `${formatBytes(speed)}/s` },
} as const;

export function formatScaling(report: ScalingReport): string {
  const { base, points, gradientBytes, batchSize, threads, device, architecture, blockSize, optimiser } = report;
  const tables = (['train', 'compress'] as const).flatMap((task) => {
    const { speed, describe } = titles[task];
    const rows = points
      .filter((point) => point.task === task)
      .sort((a, b) => a.scaling.localeCompare(b.scaling) || a.ranks - b.ranks)
      .map((point) => [
        point.scaling,
        String(point.ranks),
        milliseconds(point.seconds),
        milliseconds(point.predictedSeconds),
        describe(point.speed),
        percent(point.efficiency),
        percent(point.predictedEfficiency),
      ]);
    const heading = [task, 'ranks', 'time [ms]', 'predicted', speed, 'efficiency', 'predicted'];
    return ['', formatTable(heading, rows)];
  });
  return [
    `# ${architecture}, blocks of ${blockSize}³, ${threads} thread(s) of a rank${device === 'cpu' ? '' : ` and ${device}`}; steps by ${optimiser} on ${batchSize} blocks, gradients of ${formatBytes(gradientBytes)}`,
    ...tables,
    '',
    `efficiency: speed of a rank, of that on ${base} rank(s)`,
  ].join('\n');
}

function milliseconds(seconds: number): string {
  return (1000 * seconds).toFixed(1);
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(0)} %`;
}
