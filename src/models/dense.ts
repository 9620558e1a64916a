/**
 * Layers as few dense matrices, for eight-bit products. These are so fast that zeros among the weights cost less than moving
 * elements about: outputs of a grid that read the same positions are one matrix (of a 2³ → 2³ convolution all of them, which in
 * float32 Winograd's form does in fewer products), and where there is one channel only, so are the outputs of a plane.
 */
import { concat, gather, reshape, type Value } from '../onnx/index.js';
import type { LoweredLayer } from './layers.js';
import type { PositionMap } from './lowering.js';

/** y[outputs] = x[inputs]·matrix, positions with all their channels, channels fastest. */
export interface DenseBlock {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** [inputs · input channels, outputs · output channels] */
  readonly matrix: Float32Array;
}

/** Linear layers are grids of one position. */
export interface DenseLayer {
  readonly inputPositions: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly blocks: readonly DenseBlock[];
}

/** `weight`: as in `parametersOf`. */
export function denseLayer({ layer, map }: LoweredLayer, weight: Float32Array): DenseLayer {
  if (map) {
    const blocks = groupOutputs(map).map((outputs) => denseBlock(map, outputs, weight));
    return { ...map, blocks };
  }
  if (layer.kind !== 'linear') throw new Error(`${layer.kind} has no weights`);
  const blocks = [{ inputs: [0], outputs: [0], matrix: weight }];
  return { inputPositions: 1, inputChannels: layer.inputs, outputChannels: layer.outputs, blocks };
}

function groupOutputs({ terms, inputChannels, outputChannels }: PositionMap): number[][] {
  const isNarrow = inputChannels === 1 || outputChannels === 1;
  const plane = isNarrow ? Math.round(Math.cbrt(terms.length)) ** 2 : undefined;
  const groups = new Map<string, number[]>();
  for (const [output, list] of terms.entries()) {
    const key = plane ? `${Math.floor(output / plane)}` : `${list.map(({ input }) => input).sort((a, b) => a - b)}`;
    groups.set(key, [...(groups.get(key) ?? []), output]);
  }
  return [...groups.values()];
}

function denseBlock(map: PositionMap, outputs: readonly number[], weight: Float32Array): DenseBlock {
  const { terms, inputChannels, outputChannels } = map;
  const read = new Set(outputs.flatMap((output) => terms[output].map(({ input }) => input)));
  // An output may have no term; a matrix must have a row.
  const inputs = read.size === 0 ? [0] : [...read].sort((a, b) => a - b);
  const columns = outputs.length * outputChannels;
  const matrix = new Float32Array(inputs.length * inputChannels * columns);
  for (const [place, output] of outputs.entries())
    for (const { input, tap } of terms[output])
      for (let channel = 0; channel < inputChannels; channel++) {
        const from = (tap * inputChannels + channel) * outputChannels;
        const row = inputs.indexOf(input) * inputChannels + channel;
        matrix.set(weight.subarray(from, from + outputChannels), row * columns + place * outputChannels);
      }
  return { inputs, outputs, matrix };
}

/** x [batch, input features] → [batch, output features], by `product` for each block. */
export function applyDense(layer: DenseLayer, x: Value, product: (inputs: Value, block: DenseBlock) => Value): Value {
  const { inputPositions, inputChannels, outputChannels, blocks } = layer;
  const results = blocks.map((block) => product(positionsOf(x, inputPositions, inputChannels, block.inputs), block));
  const joined = results.length === 1 ? results[0] : concat(results, 1);
  const order = blocks.flatMap(({ outputs }) => outputs);
  const places = order.map((_, output) => order.indexOf(output));
  return positionsOf(joined, order.length, outputChannels, places);
}

/** x [batch, positions · channels] → those at `chosen` */
function positionsOf(x: Value, positions: number, channels: number, chosen: readonly number[]): Value {
  if (chosen.length === positions && chosen.every((position, i) => position === i)) return x;
  const run = alignedRun(positions, chosen);
  const grid = reshape(x, [x.shape[0], positions / run, run * channels]);
  const runs = chosen.filter((_, i) => i % run === 0).map((position) => position / run);
  return reshape(gather(grid, 1, runs), [x.shape[0], chosen.length * channels]);
}

/** The longest runs of neighbours, all alike, of which `chosen` is made: the fewer pieces, the faster is the gather. */
function alignedRun(positions: number, chosen: readonly number[]): number {
  const fits = (run: number) =>
    positions % run === 0 &&
    chosen.length % run === 0 &&
    chosen.every((position, i) => (i % run === 0 ? position % run === 0 : position === chosen[i - 1] + 1));
  let run = chosen.length;
  while (!fits(run)) run--;
  return run;
}
