/** Where a reconstruction comes from: a model that encodes and decodes the source, or an archive of it. */

import { archiveSlabs, decoderOf } from '../../decode/archive-decoder.js';
import type { SlabDecoder } from '../../decode/slab-decoder.js';
import type { Communicator } from '../../dist/communicator.js';
import type { Blocks } from '../../engines/onnx/codec.js';
import type { Resources } from '../../engines/onnx/session.js';
import { InputError, UsageError } from '../../errors.js';
import { type ArchiveReader, openArchive } from '../../io/archive/archive-reader.js';
import type { Coding, ManifestFile, ManifestVariable, Payload } from '../../io/archive/format.js';
import type { Normalisation } from '../../models/normalise.js';
import { resolveArchivePath } from '../archive-path.js';
import { normalisationOf, requireNetwork } from '../coding.js';
import { latentMethod } from '../compress/latent-method.js';
import { makePlan, type Plan, slabBytes, type Unit } from '../compress/plan.js';
import type { PrecisionOptions } from '../compress/precision.js';

/** int8 is what it is asked for, whatever its speed here: figures must not depend on that. */
export interface ReconstructionOptions extends Omit<PrecisionOptions, 'force'> {
  readonly input: readonly string[];
  readonly variables?: readonly string[] | undefined;
  readonly modelPath?: string | undefined;
  readonly archive?: string | undefined;
  readonly device: string;
}

export interface Reconstructor {
  /** For people: the model or archive. */
  readonly description: string;
  /** As of `normalisationOf`. */
  readonly normalisation: Normalisation;
  /** What can be reconstructed of the input. */
  readonly plan: Plan;
  /** Bytes of a slab: what `unitsOf` cuts by. */
  readonly slabBytes: number;
  /** What is left out, and why. */
  readonly complaints: readonly string[];
  /** Of blocks [blocks, k, k, k] of a slab (by a model, of any of them): what is stored of them, and what a decoder makes of that. */
  reconstruct(blocks: Blocks, unit: Unit): Promise<{ payload: Payload; decoded: Blocks }>;
  release(): Promise<void>;
}

/** Throws UsageError unless there is either a model or an archive. A collective call. */
export function openReconstructor(
  communicator: Communicator,
  options: ReconstructionOptions,
  resources: Resources,
): Promise<Reconstructor> {
  const { modelPath, archive, useFloat8, enableInt8 } = options;
  if (archive !== undefined && (useFloat8 || enableInt8))
    throw new UsageError('--use-float8 and --enable-int8 go with --model-path; an archive is as it was made');
  if ((modelPath === undefined) === (archive === undefined))
    throw new UsageError('give either --model-path (reconstruct by a model) or --archive (what an archive holds)');
  return archive === undefined
    ? fromModel(communicator, options, modelPath!, resources)
    : fromArchive(communicator, options, archive, resources);
}

async function fromModel(
  communicator: Communicator,
  options: ReconstructionOptions,
  modelPath: string,
  resources: Resources,
): Promise<Reconstructor> {
  const { input, variables } = options;
  const method = latentMethod(modelPath, { ...options, force: true });
  const plan = makePlan(communicator, input, variables, (variable) => method.blockSizeOf(variable));
  const { codec, coding } = await method.prepare(communicator, plan, resources);
  return {
    description: `model ${modelPath}${describePrecision(coding)}`,
    normalisation: normalisationOf(coding),
    plan,
    slabBytes,
    complaints: failuresOf(plan),
    async reconstruct(blocks, unit) {
      const variable = plan.files[unit.file].variables[unit.variable];
      const { payload, decoded } = await codec.encode(blocks, variable, unit);
      return {
        payload,
        decoded: decoded ?? (await codec.decode(payload, variable, blocks.length / variable.blockSize ** 3)),
      };
    },
    release: () => codec.release(),
  };
}

async function fromArchive(
  communicator: Communicator,
  options: ReconstructionOptions,
  given: string,
  resources: Resources,
): Promise<Reconstructor> {
  const { input, variables } = options;
  const path = resolveArchivePath(given);
  const archive = openArchive(path);
  requireNetwork(archive.header.coding, options);
  // The archive knows the size of its blocks; that of a variable which it lacks does not matter.
  const whole = makePlan(communicator, input, variables, () => 1);
  const { plan, complaints } = restrict(archive, whole);
  const decoders = new Map<number, SlabDecoder>();
  return {
    description: `archive ${path}`,
    normalisation: normalisationOf(archive.header.coding),
    plan,
    slabBytes: archive.header.slabBytes,
    complaints: [...failuresOf(plan), ...complaints],
    async reconstruct(_, { file, variable, slab }) {
      const planned = plan.files[file].variables[variable];
      const { blockSize } = planned;
      const stored = find(archive, plan.files[file].name, planned.path)!;
      const index = archiveSlabs(archive, stored.variable).findIndex(
        ({ firstBlock }) => firstBlock === slab.firstBlock,
      );
      const payload = archive.payload(stored.file, stored.variable, index);
      if (!decoders.has(blockSize)) decoders.set(blockSize, decoderOf(archive, blockSize, resources));
      return { payload, decoded: await decoders.get(blockSize)!.decode(payload, planned, slab.blockCount) };
    },
    async release() {
      for (const decoder of decoders.values()) await decoder.release();
      archive.close();
    },
  };
}

/** What of the plan is in the archive, in blocks and chunks as there. */
function restrict(archive: ArchiveReader, { files }: Plan): { plan: Plan; complaints: string[] } {
  const complaints: string[] = [];
  const known = files.map((file) => {
    const stored = archive.manifest.files.find(({ path }) => path === file.name);
    if (!stored || stored.failed !== undefined) {
      const reason = stored ? `was left out of the archive: ${stored.failed}` : 'is not in the archive';
      if (file.failure === undefined) complaints.push(`${file.name}: ${reason}`);
      return { ...file, variables: [] };
    }
    const variables = file.variables.flatMap((variable) => {
      const { path, dtype, shape } = variable;
      const match = stored.variables.find((candidate) => candidate.path === path);
      if (!match) return [];
      const [expected, got] = [`${match.dtype} [${match.shape}]`, `${dtype} [${shape}]`];
      if (got !== expected) {
        complaints.push(`${file.name}:${path}: expected ${expected} as in the archive, got ${got}`);
        return [];
      }
      return [{ ...variable, chunks: match.chunks, blockSize: match.block_size }];
    });
    return { ...file, variables };
  });
  if (known.every(({ variables }) => variables.length === 0))
    throw new InputError(`archive "${archive.path}": holds no variable of the input`, {
      hint: `It has the files ${archive.manifest.files.map(({ path }) => path).join(' ')}`,
    });
  return { plan: { files: known }, complaints };
}

function find(
  archive: ArchiveReader,
  name: string,
  variablePath: string,
): { file: ManifestFile; variable: ManifestVariable } | undefined {
  const file = archive.manifest.files.find(({ path }) => path === name);
  const variable = file?.variables.find(({ path }) => path === variablePath);
  return file && variable && { file, variable };
}

function failuresOf({ files }: Plan): string[] {
  return files.flatMap(({ failure }) => failure ?? []);
}

/** '' for what is float32 throughout. */
function describePrecision(coding: Coding): string {
  if (coding.kind !== 'latents' || coding.latentType === 'float32') return '';
  return `, ${coding.latentType} latents, ${coding.precision} networks`;
}
