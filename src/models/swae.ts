/** The graphs of a sliced Wasserstein autoencoder: encoder, decoder and training step, all from its architecture. */
import {
  add,
  allgather,
  build,
  constant,
  type DataType,
  type GraphInterface,
  gradient,
  input,
  multiply,
  reshape,
  scalar,
  type Value,
} from '../onnx/index.js';
import type { Architecture } from './architectures.js';
import { forward } from './layers.js';
import { type Loss, reconstructionLoss, slicedWasserstein, squaredErrors } from './losses.js';
import { center, denormalise, type Normalisation, normalise, uncenter } from './normalise.js';
import { type ParameterLayout, parameterLayout, views } from './parameters.js';

/** A model but for its parameters. */
export interface Network {
  readonly architecture: Architecture;
  readonly normalisation: Normalisation;
}

/** What is needed to encode and decode; `parameters` is flat, laid out by `parameterLayout`. */
export interface Model extends Network {
  readonly parameters: Float32Array<ArrayBuffer>;
}

/** Type of the blocks of a graph. */
export type BlockType = Extract<DataType, 'float32' | 'float64'>;

/**
 * blocks [batch, k, k, k] → latent [batch, L] float32, scale [batch, 2] in the type of the blocks (minimum, range; see
 * normalise.ts for blocks that are constant or not finite).
 */
export function encoderGraph(model: Model, type: BlockType): Uint8Array {
  const { architecture, normalisation } = model;
  const k = architecture.blockSize;
  const blocks = input('blocks', type, ['batch', k, k, k]);
  const { values, scale } = normalise(reshape(blocks, ['batch', k ** 3]), normalisation);
  const latent = encode(model, values, fixed(model));
  return build({ inputs: { blocks }, outputs: { latent, scale } }, { name: `${architecture.name} encoder` });
}

/** The inverse of `encoderGraph`: latent, scale → blocks. */
export function decoderGraph(model: Model, type: BlockType): Uint8Array {
  const { architecture, normalisation } = model;
  const k = architecture.blockSize;
  const latent = input('latent', 'float32', ['batch', architecture.latentSize]);
  const scale = input('scale', type, ['batch', 2]);
  const values = decode(model, latent, fixed(model));
  const blocks = reshape(denormalise(values, scale, normalisation), ['batch', k, k, k]);
  return build({ inputs: { latent, scale }, outputs: { blocks } }, { name: `${architecture.name} decoder` });
}

/** blocks [batch, k, k, k] → values [batch, k³] float32, scale [batch, 2]: the first nodes of the encoder. */
export function normaliseGraph(blockSize: number, normalisation: Normalisation, type: BlockType): Uint8Array {
  const blocks = input('blocks', type, ['batch', blockSize, blockSize, blockSize]);
  const { values, scale } = normalise(reshape(blocks, ['batch', blockSize ** 3]), normalisation);
  return build({ inputs: { blocks }, outputs: { values, scale } }, { name: `normalise ${normalisation}` });
}

export interface StepOptions {
  readonly loss: Loss;
  /** Weight λ of the squared sliced Wasserstein distance. */
  readonly divergenceWeight: number;
  /** Number P of random directions. */
  readonly projections: number;
  /** Blocks of the global batch that each rank holds. */
  readonly rowsByRank: readonly number[];
  readonly rank: number;
}

/**
 * One training step on this rank's rows of the global batch: values [rows, k³] (normalised), directions [P, L], prior
 * [global rows, L] and the parameters by name → `reconstruction` [1] (this rank's part of the loss; the ranks' sum is the
 * loss), `divergence` [1] (SWD², of the whole batch on every rank), and `gradient.<name>` of this rank for each parameter
 * (to be summed over ranks).
 */
export function stepGraph(network: Network, options: StepOptions): GraphInterface {
  const { architecture } = network;
  const globalRows = options.rowsByRank.reduce((sum, rows) => sum + rows, 0);
  const values = input('values', 'float32', [options.rowsByRank[options.rank], architecture.blockSize ** 3]);
  const directions = input('directions', 'float32', [options.projections, architecture.latentSize]);
  const prior = input('prior', 'float32', [globalRows, architecture.latentSize]);
  const layout = parameterLayout(architecture);
  const parameters = parameterInputs(layout);
  const parameter = (name: string) => parameters[name];
  const latents = encode(network, values, parameter);
  const decoded = decode(network, latents, parameter);
  const reconstruction = reconstructionLoss(options.loss, decoded, values, globalRows);
  const everyLatent = allgather(latents, options.rowsByRank, options.rank);
  const divergence = slicedWasserstein(everyLatent, prior, directions);
  const loss = add(reconstruction, multiply(divergence, scalar(options.divergenceWeight, 'float32')));
  const gradients = gradient(loss, Object.values(parameters));
  const named = Object.keys(parameters).map((name, i) => [`gradient.${name}`, gradients[i]]);
  return {
    inputs: { values, directions, prior, ...parameters },
    outputs: { reconstruction, divergence, ...Object.fromEntries(named) },
  };
}

/** values [rows, k³] and the parameters → `errors` [rows]: the mean squared error of each block in normalised scale. */
export function lossGraph(network: Network, rows: number): GraphInterface {
  const { architecture } = network;
  const values = input('values', 'float32', [rows, architecture.blockSize ** 3]);
  const parameters = parameterInputs(parameterLayout(architecture));
  const parameter = (name: string) => parameters[name];
  const latents = encode(network, values, parameter);
  const errors = squaredErrors(decode(network, latents, parameter), values);
  return { inputs: { values, ...parameters }, outputs: { errors } };
}

type Parameters = (name: string) => Value;

/** Normalised values [batch, k³] → latents [batch, L]. */
function encode({ architecture, normalisation }: Network, values: Value, parameter: Parameters): Value {
  return forward(architecture.encoder, 'encoder', center(values, normalisation), parameter);
}

/** Latents [batch, L] → normalised values [batch, k³]. */
function decode({ architecture, normalisation }: Network, latents: Value, parameter: Parameters): Value {
  return uncenter(forward(architecture.decoder, 'decoder', latents, parameter), normalisation);
}

function parameterInputs(layout: ParameterLayout): Record<string, Value> {
  return Object.fromEntries(layout.entries.map(({ name, shape }) => [name, input(name, 'float32', shape)]));
}

function fixed({ architecture, parameters }: Model): Parameters {
  const byName = views(parameterLayout(architecture), parameters);
  return (name) => {
    const { data, shape } = byName.get(name)!;
    return constant(data, shape);
  };
}
