/**
 * Texts of variable length stand in collections ("global heaps"), which have no checksum. The HDF5 library goes from object to object
 * in one, and for ever where damage has made the size of one such that it leads to itself.
 */

/** With version 1, the only one. */
const signature = Buffer.from('GCOL\x01\0\0\0', 'latin1');
/** Of a collection, and of an object in it. */
const headerBytes = 16;
/** In both: where the size is. */
const sizeAt = 8;
const alignment = 8;
/** Larger ones are not looked at: a collection is as large as its largest text. */
const mostBytes = 2 ** 26;

/** What the library reads of more than a megabyte is one thing alone (its metadata accumulator, H5Faccum.c, gathers no more than that). */
const mostMixedBytes = 2 ** 20;

/** Gives the bytes of a file from `position`, fewer where it ends. */
export type ReadAt = (position: number, length: number) => Buffer;

/** Whether a collection that begins in these bytes, which are at `position` of the file, is not filled by its objects. */
export function hasDamagedHeap(readAt: ReadAt, bytes: Buffer, position: number): boolean {
  const mixed = bytes.length > mostMixedBytes ? bytes.subarray(0, signature.length) : bytes;
  for (let at = mixed.indexOf(signature); at >= 0; at = mixed.indexOf(signature, at + 1))
    if (isDamaged(readAt, position + at)) return true;
  return false;
}

/** Looks at the file: a collection may reach beyond what the library has read of it. */
function isDamaged(readAt: ReadAt, position: number): boolean {
  const header = readAt(position, headerBytes);
  if (header.length < headerBytes) return true;
  const size = Number(header.readBigUInt64LE(sizeAt));
  if (size > mostBytes) return false;
  const heap = readAt(position, size);
  if (heap.length < size) return true;
  let at = headerBytes;
  while (at + headerBytes <= size) {
    const length = objectBytes(heap.readUInt16LE(at), Number(heap.readBigUInt64LE(at + sizeAt)));
    if (length < headerBytes) return true;
    at += length;
  }
  return at > size;
}

/** With its header. Number 0 is free room, whose size counts its header too. */
function objectBytes(number: number, size: number): number {
  return number === 0 ? size : headerBytes + alignment * Math.ceil(size / alignment);
}
