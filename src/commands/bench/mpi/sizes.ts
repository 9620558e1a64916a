import { UsageError } from '../../../errors.js';

/** Elements of an allreduce are float32. */
const least = 4;
/** What travels in one message. */
const largest = 2 ** 30;
const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** "64", "256K", "4M" → bytes. Throws UsageError where it is no power of two from 4 to 1G. */
export function requireSize(option: string, text: string): number {
  const [, digits, unit] = /^(\d+)([KMG]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * units[unit?.toUpperCase()];
  if (!(bytes >= least && bytes <= largest && Number.isInteger(Math.log2(bytes))))
    throw new UsageError(`--${option} must be a power of two from 4 to 1G, e.g. 256K, got "${text}"`);
  return bytes;
}

/** Both ends included. Throws UsageError where there is none. */
export function powersOfTwo(from: number, to: number): number[] {
  if (from > to) throw new UsageError(`--min-size must not be above --max-size, got ${from} and ${to} bytes`);
  return Array.from({ length: Math.log2(to / from) + 1 }, (_, i) => from * 2 ** i);
}
