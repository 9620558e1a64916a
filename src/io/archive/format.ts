/** The names and types of `all_variables_encoded.h5`, specified in docs/format.md. */
import type { Values } from '../blocks.js';
import type { CopyProblem } from '../hdf5/problem.js';

export const formatName = 'swae-archive';
export const formatVersion = 1;

/** Files in the folder of a compress run. */
export const encodedName = 'all_variables_encoded.h5';
export const reconstructedName = 'all_variables_reconstructed.h5';

/** On the group of a file that broke off while it was compressed: why. What stands in the group is not to be read. */
export const leftOutAttribute = 'left_out';

/** How a block is stored. */
export const blockCode = { encoded: 0, constant: 1, exact: 2 } as const;

export type VariableDtype = 'float32' | 'float64';

export interface ArchiveHeader {
  /** ISO time. */
  readonly created: string;
  readonly swaeVersion: string;
  readonly command: string;
  /** SHA-256 of the model, hexadecimal. */
  readonly modelHash: string;
  readonly architecture: string;
  readonly normalisation: string;
  readonly blockSize: number;
  readonly latentSize: number;
}

/** Blocks of one variable, in block order; each array has the blocks of one code. */
export interface Payload<T extends Values = Values> {
  /** [blocks] */
  readonly code: Uint8Array;
  /** [encoded, latentSize] */
  readonly latent: Float32Array;
  /** [encoded, 2]: minimum and range */
  readonly scale: T;
  /** [constant] */
  readonly constant: T;
  /** [exact, k, k, k] */
  readonly exact: T;
}

export interface Manifest {
  readonly files: readonly ManifestFile[];
}

export interface ManifestFile {
  /** The source, relative to the folder that was compressed. */
  readonly path: string;
  readonly bytes: number;
  readonly modified: string;
  readonly variables: readonly ManifestVariable[];
  /** Datasets that were copied. */
  readonly copied: readonly string[];
  /** What was not copied as it was. */
  readonly problems: readonly CopyProblem[];
  /** Why the file is not in the archive; what stands of it there is not to be read. */
  readonly failed?: string;
}

export interface ManifestVariable {
  readonly path: string;
  readonly dtype: VariableDtype;
  readonly shape: readonly number[];
  readonly chunks?: readonly number[];
  readonly blocks: number;
  readonly encoded: number;
  readonly constant: number;
  readonly exact: number;
  /** As measured when compressing; null for what JSON cannot hold (an infinite PSNR). */
  readonly errors: Readonly<Record<string, number | null>>;
  /** Dimension scales: for each axis, their paths. */
  readonly scales?: readonly (readonly string[])[];
}

/** Group of the archive that mirrors a source file. */
export function groupOf(file: string): string {
  return `/files/${file}`;
}

export type VariablePart = keyof Payload;

/** Latents stand in the source's place, with its attributes; the other parts each in a tree of their own. */
export function partPath(part: VariablePart, file: string, variable: string): string {
  return (part === 'latent' ? groupOf(file) : `/${part}/${file}`) + variable;
}

export function decoderPath(dtype: VariableDtype): string {
  return `/model/decoder_${dtype}`;
}

/** Root attributes, in the order of the specification: [name, key in the header]. */
export const headerAttributes = [
  ['created', 'created'],
  ['swae_version', 'swaeVersion'],
  ['command', 'command'],
  ['model_sha256', 'modelHash'],
  ['architecture', 'architecture'],
  ['normalisation', 'normalisation'],
  ['block_size', 'blockSize'],
  ['latent_size', 'latentSize'],
] as const satisfies readonly (readonly [string, keyof ArchiveHeader])[];
