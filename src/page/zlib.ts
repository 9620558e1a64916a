/** In place of node:zlib in the browser: what reading an archive needs of it. */
import { unzlibSync } from 'fflate';

/** CRC-32 of zlib and gzip (RFC 1952, section 8), of the bytes alone or going on from `start`. */
export function crc32(data: Uint8Array | string, start = 0): number {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  let sum = ~start;
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ remainders[(sum ^ bytes[i]!) & 0xff]!;
  return ~sum >>> 0;
}

const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** Throws where there are more than `maxOutputLength` bytes, or none that were deflated. */
export function inflateSync(bytes: Uint8Array, { maxOutputLength }: { maxOutputLength: number }): Uint8Array {
  // Beyond the end of this array nothing is written.
  const inflated = unzlibSync(bytes, { out: new Uint8Array(maxOutputLength + 1) });
  if (inflated.length > maxOutputLength) throw new RangeError(`more than ${maxOutputLength} bytes`);
  return inflated;
}

/** Of the half of a module that is only named in the browser. */
export function deflateSync(): never {
  throw new Error('nothing is deflated in the browser');
}
