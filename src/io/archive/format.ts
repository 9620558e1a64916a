/** The names and types of `all_variables_encoded.h5`, specified in docs/format.md. */
import { crc32 } from 'node:zlib';
import type { Values } from '../blocks.js';
import type { CopyProblem } from '../hdf5/problem.js';

export const formatName = 'swae-archive';
export const formatVersion = 2;

/** Files in the folder of a compress run. */
export const encodedName = 'all_variables_encoded.h5';
export const reconstructedName = 'all_variables_reconstructed.h5';

/** Of part `index`, where several ranks write: "all_variables_encoded.part-1.h5", … beside the index of that name. */
export function partName(name: string, index: number): string {
  return name.replace(/(?=\.h5$)/, `.part-${index + 1}`);
}

/** The inverse, whatever the index; other names stay as they are. */
export function withoutPart(name: string): string {
  return name.replace(/\.part-\d+(?=\.h5$)/, '');
}

/** Names of the parts that hold the files of an archive; none of one that holds them itself. */
export function partNamesOf({ files }: Manifest): string[] {
  return [...new Set(files.flatMap(({ part }) => part ?? []))];
}

/** Path of a file in the folder of another. */
export function beside(path: string, name: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1) + name;
}

/** On the group of a file that broke off while it was compressed: why. What stands in the group is not to be read. */
export const leftOutAttribute = 'left_out';

/** How a block is stored. */
export const blockCode = { encoded: 0, constant: 1, exact: 2 } as const;

export type VariableDtype = 'float32' | 'float64';

/** Who made an archive, and how. */
export interface ArchiveHeader {
  /** ISO time. */
  readonly created: string;
  readonly swaeVersion: string;
  readonly command: string;
  /** Bytes of the blocks in a slab, see `slabs`. */
  readonly slabBytes: number;
  readonly coding: Coding;
}

export type Coding = LatentCoding | BoundedCoding;

/** Latents of a model. */
export interface LatentCoding {
  readonly kind: 'latents';
  /** SHA-256 of the model, hexadecimal. */
  readonly modelHash: string;
  readonly architecture: string;
  readonly normalisation: string;
  readonly latentSize: number;
  readonly latentType: LatentType;
  /** Of the networks that made the latents and that decode them. */
  readonly precision: string;
}

/** Records of src/transform, within what the user asked for. */
export interface BoundedCoding {
  readonly kind: 'bounded';
  readonly errorBound?: number;
  readonly boundMode?: string;
  readonly targetPsnr?: number;
}

/** `float8`: the bits of an E4M3FN number. */
export type LatentType = 'float32' | 'float8' | 'int8';
export type Latents = Float32Array | Uint8Array | Int8Array;

export type Payload<T extends Values = Values> = LatentPayload<T> | RecordPayload;

/** A slab as one record. */
export interface RecordPayload {
  readonly record: Uint8Array;
}

/** Blocks of one variable, in block order; each array has the blocks of one code. */
export interface LatentPayload<T extends Values = Values> {
  /** [blocks] */
  readonly code: Uint8Array;
  /** [encoded, latentSize] */
  readonly latent: Latents;
  /** [encoded, 2]: minimum and range */
  readonly scale: T;
  /** [constant] */
  readonly constant: T;
  /** [exact, k, k, k] */
  readonly exact: T;
}

export interface Manifest {
  readonly files: readonly ManifestFile[];
  /** Of the datasets of the model. */
  readonly model: readonly Checked[];
}

/** A dataset and the CRC-32 of its values, see `checksum`. */
export interface Checked {
  readonly path: string;
  readonly crc32: number;
}

