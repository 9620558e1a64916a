/** CRC-32 of what a dataset holds, and of what stands beside datasets. */
import { crc32 } from 'node:zlib';
import { cutBoxes } from '../boxes.js';
import type { Link } from './links.js';
import { readAttributeParts, readParts, roomFor } from './parts.js';
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

/**
 * Of the attributes, links and dimension scales of a group and of all below it: one text after the other, each followed by a byte of 0.
 * First the group's attributes; then link by link in bytewise order of the paths: its path, what it leads to, its attributes, its scales.
 */
export function structureChecksum(source: Source, group: string): number {
  const links = [...source.links(group)].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return sumOf([
    ...attributeParts(source, group),
    ...links.flatMap((link) => [...linkTexts(link).map((text) => Buffer.from(text)), ...partsBeside(source, link)]),
  ]);
}

/** Of the attributes of one object, but `except`, in bytewise order of their names: each its name, then its values, part by part. */
export function attributesChecksum(source: Source, object: string, except: string): number {
  return sumOf(attributeParts(source, object, [except]));
}

/** These hold addresses. */
const scaleAttributes = ['DIMENSION_LIST', 'REFERENCE_LIST'];

function attributeParts(source: Source, object: string, except: readonly string[] = scaleAttributes): Buffer[] {
  const names = source.attributeNames(object).filter((name) => !except.includes(name));
  const inOrder = names.map((name) => Buffer.from(name)).sort(Buffer.compare);
  return inOrder.flatMap((name) => [name, ...readAttributeParts(source, object, String(name))]);
}

function linkTexts(link: Link): string[] {
  if (link.kind === 'external') return [link.path, link.file, link.target];
  return 'target' in link ? [link.path, link.target] : [link.path];
}

function partsBeside(source: Source, { kind, path }: Link): Buffer[] {
  if (kind !== 'group' && kind !== 'dataset') return [];
  const scales = kind === 'dataset' ? (source.scales(path) ?? []) : [];
  return [...attributeParts(source, path), ...scales.flat().map((scale) => Buffer.from(scale))];
}

function sumOf(parts: readonly Buffer[]): number {
  // zlib begins anew where it is given no bytes.
  return parts.reduce((sum, part) => crc32(separator, part.length > 0 ? crc32(part, sum) : sum), 0);
}
