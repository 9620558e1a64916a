/** The graphs of a sliced Wasserstein autoencoder: encoder, decoder and training step, all from its architecture. */
import {
  add,
  allgather,
  build,
  type DataType,
  divide,
  type GraphInterface,
  gradient,
  input,
  multiply,
  reshape,
  scalar,
  slice,
  type Value,
} from '../onnx/index.js';
import { decode, encode, folded, type Model, type Network } from './autoencoder.js';
import { normaliseBatch } from './batch-norm.js';
import { encodeBetter } from './dual.js';
import type { Pass } from './forward.js';
import { type Loss, reconstructionLoss, type Sorting, slicedWasserstein, squaredErrors } from './losses.js';
import {
  denormalise,
  isSigned,
  type Normalisation,
  normalise,
  normaliseBy,
  otherSign,
  type Transform,
  transformBoth,
} from './normalise.js';
import { type ParameterLayout, parameterLayout } from './parameters.js';
import { type Precision, productsIn } from './products.js';
import { coderOf, latentCode, latentTypes, type Quantised } from './quantise.js';

export { folded, type Model, type Network } from './autoencoder.js';

/** Type of the blocks of a graph. */
export type BlockType = Extract<DataType, 'float32' | 'float64'>;

/**
 * blocks [batch, k, k, k] → latent [batch, L] in the type of `latentTypes`, scale [batch, 2] in the type of the blocks (minimum,
 * range; see normalise.ts for blocks that are constant or not finite). `chosen`: the transform of an `adaptive` model's variable.
 */
export function encoderGraph(
  trained: Model,
  type: BlockType,
  chosen: Transform = 'pos_log',
  quantised?: Quantised,
): Uint8Array {
  const model = folded(trained);
  const { name, blockSize: k } = model.architecture;
  const blocks = input('blocks', type, ['batch', k, k, k]);
  const outputs = encodeBlocks(model, reshape(blocks, ['batch', k ** 3]), chosen, quantised);
  return build({ inputs: { blocks }, outputs }, { name: `${name} encoder` });
}

function encodeBlocks(
  model: Model,
  blocks: Value,
  chosen: Transform,
  quantised?: Quantised,
): Record<'latent' | 'scale', Value> {
  const { normalisation } = model;
  const coder = coderOf(model, quantised);
  const stored = quantised && latentCode(quantised);
  if (normalisation === 'dual') {
    const decode = (latents: Value) => coder.decode(stored ? stored.read(stored.write(latents)) : latents);
    const { latent, scale } = encodeBetter(blocks, { encode: coder.encode, decode });
    return { latent: stored?.write(latent) ?? latent, scale };
  }
  const { values, scale } = normalise(blocks, normalisation === 'adaptive' ? chosen : normalisation);
  const isOther = normalisation === 'adaptive' && chosen === 'minmax';
  const latent = coder.encode(values);
  return { latent: stored?.write(latent) ?? latent, scale: isOther ? otherSign(scale) : scale };
}

/** The inverse of `encoderGraph`: latent, scale → blocks. */
export function decoderGraph(trained: Model, type: BlockType, quantised?: Quantised): Uint8Array {
  const model = folded(trained);
  const { architecture, normalisation } = model;
  const k = architecture.blockSize;
  const latent = input('latent', latentTypes[quantised?.precision ?? 'float32'], ['batch', architecture.latentSize]);
  const scale = input('scale', type, ['batch', 2]);
  const values = coderOf(model, quantised).decode(quantised ? latentCode(quantised).read(latent) : latent);
  const blocks = reshape(denormalise(values, scale, normalisation), ['batch', k, k, k]);
  return build({ inputs: { latent, scale }, outputs: { blocks } }, { name: `${architecture.name} decoder` });
}

/**
 * blocks [batch, k, k, k] → each of `formsOf(normalisation)` by its name, [batch, k³] float32, and scale [batch, 2]
 * (minimum, range): the first nodes of the encoder.
 */
export function normaliseGraph(blockSize: number, normalisation: Normalisation, type: BlockType): Uint8Array {
  const blocks = input('blocks', type, ['batch', blockSize, blockSize, blockSize]);
  const flat = reshape(blocks, ['batch', blockSize ** 3]);
  return build(
    { inputs: { blocks }, outputs: normaliseForms(flat, normalisation) },
    { name: `normalise ${normalisation}` },
  );
}

function normaliseForms(blocks: Value, normalisation: Normalisation): Record<string, Value> {
  if (isSigned(normalisation)) return transformBoth(blocks);
  const { values, scale } = normalise(blocks, normalisation);
  return { [normalisation]: values, scale };
}

/** blocks [batch, k, k, k] and scales [batch, 2] as the encoder gives them → values [batch, k³] float32; see `normaliseBy`. */
export function normaliseByGraph(blockSize: number, normalisation: Normalisation, type: BlockType): Uint8Array {
  const blocks = input('blocks', type, ['batch', blockSize, blockSize, blockSize]);
  const scale = input('scale', type, ['batch', 2]);
  const values = normaliseBy(reshape(blocks, ['batch', blockSize ** 3]), scale, normalisation);
  return build({ inputs: { blocks, scale }, outputs: { values } }, { name: `normalise ${normalisation} by scale` });
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
  /** Default: float32. */
  readonly precision?: Precision;
  /** Default: inside of the graph. */
  readonly sorting?: Sorting;
}

