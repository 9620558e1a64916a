/**
 * Texts of variable length stand in collections ("global heaps"), which have no checksum. The HDF5 library goes from object to object
 * in one, and for ever where damage has made a free object of size 0, which no writer makes.
 */
import { readSync } from 'node:fs';

/** With version 1, the only one. */
const signature = Buffer.from('GCOL\x01\0\0\0', 'latin1');
const headerBytes = 16;
/** Of a collection or object: where its size is, after index and count. */
const sizeAt = 8;
const alignment = 8;
/** Larger ones are read by the library alone: one is as large as its largest text. */
const mostBytes = 2 ** 26;

/** Whether a collection that begins in these bytes, which are at `position` of the file, has such an object. */
export function hasEndlessHeap(file: number, bytes: Buffer, position: number): boolean {
  for (let at = bytes.indexOf(signature); at >= 0; at = bytes.indexOf(signature, at + 1))
    if (isEndless(readHeap(file, position + at))) return true;
  return false;
}

/** What there is of the collection: it may reach beyond what the library has read of it. */
function readHeap(file: number, position: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  if (readSync(file, header, 0, headerBytes, position) < headerBytes) return header.subarray(0, 0);
  const size = header.readBigUInt64LE(sizeAt);
  if (size > mostBytes) return header;
  const heap = Buffer.alloc(Number(size));
  return heap.subarray(0, readSync(file, heap, 0, heap.length, position));
}

function isEndless(heap: Buffer): boolean {
  let at = headerBytes;
  while (at + headerBytes <= heap.length) {
    const index = heap.readUInt16LE(at);
    const size = heap.readBigUInt64LE(at + sizeAt);
    if (index === 0 && size === 0n) return true;
    if (size > heap.length) return false;
    at += index === 0 ? Number(size) : headerBytes + alignment * Math.ceil(Number(size) / alignment);
  }
  return false;
}
