import { product } from '../boxes.js';
import { type Metadata, Module } from './library.js';

/**
 * How values of a type are written. h5wasm can create integers, float32, float64, strings, object references and compounds
 * of these, all little-endian. What it cannot create is written as the nearest type that keeps every bit of the values,
 * and `change` says so; what cannot be written at all has a `reason`.
 */
export type Plan =
  | { readonly metadata: Metadata; readonly change?: string | undefined }
  | { readonly metadata?: undefined; readonly reason: string };

const namedClasses = [
  'H5T_STRING',
  'H5T_BITFIELD',
  'H5T_OPAQUE',
  'H5T_COMPOUND',
  'H5T_REFERENCE',
  'H5T_ENUM',
  'H5T_VLEN',
  'H5T_ARRAY',
] as const;

/** A type as messages name it: int8, uint64, float16, string, compound, … */
export function typeName(metadata: Metadata): string {
  const { size, signed } = metadata;
  if (isClass(metadata, 'H5T_INTEGER')) return `${signed ? 'int' : 'uint'}${8 * size}`;
  if (isClass(metadata, 'H5T_FLOAT')) return `float${8 * size}`;
  const name = namedClasses.find((candidate) => isClass(metadata, candidate));
  return name?.replace('H5T_', '').toLowerCase() ?? 'of unknown type';
}

const unlimited = 2n ** 64n - 1n;

/** The plan for a dataset or attribute with this metadata, extent included. */
export function writePlan(metadata: Metadata): Plan {
  if (metadata.shape === null) {
    const plan = typePlan({ ...metadata, shape: [0], maxshape: [0] });
    return plan.metadata === undefined ? plan : changed(plan, 'no extent: written with length 0');
  }
  return typePlan(metadata);
}

/** Whether the bytes of this type hold pointers into the library's memory (variable-length strings, also in compounds). */
export function hasPointers(metadata: Metadata): boolean {
  return metadata.vlen || (metadata.compound_type?.members.some(hasPointers) ?? false);
}

export function isReference({ type, ref_type }: Metadata): boolean {
  return type === Module.H5T_class_t.H5T_REFERENCE.value && ref_type === 'object';
}

/** An extent as the library takes it: an unlimited axis reads as a number beyond every integer. */
export function extentOf(sizes: readonly number[]): bigint[] {
  return sizes.map((size) => (size > Number.MAX_SAFE_INTEGER ? unlimited : BigInt(size)));
}

function typePlan(metadata: Metadata): Plan {
  const { H5T_class_t: classes } = Module;
  switch (metadata.type) {
    case classes.H5T_INTEGER.value:
      return littleEndian(metadata);
    case classes.H5T_FLOAT.value:
      return floatPlan(metadata);
    case classes.H5T_STRING.value:
      return { metadata: stringMetadata(metadata) };
    case classes.H5T_REFERENCE.value:
      return isReference(metadata) ? { metadata } : { reason: 'region references cannot be written' };
    case classes.H5T_ENUM.value:
      return enumPlan(metadata);
    case classes.H5T_BITFIELD.value:
      return asInteger(metadata, 'bit field: written as unsigned integers');
    case classes.H5T_OPAQUE.value:
      return asInteger(metadata, `opaque: written as unsigned integers of ${metadata.size} bytes`);
    case classes.H5T_ARRAY.value:
      return arrayPlan(metadata);
    case classes.H5T_COMPOUND.value:
      return compoundPlan(metadata);
    default:
      return { reason: 'this type (variable-length sequences, times) cannot be written' };
  }
}

function littleEndian(metadata: Metadata): Plan {
  if (metadata.littleEndian || metadata.size === 1) return { metadata };
  return { metadata: { ...metadata, littleEndian: true }, change: 'big-endian: written little-endian' };
}

function floatPlan(metadata: Metadata): Plan {
  if (metadata.size === 4 || metadata.size === 8) return littleEndian(metadata);
  return asInteger(metadata, `float of ${metadata.size} bytes: its bits are written as unsigned integers`);
}

function asInteger(metadata: Metadata, change: string): Plan {
  const type = Module.H5T_class_t.H5T_INTEGER.value;
  return { metadata: { ...metadata, type, signed: false, littleEndian: true }, change };
}

function enumPlan(metadata: Metadata): Plan {
  const names = Object.entries(metadata.enum_type?.members ?? {}).map(([name, value]) => `${name}=${value}`);
  const type = Module.H5T_class_t.H5T_INTEGER.value;
  return { metadata: { ...metadata, type, littleEndian: true }, change: `enum (${names}): written as its integers` };
}

/** h5wasm makes ASCII strings null-terminated and UTF-8 strings space-padded; the bytes are kept in every case. */
function stringMetadata(metadata: Metadata): Metadata {
  const spacePadded = !metadata.vlen && metadata.strpad === 2;
  return spacePadded ? { ...metadata, cset: 1 } : metadata;
}

function arrayPlan(metadata: Metadata): Plan {
  const base = metadata.array_type!;
  const inner = base.shape ?? [];
  const append = (sizes: number[] | null) => sizes && [...sizes, ...inner];
  const { shape, maxshape, chunks } = metadata;
  const total_size = metadata.total_size * product(inner);
  const flat = { ...base, total_size, shape: append(shape), maxshape: append(maxshape), chunks: append(chunks) };
  if (hasPointers(flat)) return { reason: 'arrays of variable-length strings cannot be written' };
  const plan = typePlan(flat);
  return plan.metadata === undefined
    ? plan
    : changed(plan, `elements of shape [${inner}]: written with these axes at the end`);
}

function compoundPlan(metadata: Metadata): Plan {
  const compound = metadata.compound_type!;
  const orders = new Set(compound.members.filter(isOrdered).map((member) => member.littleEndian));
  if (orders.size > 1) return { reason: 'compounds of both byte orders cannot be written' };
  const members: typeof compound.members = [];
  const changes = new Set<string>();
  for (const member of compound.members) {
    if (isClass(member, 'H5T_ARRAY', 'H5T_REFERENCE')) {
      return { reason: `compounds with arrays or references (member "${member.name}") cannot be written` };
    }
    const plan = typePlan(member);
    if (plan.metadata === undefined) return plan;
    if (plan.change !== undefined) changes.add(`member "${member.name}": ${plan.change}`);
    members.push({ ...member, ...plan.metadata });
  }
  const change = changes.size === 0 ? undefined : [...changes].join('; ');
  return { metadata: { ...metadata, compound_type: { ...compound, members } }, change };
}

function isOrdered(metadata: Metadata): boolean {
  return (
    !metadata.vlen && metadata.size > 1 && isClass(metadata, 'H5T_INTEGER', 'H5T_FLOAT', 'H5T_ENUM', 'H5T_BITFIELD')
  );
}

function isClass({ type }: Metadata, ...names: (keyof typeof Module.H5T_class_t)[]): boolean {
  return names.some((name) => Module.H5T_class_t[name].value === type);
}

function changed(plan: Plan & { metadata: Metadata }, change: string): Plan {
  return { metadata: plan.metadata, change: plan.change === undefined ? change : `${change}; ${plan.change}` };
}