/**
 * One training step on this rank's rows of the global batch: values [rows, k³] (normalised), directions [P, L]
 * and the parameters by name → `reconstruction` [1] (this rank's part of the loss; the
 * ranks' sum is the loss), `divergence` [1] (this rank's part of SWD²: of the whole batch, along its share of the directions),
 * `gradient.<name>` of this rank for each trained parameter (to be summed over ranks), and for each running statistic its new
 * value by its name.
 *
 * In `mixed` precision there is an input loss_scale [1] more: the loss is multiplied by it before it is differentiated, and the
 * gradients are divided by it, so that small ones are no zeros in float16 (Micikevicius et al., section 3.2).
 */
export function stepGraph(network: Network, options: StepOptions): GraphInterface {
  const { architecture } = network;
  const globalRows = options.rowsByRank.reduce((sum, rows) => sum + rows, 0);
  const values = input('values', 'float32', [options.rowsByRank[options.rank], architecture.blockSize ** 3]);
  const directions = input('directions', 'float32', [options.projections, architecture.latentSize]);
  const scaling = options.precision === 'mixed' ? { loss_scale: input('loss_scale', 'float32', [1]) } : undefined;
  const layout = parameterLayout(architecture);
  const parameters = parameterInputs(layout);
  const statistics: Record<string, Value> = {};
  const pass = trainingPass(options, globalRows, (name) => parameters[name], statistics);
  const latents = encode(network, values, pass);
  const decoded = decode(network, latents, pass);
  const reconstruction = reconstructionLoss(options.loss, decoded, values, globalRows);
  const everyLatent = allgather(latents, options.rowsByRank, options.rank);
  const { start, end, weight } = shareOfDirections(options);
  const distance = slicedWasserstein(everyLatent, slice(directions, 0, start, end), options.sorting);
  const divergence = multiply(distance, scalar(weight, 'float32'));
  const loss = add(reconstruction, multiply(divergence, scalar(options.divergenceWeight, 'float32')));
  const trained = layout.entries.filter((entry) => entry.trained).map(({ name }) => name);
  const gradients = gradient(
    scaling ? multiply(loss, scaling.loss_scale) : loss,
    trained.map((name) => parameters[name]),
  );
  const unscaled = (g: Value) => (scaling ? divide(g, scaling.loss_scale) : g);
  const named = trained.map((name, i) => [`gradient.${name}`, unscaled(gradients[i])]);
  const updated = Object.entries(statistics).map(([name, value]) => [updatedName(name), value]);
  return {
    inputs: { values, directions, ...scaling, ...parameters },
    outputs: { reconstruction, divergence, ...Object.fromEntries([...named, ...updated]) },
  };
}

/**
 * The directions start … end − 1 along which a rank sorts the whole batch, and their weight in the mean over all: the sorting is
 * dealt, as it would be all alike on every rank. Where there are fewer directions than ranks, some ranks take one with weight 0,
 * for every rank must come to the same collectives.
 */
export function shareOfDirections({ projections, rowsByRank: { length: ranks }, rank }: StepOptions) {
  const [start, end] = [rank, rank + 1].map((r) => Math.floor((projections * r) / ranks));
  if (start < end) return { start, end, weight: (end - start) / projections };
  return { start: 0, end: 1, weight: 0 };
}

/** The output of a step that has the new value of a running statistic. */
export function updatedName(statistic: string): string {
  return `updated.${statistic}`;
}

/** Puts what becomes of the running statistics into `statistics`. */
function trainingPass(
  { rowsByRank, precision = 'float32' }: StepOptions,
  globalRows: number,
  parameter: Pass['parameter'],
  statistics: Record<string, Value>,
): Pass {
  return {
    parameter,
    products: productsIn(precision),
    batchNorm(x, name) {
      const normalised = normaliseBatch(x, name, { ranks: rowsByRank.length, globalRows, parameter });
      Object.assign(statistics, normalised.statistics);
      return normalised.y;
    },
  };
}

/**
 * values [rows, k³] and the parameters → `errors` [rows]: the mean squared error of each block in normalised scale. The
 * network must have no batch normalisation: fold it first.
 */
export function lossGraph(network: Network, rows: number): GraphInterface {
  const { architecture } = network;
  const values = input('values', 'float32', [rows, architecture.blockSize ** 3]);
  const parameters = parameterInputs(parameterLayout(architecture));
  const pass: Pass = { parameter: (name) => parameters[name] };
  const errors = squaredErrors(decode(network, encode(network, values, pass), pass), values);
  return { inputs: { values, ...parameters }, outputs: { errors } };
}

function parameterInputs(layout: ParameterLayout): Record<string, Value> {
  return Object.fromEntries(layout.entries.map(({ name, shape }) => [name, input(name, 'float32', shape)]));
}
