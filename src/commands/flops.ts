import type { Argv } from 'yargs';
import { type Architecture, labelOf } from '../models/architectures.js';
import { flopsByLayer, type Layer } from '../models/layers.js';
import { formatShape, summarise } from '../models/summary.js';
import { architectureOptions, resolveArchitecture } from './architecture-options.js';
import { printingCommand, type Result } from './command-module.js';
import { originalFigures } from './original-figures.js';
import { formatTable } from './table.js';

function options(parser: Argv) {
  return parser
    .options(architectureOptions)
    .example('$0 flops --arch conv --block-size 7', 'operations of each layer for one block')
    .example('$0 flops --arch conv-bn', 'beside the figures of the original page');
}

export const flopsCommand = printingCommand(
  'flops',
  'count the floating-point operations of an architecture',
  options,
  (options) => describeFlops(resolveArchitecture(options)),
);

function describeFlops(architecture: Architecture): Result {
  const { name, blockSize, latentSize, encoder, decoder } = architecture;
  const original = originalFigures(architecture);
  const rows = [
    ...section('encoder', encoder),
    ...section('decoder', decoder),
    total('encoder', encoder, original?.encoder),
    total('decoder', decoder, original?.decoder),
    total('both', [...encoder, ...decoder], original?.both),
  ];
  const heading = ['layer', 'output', 'nominal', 'lowered', 'original page'];
  const columns = original ? heading.length : heading.length - 1;
  const lines = [
    `${labelOf(architecture)}, blocks of ${blockSize}³, ${latentSize} latents: FLOPs for one block, two for each multiply-add, biases and`,
    'activations not counted. Nominal: the textbook layer, every tap at every output (of a transposed convolution: input).',
    'Lowered: what runs at inference.',
    '',
    formatTable(
      heading.slice(0, columns),
      rows.map((row) => row.slice(0, columns)),
    ),
    ...(original && original.notes.length > 0 ? ['', ...original.notes] : []),
  ];
  return {
    result: { name, blockSize, latentSize, encoder: flopsOfLayers(encoder), decoder: flopsOfLayers(decoder), original },
    lines,
  };
}

/** Of the layers that compute. */
function flopsOfLayers(layers: readonly Layer[]) {
  const summaries = summarise(layers);
  return flopsByLayer(layers)
    .map(({ nominal, lowered }, i) => ({ layer: summaries[i].title, output: summaries[i].output, nominal, lowered }))
    .filter(({ nominal }) => nominal > 0);
}

function section(title: string, layers: readonly Layer[]): string[][] {
  return flopsOfLayers(layers).map(({ layer, output, nominal, lowered }) => [
    `${title}: ${layer}`,
    formatShape(output),
    count(nominal),
    count(lowered),
    '',
  ]);
}

function total(title: string, layers: readonly Layer[], original: number | undefined): string[] {
  const sum = (kind: 'nominal' | 'lowered') => flopsByLayer(layers).reduce((sum, flops) => sum + flops[kind], 0);
  return [title, '', count(sum('nominal')), count(sum('lowered')), original === undefined ? '' : count(original)];
}

function count(flops: number): string {
  return flops.toLocaleString('en');
}
