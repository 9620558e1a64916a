import type { Argv, CommandModule } from 'yargs';
import { architecture, architectureNames } from '../models/architectures.js';
import { flopsByLayer, hasChannels, type Layer } from '../models/layers.js';
import { printOnce } from './print-once.js';
import { formatTable } from './table.js';

function options(parser: Argv) {
  return parser
    .option('arch', { choices: architectureNames, default: 'mlp', describe: 'architecture' })
    .option('block-size', { type: 'number', default: 5, describe: 'side of the blocks in nodes, 5 to 8' })
    .option('latent-size', { type: 'number', default: 16, describe: 'latent values of a block' })
    .example('$0 flops --arch conv --block-size 7', 'operations of each layer for one block');
}

type FlopsOptions = Awaited<ReturnType<typeof options>['argv']>;

export const flopsCommand: CommandModule<object, FlopsOptions> = {
  command: 'flops',
  describe: 'count the floating-point operations of an architecture',
  builder: options as CommandModule<object, FlopsOptions>['builder'],
  handler: ({ arch, blockSize, latentSize }) => printOnce(() => describeFlops(arch, blockSize, latentSize)),
};

function describeFlops(name: string, blockSize: number, latentSize: number): string[] {
  const { encoder, decoder } = architecture(name, blockSize, latentSize);
  const rows = [...section('encoder', encoder), ...section('decoder', decoder)];
  const sum = (layers: readonly Layer[], kind: 'nominal' | 'lowered') =>
    flopsByLayer(layers).reduce((total, flops) => total + flops[kind], 0);
  const total = (title: string, layers: readonly Layer[]) => [
    title,
    sum(layers, 'nominal').toLocaleString('en'),
    sum(layers, 'lowered').toLocaleString('en'),
  ];
  const totals = [total('encoder', encoder), total('decoder', decoder), total('both', [...encoder, ...decoder])];
  return [
    `${name}, blocks of ${blockSize}³, ${latentSize} latents: FLOPs for one block, two for each multiply-add, biases and`,
    'activations not counted. Nominal: the textbook layer, every tap at every output. Lowered: what runs.',
    '',
    formatTable(['layer', 'nominal', 'lowered'], [...rows, ...totals]),
  ];
}

function section(title: string, layers: readonly Layer[]): string[][] {
  return flopsByLayer(layers)
    .filter(({ nominal }) => nominal > 0)
    .map(({ layer, nominal, lowered }) => [
      `${title}: ${describeLayer(layer)}`,
      nominal.toLocaleString('en'),
      lowered.toLocaleString('en'),
    ]);
}

function describeLayer(layer: Layer): string {
  if (!hasChannels(layer)) return layer.kind;
  const channels = `${layer.inputs} → ${layer.outputs}`;
  if (layer.kind === 'linear') return `linear ${channels}`;
  return `${layer.kind} ${layer.kernel}³, stride ${layer.stride}, on ${layer.size}³: ${channels}`;
}
