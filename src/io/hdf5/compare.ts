/** Whether a dataset is there again in a copy, value by value: what `copyTree` promises. */
import { type Box, cutBoxes, volume, whole } from '../boxes.js';
import { type Metadata, Module, reading, withMemory } from './library.js';
import type { Source } from './source.js';
import { hasPointers, isReference, typeName, writePlan } from './types.js';

/** A group of a file ('' for the root): the paths of what is compared are below it. */
export interface Tree {
  readonly source: Source;
  readonly root: string;
}

const pieceBytes = 16 * 2 ** 20;
/** What is compared part by part counts as this much for each: texts are as long as they are, and each part is an object. */
const partBytes = 256;

/**
 * What distinguishes the dataset at `path` below `original` from the copy of it, undefined where nothing does. Types and
 * shapes are those that a copy has: big-endian numbers, enums and the like are other types there. Strings are compared as
 * text, object references by the object, compounds member by member. Memory is bounded whatever the size.
 */
export function copyDifference(copy: Tree, original: Tree, path: string): string | undefined {
  const [had, has] = [planned(copy, path), planned(original, path)];
  if (had === undefined || has === undefined) return 'is of a type that cannot be compared';
  const [expected, got] = [describe(had), describe(has)];
  if (got !== expected) return `expected ${expected} as in the archive, got ${got}`;
  return valuesEqual(copy, original, path) ? undefined : 'differs from the source';
}

function planned({ source, root }: Tree, path: string): Metadata | undefined {
  return writePlan(source.metadata(root + path)).metadata;
}

function describe(metadata: Metadata): string {
  return `${typeText(metadata)} [${metadata.shape}]`;
}

function typeText(metadata: Metadata): string {
  const members = metadata.compound_type?.members;
  if (members) return `compound {${members.map((member) => `${member.name}: ${typeText(member)}`).join(', ')}}`;
  const isFixedText = metadata.type === Module.H5T_class_t.H5T_STRING.value && !metadata.vlen;
  return isFixedText ? `string of ${metadata.size} bytes` : typeName(metadata);
}

function valuesEqual(copy: Tree, original: Tree, path: string): boolean {
  const metadata = original.source.metadata(original.root + path);
  const { shape, chunks, size } = metadata;
  if (shape === null) return true;
  const itemBytes = hasParts(metadata) ? Math.max(size, partBytes * partCount(metadata)) : size;
  // Axes that the copy has beside those of the original (of array types) are taken whole.
  const added = whole(copy.source.metadata(copy.root + path).shape!.slice(shape.length));
  const boxes = cutBoxes(shape, Math.max(1, Math.floor(pieceBytes / itemBytes)), (axis) => chunks?.[axis] ?? 1);
  return boxes.every((box) => {
    const [had, has] = [read(copy, path, [...box, ...added]), read(original, path, box)];
    if (isReference(metadata)) return has.every((part, index) => refersAlike(copy, original, had[index]!, part));
    return has.length === had.length && has.every((part, index) => part.equals(had[index]!));
  });
}

/** The values of a box as bytes that can be compared: one part for all of it, or for each reference, member or text. */
function read({ source, root }: Tree, path: string, box: Box): Buffer[] {
  const object = root + path;
  const metadata = source.metadata(object);
  const count = volume(box);
  if (!hasParts(metadata)) return [Buffer.from(source.readBytes(object, box).buffer)];
  return reading(`${source.path}:${object}`, () =>
    withMemory(metadata.size * count, (pointer) => {
      source.readInto(pointer, object, box);
      const values = Array.from({ length: count }, (_, index) => pointer + index * metadata.size);
      const parts = values.flatMap((value) => partsOf(metadata, value));
      if (hasPointers(metadata)) reclaim(source, object, pointer, box);
      return parts;
    }),
  );
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

/** References are addresses in their own file. One whose object is not in the copy is null there. */
function refersAlike(copy: Tree, original: Tree, had: Buffer, has: Buffer): boolean {
  if (isNull(has)) return isNull(had);
  const { source } = original;
  const target = reading(source.path, () => Module.get_referenced_name(source.file, has, true));
  const path = copy.root + target.slice(original.root.length) || '/';
  if (!copy.source.has(path)) return isNull(had);
  return had.equals(Buffer.from(Module.create_object_reference(copy.source.file, path)));
}

function isNull(reference: Buffer): boolean {
  return reference.every((byte) => byte === 0);
}
