import {
  convolutionAxis,
  convolutionTerms,
  convolvedSize,
  croppedPositions,
  type Kernel,
  type Terms,
  transposedAxis,
  transposedTerms,
} from './grid.js';
import { cheapest, type PositionMap } from './lowering.js';
import type { Random } from './random.js';

/** Channels in and out, and whether each output channel has a number added. */
interface Channels {
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
}

/** Features of a grid are numbered by position, then by channel, channels fastest. */
export type Layer =
  | ({ readonly kind: 'linear' } & Channels)
  | ({ readonly kind: 'convolution' } & Channels & Kernel)
  | ({ readonly kind: 'transposed-convolution' } & Channels & Kernel)
  /** Each channel to mean 0 and variance 1 over batch and positions, then a scale and a shift that are learned. */
  | { readonly kind: 'batch-norm'; readonly channels: number }
  /** The central cube of side `to` of a grid of side `from`. */
  | { readonly kind: 'crop'; readonly from: number; readonly to: number }
  | { readonly kind: 'relu' };

export type GridLayer = Extract<Layer, Kernel>;
export type ChannelLayer = Extract<Layer, Channels>;

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: (source: Random) => number;
  /** False of running statistics, which no gradient changes. */
  readonly trained: boolean;
}

/**
 * The parameters of layers in order; names are `<prefix>.<layer index>.weight` and `.bias`, of batch normalisation `.scale`,
 * `.shift`, `.running_mean` and `.running_variance`.
 */
export function parametersOf(layers: readonly Layer[], prefix: string): ParameterSpec[] {
  return layers.flatMap((layer, index): ParameterSpec[] => {
    const spec = (name: string, shape: readonly number[], initial: ParameterSpec['initial'], trained = true) => ({
      name: `${prefix}.${index}.${name}`,
      shape,
      initial,
      trained,
    });
    if (layer.kind === 'batch-norm')
      return [
        spec('scale', [layer.channels], () => 1),
        spec('shift', [layer.channels], () => 0),
        spec('running_mean', [layer.channels], () => 0, false),
        spec('running_variance', [layer.channels], () => 1, false),
      ];
    if (!hasChannels(layer)) return [];
    // He et al., Delving deep into rectifiers (ICCV 2015), eq. 10, as a uniform distribution: variance 2/fan-in.
    const bound = Math.sqrt(6 / fanIn(layer));
    const shape = isGrid(layer) ? [layer.kernel ** 3, layer.inputs, layer.outputs] : [layer.inputs, layer.outputs];
    const weight = spec('weight', shape, (source) => (2 * source.uniform() - 1) * bound);
    return layer.bias ? [weight, spec('bias', [layer.outputs], () => 0)] : [weight];
  });
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

export interface LoweredLayer {
  readonly layer: Layer;
  /** Of a convolution: the terms of those outputs that later layers use. */
  readonly map?: PositionMap;
}

/** From the last layer to the first: what is not used later is not computed. */
export function lower(layers: readonly Layer[]): LoweredLayer[] {
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
      const terms = termsOf(layer, wanted);
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
  const before = layers.slice(0, index).findLast(({ kind }) => kind !== 'relu' && kind !== 'batch-norm');
  return before !== undefined && isGrid(before);
}

export function hasChannels(layer: Layer): layer is ChannelLayer {
  return layer.kind === 'linear' || isGrid(layer);
}

export function isGrid(layer: Layer): layer is GridLayer {
  return layer.kind === 'convolution' || layer.kind === 'transposed-convolution';
}

function termsOf(layer: GridLayer, outputs: readonly number[] | undefined): Terms {
  return layer.kind === 'convolution' ? convolutionTerms(layer, outputs) : transposedTerms(layer, outputs);
}

/** Where the textbook applies the kernel: at every output, or of a transposed convolution at every input. */
function nominalPositions(layer: GridLayer): number {
  return (layer.kind === 'convolution' ? convolvedSize(layer) : layer.size) ** 3;
}

/** Inputs that an output sums, on average: near the edge of a grid taps fall outside. */
function fanIn(layer: ChannelLayer): number {
  if (!isGrid(layer)) return layer.inputs;
  const axis = layer.kind === 'convolution' ? convolutionAxis(layer) : transposedAxis(layer);
  return (layer.inputs * axis.flat().length ** 3) / axis.length ** 3;
}
