/** Whether a dataset is there again in a copy, value by value: what `copyTree` promises. */
import { cutBoxes, whole } from '../boxes.js';
import { type Metadata, Module } from './library.js';
import { addressIn } from './links.js';
import { readParts, roomFor } from './parts.js';
import { pathInTarget } from './relations.js';
import type { Source } from './source.js';
import { isReference, typeName, writePlan } from './types.js';

/** A group of a file ('' for the root): the paths of what is compared are below it. */
export interface Tree {
  readonly source: Source;
  readonly root: string;
}

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

/** The type and shape of values. */
export function describe(metadata: Metadata): string {
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
  const { shape, chunks } = metadata;
  if (shape === null) return true;
  // Axes that the copy has beside those of the original (of array types) are taken whole.
  const added = whole(copy.source.metadata(copy.root + path).shape!.slice(shape.length));
  const boxes = cutBoxes(shape, roomFor(metadata), (axis) => chunks?.[axis] ?? 1);
  return boxes.every((box) => {
    const [had, has] = [
      readParts(copy.source, copy.root + path, [...box, ...added]),
      readParts(original.source, original.root + path, box),
    ];
    if (isReference(metadata)) return has.every((part, index) => refersAlike(copy, original, had[index]!, part));
    return has.length === had.length && has.every((part, index) => part.equals(had[index]!));
  });
}

/** References are addresses in their own file. One whose object is not in the copy is null there. */
export function refersAlike(copy: Tree, original: Tree, had: Buffer, has: Buffer): boolean {
  if (isNull(has)) return isNull(had);
  const own = original.source.walk(original.root).ownPaths.get(addressIn(has));
  const path = own && pathInTarget({ from: original.root, to: copy.root }, own);
  if (!path || !copy.source.has(path)) return isNull(had);
  return had.equals(Buffer.from(Module.create_object_reference(copy.source.file, path)));
}

function isNull(reference: Buffer): boolean {
  return reference.every((byte) => byte === 0);
}
