/** Options that several commands share. */
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import type { Options } from 'yargs';
import type { Communicator } from '../dist/communicator.js';
import { parseDevice } from '../engines/onnx/device.js';
import type { Resources } from '../engines/onnx/session.js';
import { UsageError } from '../errors.js';
import { archiveDescription } from './archive-path.js';

/** For `positional`. */
export const inputOption = {
  type: 'string',
  array: true,
  demandOption: true,
  describe: 'HDF5 files, or folders of them',
} as const satisfies Options;

export const variablesOption = {
  type: 'string',
  array: true,
  describe:
    'variables to use: names or globs, e.g. "U_CHI" "*U_GT*"; case does not matter. Default: every float dataset of rank 3 or more',
} as const satisfies Options;

export const threadsOption = {
  type: 'number',
  describe: 'threads of a rank. Default: SWAE_THREADS, else the cores of the node shared by its ranks',
} as const satisfies Options;

/** Without yargs' default, which would count as given: others may be implied by it, or imply it. */
export const optionalDeviceOption = {
  type: 'string',
  describe: 'where networks run: cpu, cuda (the GPU of the rank on its node), cuda:N or webgpu',
} as const satisfies Options;

export const deviceOption = { ...optionalDeviceOption, default: 'cpu' } as const satisfies Options;

export const tf32Option = {
  type: 'boolean',
  default: true,
  describe: 'on a GPU that has it, float32 products in TF32; --no-tf32 for full precision',
} as const satisfies Options;

export const modelPathOption = {
  type: 'string',
  demandOption: true,
  describe: 'model file, or folder with best_model.safetensors',
} as const satisfies Options;

export const archiveOption = {
  type: 'string',
  describe: `take the reconstruction from this ${archiveDescription}, instead of --model-path`,
} as const satisfies Options;

/** Throws UsageError where the count is not a whole number from 1. */
export function resolveThreads(asked: number | undefined, ranksOfNode: number): number {
  const share = Math.max(1, Math.floor(availableParallelism() / ranksOfNode));
  const threads = asked ?? Number(process.env.SWAE_THREADS ?? share);
  if (!Number.isInteger(threads) || threads < 1)
    throw new UsageError(`threads must be a whole number from 1, got ${threads}`);
  return threads;
}

/** What networks of this rank run on. Throws UsageError where the options cannot be so. */
export function resolveResources(
  { threads, device }: { readonly threads?: number | undefined; readonly device: string },
  { localRank, localSize }: Pick<Communicator, 'localRank' | 'localSize'>,
): Required<Resources> {
  return { threads: resolveThreads(threads, localSize), device: parseDevice(device, localRank) };
}

/** Throws UsageError naming the option and the value where it is not a whole number from `least`. */
export function requireWhole(option: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new UsageError(`--${option} must be a whole number from ${least}, got ${value}`);
}

/** Throws UsageError where the value is not a finite number above 0 (or from 0, if `orZero`). */
export function requirePositive(option: string, value: number, orZero = false): void {
  if (!Number.isFinite(value) || value < 0 || (value === 0 && !orZero))
    throw new UsageError(`--${option} must be a number ${orZero ? 'from' : 'above'} 0, got ${value}`);
}

/** Throws UsageError where --output is no name of an SVG file. */
export function requireSvg(output: string): void {
  if (extname(output).toLowerCase() !== '.svg')
    throw new UsageError(`--output "${output}": expected a name that ends in .svg`);
}
