import { type Architecture, architecture, architectureNames } from '../../models/architectures.js';
import { flopsOf } from '../../models/layers.js';
import type { Coder } from './coder.js';

/** Of an NVIDIA A100, as the original's computation_costs.py has them. It multiplies no float8: that figure is the original's guess. */
export const a100 = {
  float32: { flopsPerSecond: 19.5e12, bytes: 4 },
  float8: { flopsPerSecond: 280e12, bytes: 1 },
  int8: { flopsPerSecond: 312e12, bytes: 1 },
  /** Bytes per second. */
  memoryBandwidth: 1.6e12,
} as const;

const precisions = ['float32', 'float8', 'int8'] as const;

/** Microseconds to copy so many bytes in the A100's memory. */
export function copyMicroseconds(bytes: number): number {
  return (1e6 * bytes) / a100.memoryBandwidth;
}

/** Minimum and range of a block, in the type of its values. */
export function scaleBytes(valueBytes: number): number {
  return 2 * valueBytes;
}

/**
 * Every architecture at every precision if the A100 ran at its peak: FLOPs as they run (see `swae flops`, "lowered") over FLOP/s, and
 * a copy of the block on either side.
 */
export function peakCoders(blockSize: number, latentSize: number, valueBytes: number): Coder[] {
  return architectureNames.flatMap((name) => {
    const network = architecture(name, blockSize, latentSize);
    return precisions.map((precision) => peakCoder(network, precision, valueBytes));
  });
}

function peakCoder(network: Architecture, precision: (typeof precisions)[number], valueBytes: number): Coder {
  const { name, blockSize, latentSize, encoder, decoder } = network;
  const { flopsPerSecond, bytes } = a100[precision];
  const copy = copyMicroseconds(blockSize ** 3 * valueBytes);
  const microseconds = (flops: number) => (1e6 * flops) / flopsPerSecond + copy;
  return {
    architecture: name,
    precision,
    encodeMicroseconds: microseconds(flopsOf(encoder)),
    decodeMicroseconds: microseconds(flopsOf(decoder)),
    sentBytes: latentSize * bytes + scaleBytes(valueBytes),
  };
}
