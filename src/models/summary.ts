/** A network for people to read: what a list of layers does to shapes, and how many parameters each layer has. */
import { convolvedSize, transposedSize } from './grid.js';
import { hasChannels, isGrid, type Layer, parametersOf } from './layers.js';

export interface Shape {
  readonly channels: number;
  /** Side of the cubic grid that has these channels at each position; undefined of plain features. */
  readonly side?: number;
}

export interface LayerSummary {
  readonly layer: Layer;
  readonly title: string;
  readonly output: Shape;
  /** Parameters that are trained. */
  readonly parameters: number;
  /** Running statistics of batch normalisation. */
  readonly statistics: number;
}

export function summarise(layers: readonly Layer[]): LayerSummary[] {
  let shape = inputShape(layers);
  return layers.map((layer) => {
    shape = outputShape(layer, shape);
    return { layer, title: describeLayer(layer), output: shape, ...countParameters(layer) };
  });
}

/** Of the features that the first layer takes. */
export function inputShape(layers: readonly Layer[]): Shape {
  const first = layers.find(hasChannels)!;
  return isGrid(first) ? { side: first.size, channels: first.inputs } : { channels: first.inputs };
}

/** Each layer with those after it that only act on its outputs where they stand: batch normalisation, activations. */
export function stagesOf(layers: readonly LayerSummary[]): LayerSummary[][] {
  const stages: LayerSummary[][] = [];
  for (const summary of layers) {
    const isNew = hasChannels(summary.layer) || summary.layer.kind === 'crop';
    if (isNew || stages.length === 0) stages.push([summary]);
    else stages[stages.length - 1].push(summary);
  }
  return stages;
}

/** "5³ × 32", or "16" of plain features. */
export function formatShape({ side, channels }: Shape): string {
  return side === undefined ? String(channels) : `${side}³ × ${channels}`;
}

/** "1,024", "64 + 64 statistics", or nothing of a layer without. */
export function formatParameters({ parameters, statistics }: Pick<LayerSummary, 'parameters' | 'statistics'>): string {
  if (parameters + statistics === 0) return '';
  const trained = parameters.toLocaleString('en');
  return statistics === 0 ? trained : `${trained} + ${statistics.toLocaleString('en')} statistics`;
}

export function describeLayer(layer: Layer): string {
  switch (layer.kind) {
    case 'linear':
      return `Linear ${layer.inputs} → ${layer.outputs}`;
    case 'convolution':
    case 'transposed-convolution': {
      const name = layer.kind === 'convolution' ? 'Conv3d' : 'ConvTranspose3d';
      return `${name} ${layer.kernel}³, stride ${layer.stride}, ${layer.inputs} → ${layer.outputs} ch`;
    }
    case 'batch-norm':
      return 'BatchNorm';
    case 'relu':
      return 'ReLU';
    case 'crop':
      return `Crop to ${layer.to}³`;
  }
}

function outputShape(layer: Layer, input: Shape): Shape {
  switch (layer.kind) {
    case 'linear':
      return { channels: layer.outputs };
    case 'convolution':
      return { side: convolvedSize(layer), channels: layer.outputs };
    case 'transposed-convolution':
      return { side: transposedSize(layer), channels: layer.outputs };
    case 'crop':
      return { side: layer.to, channels: input.channels };
    case 'batch-norm':
    case 'relu':
      return input;
  }
}

function countParameters(layer: Layer): { parameters: number; statistics: number } {
  const count = (isTrained: boolean) =>
    parametersOf([layer], '')
      .filter(({ trained }) => trained === isTrained)
      .reduce((sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1), 0);
  return { parameters: count(true), statistics: count(false) };
}
