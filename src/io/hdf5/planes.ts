/** Numbers as planes of bytes: first bytes of all numbers, then second ones. What is alike stands together, and deflates better. */
import type { StoredArray } from './writer.js';

/** [rows, numbers] → bytes [bytes of a number, numbers, rows] */
export function toPlanes(
  { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: width }: StoredArray,
  rows: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const numbers = byteLength / width / rows;
  const planes = new Uint8Array(byteLength);
  let next = 0;
  for (let byte = 0; byte < width; byte++)
    for (let number = 0; number < numbers; number++)
      for (let row = 0; row < rows; row++) planes[next++] = bytes[(row * numbers + number) * width + byte];
  return planes;
}

/** The inverse: the bytes of the numbers, row by row. */
export function fromPlanes(planes: Uint8Array, width: number, rows: number): Uint8Array<ArrayBuffer> {
  const numbers = rows === 0 ? 0 : planes.length / width / rows;
  const bytes = new Uint8Array(planes.length);
  let next = 0;
  for (let byte = 0; byte < width; byte++)
    for (let number = 0; number < numbers; number++)
      for (let row = 0; row < rows; row++) bytes[(row * numbers + number) * width + byte] = planes[next++];
  return bytes;
}
