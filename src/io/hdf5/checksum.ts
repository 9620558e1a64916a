/** CRC-32 of what a dataset holds. */
import { crc32 } from 'node:zlib';
import { cutBoxes } from '../boxes.js';
import { readParts, roomFor } from './parts.js';
import type { Source } from './source.js';

const separator = Uint8Array.of(0);

/**
 * Of all values in row-major order, numbers little-endian. Texts of variable length, members of compounds and references count
 * one after the other, each followed by a byte of 0.
 */
export function checksum(source: Source, path: string): number {
  const { shape, chunks } = source.metadata(path);
  if (shape === null) return 0;
  let sum = 0;
  for (const box of cutBoxes(shape, roomFor(source.metadata(path)), (axis) => chunks?.[axis] ?? 1)) {
    const parts = readParts(source, path, box);
    for (const part of parts) {
      // zlib begins anew where it is given no bytes.
      if (part.length > 0) sum = crc32(part, sum);
      if (parts.length > 1) sum = crc32(separator, sum);
    }
  }
  return sum;
}
