import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UsageError } from '../../errors.js';
import { labelOf } from '../../models/architectures.js';
import { type Scaling, transformOf } from '../../models/scaling.js';
import { type BlockType, decoderGraph, type Model } from '../../models/swae.js';
import { readModel, resolveModelPath } from '../model-file.js';
import type { Variable } from '../select.js';
import { createLatentCodec } from './latent-codec.js';
import type { Method } from './method.js';
import { octantSize, type Plan } from './plan.js';
import { choosePrecision, type PrecisionOptions, precisionName } from './precision.js';

/** Latents of the model at `path`. Throws UsageError where two precisions are asked for. */
export function latentMethod(path: string, options: PrecisionOptions): Method {
  if (options.useFloat8 && options.enableInt8)
    throw new UsageError('--use-float8 and --enable-int8 exclude each other');
  if (!options.useFloat8 && !options.enableInt8 && (options.latentsOnly || options.dynamicScales))
    throw new UsageError('--latents-only and --dynamic-scales go with --enable-int8 or --use-float8');
  const modelPath = resolveModelPath(path);
  const { model } = readModel(modelPath);
  const modelHash = createHash('sha256').update(readFileSync(modelPath)).digest('hex');
  const { blockSize, latentSize } = model.architecture;
  return {
    blockSizeOf: () => blockSize,
    async prepare(communicator, plan, resources, earlier) {
      const chosen = await choosePrecision(communicator, options, model, plan, resources, earlier?.precision);
      const { quantised } = chosen;
      const variables = plan.files.flatMap((file) => file.variables);
      return {
        identity: { model: modelHash, blockSize, precision: precisionName(chosen) },
        coding: {
          kind: 'latents',
          modelHash,
          architecture: labelOf(model.architecture),
          normalisation: model.normalisation,
          latentSize,
          latentType: quantised ? (quantised.precision === 'float8' ? 'float8' : 'int8') : 'float32',
          precision: quantised && !quantised.latentsOnly ? quantised.precision : 'float32',
        },
        model: {
          decoders: Object.fromEntries(blockTypes(plan).map((type) => [type, decoderGraph(model, type, quantised)])),
          description: describe(model),
        },
        codec: await createLatentCodec(model, plan, resources, quantised),
        notes: [...chosen.notes, ...adviseBlockSize(variables, blockSize), ...nameUnknown(variables, model.scaling)],
      };
    },
  };
}

function describe({ architecture, normalisation }: Model): string {
  const { name, widths, blockSize, latentSize, encoder, decoder } = architecture;
  return JSON.stringify({ name, widths, blockSize, latentSize, normalisation, encoder, decoder });
}

function blockTypes(plan: Plan): BlockType[] {
  return [...new Set(plan.files.flatMap(({ variables }) => variables.map(({ dtype }) => dtype)))].sort();
}

/** Of the variables, those that an `adaptive` model has not met: they are encoded by `pos_log`. */
function nameUnknown(variables: readonly Variable[], scaling: Scaling | undefined): string[] {
  const paths = new Set(variables.map(({ path }) => path));
  const unknown = scaling ? [...paths].filter((path) => !transformOf(scaling, path)) : [];
  return unknown.length === 0 ? [] : [`note: new to the model, encoded in logarithmic scale: ${unknown.join(' ')}`];
}

/** Where octants are cut into several overlapping blocks, another model stores them far smaller. */
function adviseBlockSize(variables: readonly Variable[], blockSize: number): string[] {
  const octants = variables.map(({ shape }) => octantSize(shape)).find((size) => size !== undefined);
  if (octants === undefined || octants === blockSize) return [];
  const blocks = Math.ceil(octants / blockSize) ** 3;
  return [
    `note: octants of ${octants}³ nodes take ${blocks} block(s) of ${blockSize}³ each; ` +
      `a model of block size ${octants} would take one`,
  ];
}
