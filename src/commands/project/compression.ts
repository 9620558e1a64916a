import { workOf } from '../bench/scaling/compression.js';
import { predictCompression } from '../bench/scaling/predict.js';
import type { Network } from './network.js';

/** Seconds of a rank for each byte of data, and what it becomes. */
export interface CompressionConstants {
  readonly workPerByte: number;
  readonly writePerByte: number;
  readonly encodedPerByte: number;
  readonly reconstruct: boolean;
}

/** In GB/s: 10⁹ bytes. */
export interface FileSystem {
  /** For all ranks together, reading and writing. */
  readonly aggregate: number;
  /** For one rank. */
  readonly client: number;
}

/** What the time of a compression is set by: all ranks are busy; or the ranks that write take results or write them; or files. */
export type Limit = 'work of the ranks' | 'gather' | 'write' | 'file system' | 'rank’s file access';

export interface ProjectedCompression {
  readonly ranks: number;
  readonly writers: number;
  readonly seconds: number;
  readonly bottleneck: Limit;
}

export interface CompressionSetting {
  readonly constants: CompressionConstants;
  readonly fileSystem: FileSystem;
  readonly network: Network;
  readonly dataBytes: number;
}

/**
 * All stages overlap, so the longest counts: the work of all ranks or the writing ranks' own, by `predictCompression` of `swae bench
 * scaling`; or the bytes that are read and written, by the file system's rate or by that of the ranks that do so.
 */
export function projectCompression(
  { constants, fileSystem, network, dataBytes }: CompressionSetting,
  ranks: number,
  asked: number,
): ProjectedCompression {
  const writers = Math.min(asked, ranks);
  const { reconstruct, encodedPerByte } = constants;
  const sentPerByte = reconstruct ? 1 : encodedPerByte;
  const work = workOf(constants, dataBytes, { ranks, writers, sentPerByte }, network);
  const busy = predictCompression(work, ranks, writers);
  const written = storedPerByte(constants) * dataBytes;
  const file = (dataBytes + written) / (1e9 * fileSystem.aggregate);
  const client = Math.max(dataBytes / ranks, written / writers) / (1e9 * fileSystem.client);
  const seconds = Math.max(busy, file, client);
  const isWriters = busy * ranks > (work.work + work.write + work.gather) * (1 + 1e-9);
  const busiest = work.gather > work.write ? 'gather' : 'write';
  const ofRanks = isWriters ? busiest : 'work of the ranks';
  const ofFiles = file >= client ? 'file system' : 'rank’s file access';
  return { ranks, writers, seconds, bottleneck: busy === seconds ? ofRanks : ofFiles };
}

/** Bytes written for each byte of data. */
export function storedPerByte({
  encodedPerByte,
  reconstruct,
}: Pick<CompressionConstants, 'encodedPerByte' | 'reconstruct'>): number {
  return encodedPerByte + (reconstruct ? 1 : 0);
}

/** The least number of ranks that take no more than `tolerance` times as long as `most` ranks: more hardly help. */
export function usefulRanks(setting: CompressionSetting, most: number, writers: number, tolerance = 1.01): number {
  const goal = tolerance * projectCompression(setting, most, writers).seconds;
  return least(most, (ranks) => projectCompression(setting, ranks, writers).seconds <= goal);
}

/** The least number of writing ranks that keep nobody waiting, and take no more than `tolerance` times as long as any number of them. */
export function usefulWriters(setting: CompressionSetting, ranks: number, tolerance = 1.1): number {
  const goal = tolerance * projectCompression(setting, ranks, ranks).seconds;
  return least(ranks, (writers) => {
    const { seconds, bottleneck } = projectCompression(setting, ranks, writers);
    return seconds <= goal && bottleneck !== 'gather' && bottleneck !== 'write';
  });
}

/** The least whole number from 1 to `most` that does; all above it do. */
function least(most: number, does: (count: number) => boolean): number {
  let [low, high] = [1, most];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (does(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
