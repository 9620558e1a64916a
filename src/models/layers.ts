import { add, gather, matmul, relu, reshape, type Value } from '../onnx/index.js';
import { convolutionTerms, convolvedSize, croppedPositions, type Kernel, type Terms, transposedTerms } from './grid.js';
import { applyMap, cheapest, type PositionMap } from './lowering.js';
import type { Random } from './random.js';

/** Channels in and out; activations are [batch, positions · channels], channels fastest. */
interface Channels {
  readonly inputs: number;
  readonly outputs: number;
}

export type Layer =
  | ({ readonly kind: 'linear' } & Channels)
  | ({ readonly kind: 'convolution' } & Channels & Kernel)
  | ({ readonly kind: 'transposed-convolution' } & Channels & Kernel)
  /** The central cube of side `to` of a grid of side `from`. */
  | { readonly kind: 'crop'; readonly from: number; readonly to: number }
  | { readonly kind: 'relu' };

type GridLayer = Extract<Layer, Kernel>;

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: (source: Random) => number;
}

/** The parameters of layers in order; names are `<prefix>.<layer index>.weight` and `.bias`. */
export function parametersOf(layers: readonly Layer[], prefix: string): ParameterSpec[] {
  return layers.flatMap((layer, index): ParameterSpec[] => {
    if (layer.kind === 'relu' || layer.kind === 'crop') return [];
    // He et al., Delving deep into rectifiers (ICCV 2015), eq. 10, as a uniform distribution: variance 2/fan-in.
    const bound = Math.sqrt(6 / fanIn(layer));
    const shape = isGrid(layer) ? [layer.kernel ** 3, layer.inputs, layer.outputs] : [layer.inputs, layer.outputs];
    const name = `${prefix}.${index}`;
    return [
      { name: `${name}.weight`, shape, initial: (source) => (2 * source.uniform() - 1) * bound },
      { name: `${name}.bias`, shape: [layer.outputs], initial: () => 0 },
    ];
  });
}

/** Layers applied to x [batch, inputs]; `parameter` gives the value of a parameter by name. */
export function forward(layers: readonly Layer[], prefix: string, x: Value, parameter: (name: string) => Value): Value {
  return lower(layers).reduce((value, { layer, map }, index) => {
    if (layer.kind === 'relu') return relu(value);
    if (layer.kind === 'crop') return value;
    const weight = parameter(`${prefix}.${index}.weight`);
    const bias = parameter(`${prefix}.${index}.bias`);
    if (!map) return matmul(value, weight, {}, bias);
    return add(applyMap(map, value, weight), repeat(bias, map.terms.length));
  }, x);
}

/** Floating-point operations of each layer for one block: two for each multiply-add; biases are not counted. */
export interface LayerFlops {
  readonly layer: Layer;
  /** Of the textbook layer: every tap at every output. */
  readonly nominal: number;
  /** Of what runs. */
  readonly lowered: number;
}

export function flopsByLayer(layers: readonly Layer[]): LayerFlops[] {
  return lower(layers).map(({ layer, map }) => {
    if (layer.kind === 'linear') {
      const flops = 2 * layer.inputs * layer.outputs;
      return { layer, nominal: flops, lowered: flops };
    }
    if (!map || !isGrid(layer)) return { layer, nominal: 0, lowered: 0 };
    const products = layer.kernel ** 3 * nominalPositions(layer);
    return { layer, nominal: 2 * products * layer.inputs * layer.outputs, lowered: 2 * cheapest(map).multiplyAdds };
  });
}

/** Of all layers, after lowering. */
export function flopsOf(layers: readonly Layer[]): number {
  return flopsByLayer(layers).reduce((sum, { lowered }) => sum + lowered, 0);
}

interface LoweredLayer {
  readonly layer: Layer;
  /** Of a convolution: the terms of those outputs that later layers use. */
  readonly map?: PositionMap;
}

/** From the last layer to the first: what is not used later is not computed. */
function lower(layers: readonly Layer[]): LoweredLayer[] {
  let wanted: readonly number[] | undefined;
  return layers
    .map((_, i) => layers.length - 1 - i)
    .map((index): LoweredLayer => {
      const layer = layers[index];
      if (layer.kind === 'crop') {
        const kept = croppedPositions(layer.from, layer.to);
        wanted = wanted?.map((position) => kept[position]) ?? kept;
        return { layer };
      }
      if (!isGrid(layer)) return { layer };
      const all = termsOf(layer);
      const terms = wanted?.map((position) => all[position]) ?? all;
      wanted = comesFromGrid(layers, index) ? usedInputs(terms) : undefined;
      return { layer, map: mapOf(layer, terms, wanted) };
    })
    .reverse();
}

function mapOf(layer: GridLayer, terms: Terms, inputs: readonly number[] | undefined): PositionMap {
  const place = inputs && new Map(inputs.map((position, i) => [position, i]));
  return {
    terms: place ? terms.map((list) => list.map(({ input, tap }) => ({ input: place.get(input)!, tap }))) : terms,
    inputPositions: inputs?.length ?? layer.size ** 3,
    taps: layer.kernel ** 3,
    inputChannels: layer.inputs,
    outputChannels: layer.outputs,
  };
}

function usedInputs(terms: Terms): number[] {
  return [...new Set(terms.flatMap((list) => list.map(({ input }) => input)))].sort((a, b) => a - b);
}

/** Whether the layer before (activations aside) is a convolution, whose outputs may be left out. */
function comesFromGrid(layers: readonly Layer[], index: number): boolean {
  const before = layers.slice(0, index).findLast(({ kind }) => kind !== 'relu');
  return before !== undefined && isGrid(before);
}

function isGrid(layer: Layer): layer is GridLayer {
  return layer.kind === 'convolution' || layer.kind === 'transposed-convolution';
}

function termsOf(layer: GridLayer): Terms {
  return layer.kind === 'convolution' ? convolutionTerms(layer) : transposedTerms(layer);
}

/** Where the textbook applies the kernel: at every output, or of a transposed convolution at every input. */
function nominalPositions(layer: GridLayer): number {
  return (layer.kind === 'convolution' ? convolvedSize(layer) : layer.size) ** 3;
}

/** Inputs that an output sums, on average: near the edge of a grid taps fall outside. */
function fanIn(layer: Extract<Layer, Channels>): number {
  if (!isGrid(layer)) return layer.inputs;
  const terms = termsOf(layer);
  return (layer.inputs * terms.flat().length) / terms.length;
}

/** [channels] → [positions · channels] */
function repeat(bias: Value, positions: number): Value {
  const [channels] = bias.shape as readonly number[];
  const rows = gather(reshape(bias, [1, channels]), 0, new Array<number>(positions).fill(0));
  return reshape(rows, [positions * channels]);
}
