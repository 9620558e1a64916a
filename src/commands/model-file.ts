/**
 * A model file is a `.safetensors` file: the parameters by name, and the architecture in the metadata. A checkpoint of a
 * training run is one too; it holds the optimiser's state besides.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { type Checkpoint, readSafetensors, type Tensor } from '../io/checkpoint.js';
import { type Architecture, architecture } from '../models/architectures.js';
import { type Normalisation, normalisations, type Transform, transforms } from '../models/normalise.js';
import { parameterLayout, views } from '../models/parameters.js';
import type { Scaling } from '../models/scaling.js';
import type { Model } from '../models/swae.js';

const format = 'swae-model';
const formatVersion = '1';
export const bestModelName = 'best_model.safetensors';

/** The tensors of a model file: views, no copies. */
export function modelTensors(model: Model): Record<string, Tensor> {
  return Object.fromEntries(modelParameters(model));
}

/** The parameters by name: views, no copies. */
export function modelParameters({ architecture, parameters }: Model) {
  return views(parameterLayout(architecture), parameters);
}

export function modelMetadata({ architecture, normalisation, scaling }: Model): Record<string, string> {
  return {
    format,
    format_version: formatVersion,
    architecture: architecture.name,
    block_size: String(architecture.blockSize),
    latent_size: String(architecture.latentSize),
    ...(architecture.widths && { widths: architecture.widths.join() }),
    normalisation,
    ...(scaling && { scaling: JSON.stringify(Object.fromEntries(scaling)) }),
  };
}

/** `path`: a model file, or a folder that holds `best_model.safetensors`. */
export function resolveModelPath(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, bestModelName) : path;
}

/** Throws InputError where the file is no model, is cut short, or lacks a parameter. */
export function readModel(path: string): { model: Model; file: Checkpoint } {
  if (!existsSync(path))
    throw new InputError(`file "${path}": no such file or directory`, {
      hint: `swae train leaves ${bestModelName} in its folder; save/ has pretrained models.`,
    });
  const file = readSafetensors(path);
  return { model: parseModel(file, path), file };
}

export function parseModel({ tensors, metadata }: Checkpoint, path: string): Model {
  if (metadata.format !== format)
    throw new InputError(
      `model "${path}": expected format "${format}", got ${JSON.stringify(metadata.format ?? null)}`,
    );
  if (metadata.format_version !== formatVersion)
    throw new InputError(`model "${path}": expected format version ${formatVersion}, got ${metadata.format_version}`);
  const normalisation = metadata.normalisation as Normalisation;
  if (!normalisations.includes(normalisation))
    throw new InputError(`model "${path}": normalisation "${normalisation}" is unknown`);
  const described = describe(metadata, path);
  const scaling = parseScaling(metadata, path);
  const layout = parameterLayout(described);
  const parameters = new Float32Array(layout.length);
  for (const [name, { data, shape }] of views(layout, parameters)) {
    const stored = tensors[name];
    if (!stored) throw new InputError(`model "${path}": parameter "${name}" is missing`);
    if (stored.shape.join() !== shape.join() || !(stored.data instanceof Float32Array))
      throw new InputError(`model "${path}": "${name}" should be float32 [${shape}], is [${stored.shape}]`);
    if (name.endsWith('.running_variance') && !stored.data.every((variance) => variance >= 0))
      throw new InputError(
        `model "${path}": "${name}" should hold variances from 0, has ${stored.data.find((variance) => !(variance >= 0))}`,
      );
    data.set(stored.data);
  }
  return { architecture: described, normalisation, parameters, scaling };
}

function parseScaling({ normalisation, scaling }: Checkpoint['metadata'], path: string): Scaling | undefined {
  if (normalisation !== 'adaptive') return undefined;
  const parsed = readScaling(scaling);
  if (!parsed)
    throw new InputError(
      `model "${path}": scaling should be JSON {VARIABLE: "${transforms.join('" | "')}", …}, is ${scaling ?? 'missing'}`,
    );
  return parsed;
}

function readScaling(text = ''): Scaling | undefined {
  try {
    const parsed = JSON.parse(text);
    const entries = Object.entries<Transform>(parsed);
    const isWhole =
      !Array.isArray(parsed) && entries.length > 0 && entries.every(([, transform]) => transforms.includes(transform));
    return isWhole ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}

/** The architecture that the metadata name; errors name the file. */
function describe(metadata: Checkpoint['metadata'], path: string): Architecture {
  try {
    const { architecture: name, block_size, latent_size, widths } = metadata;
    return architecture(name, Number(block_size), Number(latent_size), widths?.split(',').map(Number));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`model "${path}": ${error.message}`);
  }
}
