import type { Link } from './links.js';

/** A way to send a block other than as it is. */
export interface Coder {
  readonly architecture: string;
  readonly precision: string;
  /** Of a block. */
  readonly encodeMicroseconds: number;
  readonly decodeMicroseconds: number;
  /** That travel for a block: latents and what undoes the normalisation. */
  readonly sentBytes: number;
}

/** What is sent, and how. */
export interface Message {
  /** Of a block as it is. */
  readonly rawBytes: number;
  /** Blocks that share the latency of a message. */
  readonly blocks: number;
}

/** Microseconds for a block of `bytes`: latency / blocks + bytes / bandwidth. 1 GB/s are 10³ bytes/µs. */
export function transferMicroseconds(
  { bandwidth, latencyMicroseconds }: Link,
  bytes: number,
  { blocks }: Message,
): number {
  return latencyMicroseconds / blocks + bytes / (1e3 * bandwidth);
}

/** Encode, transfer and decode, one after the other. */
export function totalMicroseconds(coder: Coder, link: Link, message: Message): number {
  return computeMicroseconds(coder) + transferMicroseconds(link, coder.sentBytes, message);
}

export function computeMicroseconds({ encodeMicroseconds, decodeMicroseconds }: Coder): number {
  return encodeMicroseconds + decodeMicroseconds;
}

/**
 * The bandwidth in GB/s at which coding takes as long as it saves: (raw − sent bytes) / (encode + decode). Slower links gain.
 * The latency is the same on both sides and drops out. Negative where more is sent than was there.
 */
export function breakEvenBandwidth(coder: Coder, rawBytes: number): number {
  return (rawBytes - coder.sentBytes) / computeMicroseconds(coder) / 1e3;
}