export interface ManifestFile {
  /** The source, relative to the folder that was compressed. */
  readonly path: string;
  readonly bytes: number;
  readonly modified: string;
  readonly variables: readonly ManifestVariable[];
  /** Datasets that were copied. */
  readonly copied: readonly Checked[];
  /** CRC-32 of attributes and links, see `structureChecksum`. */
  readonly structure: number;
  /** What was not copied as it was. */
  readonly problems: readonly CopyProblem[];
  /** Why the file is not in the archive; what stands of it there is not to be read. */
  readonly failed?: string;
  /** Name of the archive, beside this one, that holds it; undefined for this one itself. */
  readonly part?: string;
}

export interface ManifestVariable {
  readonly path: string;
  readonly dtype: VariableDtype;
  readonly shape: readonly number[];
  readonly chunks?: readonly number[];
  readonly block_size: number;
  /** In the order of the blocks. */
  readonly slabs: readonly ManifestSlab[];
  /** As measured when compressing; null for what JSON cannot hold (an infinite PSNR). */
  readonly errors: Readonly<Record<string, number | null>>;
  /** Dimension scales: for each axis, their paths. */
  readonly scales?: readonly (readonly string[])[];
}

/** The part of a variable that was compressed at once: `blocks` of it, of which so many are stored in each way; or a record of `bytes`. */
export interface ManifestSlab {
  readonly blocks: number;
  /** Of the payload's arrays, in the order of their definition; or of the record. */
  readonly crc32: number;
  readonly encoded?: number;
  readonly constant?: number;
  readonly exact?: number;
  readonly bytes?: number;
}

/** Group of the archive that mirrors a source file. */
export function groupOf(file: string): string {
  return `/files/${file}`;
}

/** Where a variable stands, with the attributes of the source: its latents or its records. */
export function variablePath(file: string, variable: string): string {
  return groupOf(file) + variable;
}

export type VariablePart = Exclude<keyof LatentPayload, 'latent'>;

/** What belongs to the latents, each part in a tree of its own. */
export function partPath(part: VariablePart, file: string, variable: string): string {
  return `/${part}/${file}${variable}`;
}

export const modelPath = '/model';
export function decoderPath(dtype: VariableDtype): string {
  return `${modelPath}/decoder_${dtype}`;
}
export const descriptionPath = `${modelPath}/description`;
export const manifestPath = '/manifest';
/** Of the manifest's text, on the root. */
export const manifestChecksum = 'manifest_crc32';
/** Of the root's other attributes, see `attributesChecksum`. */
export const headerChecksum = 'header_crc32';

/** Root attributes of a header, in the order of the specification: [name, key]. */
export const headerAttributes = [
  ['created', 'created'],
  ['swae_version', 'swaeVersion'],
  ['command', 'command'],
  ['slab_bytes', 'slabBytes'],
] as const satisfies readonly (readonly [string, keyof ArchiveHeader])[];

/** The same for the two ways of coding, whose name is the attribute `coding`. */
export const codingAttributes = {
  latents: [
    ['model_sha256', 'modelHash'],
    ['architecture', 'architecture'],
    ['normalisation', 'normalisation'],
    ['latent_size', 'latentSize'],
    ['latent_type', 'latentType'],
    ['precision', 'precision'],
  ],
  bounded: [
    ['error_bound', 'errorBound'],
    ['bound_mode', 'boundMode'],
    ['target_psnr', 'targetPsnr'],
  ],
} as const satisfies {
  readonly latents: readonly (readonly [string, keyof LatentCoding])[];
  readonly bounded: readonly (readonly [string, keyof BoundedCoding])[];
};

/** CRC-32 of the parts of a payload, one after the other. */
export function payloadChecksum(payload: Payload): number {
  let sum = 0;
  // zlib begins anew where it is given no bytes.
  for (const { buffer, byteOffset, byteLength } of partsOf(payload))
    if (byteLength > 0) sum = crc32(new Uint8Array(buffer, byteOffset, byteLength), sum);
  return sum;
}

function partsOf(payload: Payload): readonly (Latents | Values)[] {
  if ('record' in payload) return [payload.record];
  const { code, latent, scale, constant, exact } = payload;
  return [code, latent, scale, constant, exact];
}
