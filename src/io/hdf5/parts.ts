/** What a dataset of any type holds, as bytes that can be compared and summed. */
import { type Box, volume } from '../boxes.js';
import { type Metadata, Module, reading, withMemory } from './library.js';
import type { Source } from './source.js';
import { hasPointers, isReference } from './types.js';

const pieceBytes = 16 * 2 ** 20;
/** What is taken part by part counts as this much for each: texts are as long as they are, and each part is an object. */
const partBytes = 256;

/** How many values to read at a time, so that memory is bounded. */
export function roomFor(metadata: Metadata): number {
  const { size } = metadata;
  const itemBytes = hasParts(metadata) ? Math.max(size, partBytes * partCount(metadata)) : size;
  return Math.max(1, Math.floor(pieceBytes / itemBytes));
}

/** The values of a box as bytes of no hidden meaning: one part for all of it, or for each reference, member or text. */
export function readParts(source: Source, object: string, box: Box): Buffer[] {
  const metadata = source.metadata(object);
  const count = volume(box);
  if (!hasParts(metadata)) return [Buffer.from(source.readBytes(object, box).buffer)];
  const name = `${source.path}:${object}`;
  return reading(name, () =>
    withMemory(name, metadata.size * count, (pointer) => {
      source.readInto(pointer, object, box);
      const parts = partsAt(metadata, pointer, count);
      if (hasPointers(metadata)) reclaim(source, object, pointer, box);
      return parts;
    }),
  );
}

/** All that an attribute holds, value by value. */
export function readAttributeParts(source: Source, object: string, attribute: string): Buffer[] {
  const metadata = source.attributeMetadata(object, attribute);
  const { size, total_size: count } = metadata;
  if (count === 0) return [];
  const name = `${source.path}:${object}@${attribute}`;
  return reading(name, () =>
    withMemory(name, size * count, (pointer) => {
      Module.get_attribute_data(source.file, object, attribute, BigInt(pointer));
      const parts = partsAt(metadata, pointer, count);
      if (hasPointers(metadata)) Module.reclaim_vlen_memory(source.file, object, attribute, BigInt(pointer));
      return parts;
    }),
  );
}

function partsAt(metadata: Metadata, pointer: number, count: number): Buffer[] {
  const values = Array.from({ length: count }, (_, index) => pointer + index * metadata.size);
  return values.flatMap((value) => partsOf(metadata, value));
}

function hasParts(metadata: Metadata): boolean {
  return isReference(metadata) || metadata.compound_type !== undefined || hasPointers(metadata);
}

/** Of one value. */
function partCount({ compound_type }: Metadata): number {
  return compound_type?.members.reduce((sum, member) => sum + partCount(member), 0) ?? 1;
}

function reclaim(source: Source, object: string, pointer: number, box: Box): void {
  const count = box.map(([start, stop]) => BigInt(stop - start));
  if (count.length === 0) Module.reclaim_vlen_memory(source.file, object, '', BigInt(pointer));
  else Module.reclaim_vlen_memory_count(source.file, object, '', BigInt(pointer), count);
}

/** What lies between the members of a compound is of no meaning, and left out. */
function partsOf(metadata: Metadata, pointer: number): Buffer[] {
  const members = metadata.compound_type?.members;
  if (members) return members.flatMap((member) => partsOf(member, pointer + member.offset));
  return [metadata.vlen ? textAt(pointer) : Buffer.from(Module.HEAPU8.subarray(pointer, pointer + metadata.size))];
}

/** The library writes no text as the empty one. */
function textAt(pointer: number): Buffer {
  const start = new DataView(Module.HEAPU8.buffer).getUint32(pointer, true);
  return start === 0 ? Buffer.alloc(0) : Buffer.from(Module.HEAPU8.subarray(start, Module.HEAPU8.indexOf(0, start)));
}
