import type { Argv } from 'yargs';
import { architectureOptions } from '../architecture-options.js';

export function options(parser: Argv) {
  return parser
    .option('from', {
      type: 'string',
      describe: 'scaling.json of `swae bench scaling`: what was measured',
      conflicts: ['arch', 'block-size', 'latent-size'],
    })
    .option('ranks', {
      type: 'number',
      array: true,
      default: [1, 16, 64, 256, 1024, 4096, 10_000],
      describe: 'numbers of ranks',
    })
    .option('data', { type: 'string', default: '1PB', describe: 'to be compressed, e.g. 250TB' })
    .option('writers', { type: 'number', array: true, default: [1], describe: 'numbers of ranks that write' })
    .option('reconstruct', { type: 'boolean', default: true, describe: '--no-reconstruct: the archive alone' })
    .option('link', {
      type: 'string',
      array: true,
      describe: 'NAME=GB/s,µs between two ranks: in place of common networks',
    })
    .option('file-system', {
      type: 'string',
      defaultDescription: '100,2',
      describe: 'GB/s of all ranks together, and of one rank',
    })
    .option('batch-size', {
      type: 'number',
      defaultDescription: 'that of --from, or 512',
      describe: 'blocks of a step: of all ranks (strong), of each (weak)',
    })
    .option('arch', architectureOptions.arch)
    .option('block-size', architectureOptions['block-size'])
    .option('latent-size', architectureOptions['latent-size'])
    .option('train-rate', { type: 'number', describe: 'blocks a second that a rank alone trains on' })
    .option('whole-batch', {
      type: 'string',
      describe: 'µs to draw the prior for a block of the batch of all ranks, and to sort it along a direction',
    })
    .option('compress-rate', { type: 'number', describe: 'GB/s that a rank reads, encodes, decodes and measures' })
    .option('writer-rate', { type: 'number', describe: 'GB/s that a rank writes' })
    .option('ratio', { type: 'number', describe: 'of bytes to encoded bytes' })
    .option('output', { type: 'string', describe: 'SVG file to draw it in: times by ranks' })
    .group(['from', 'arch', 'block-size', 'latent-size', 'batch-size'], 'Model and measurement:')
    .group(['train-rate', 'whole-batch', 'compress-rate', 'writer-rate', 'ratio'], 'In place of what was measured:')
    .example('$0 project --from scaling/scaling.json', 'to 10,000 ranks and 1 PB on common networks')
    .example('$0 project --from scaling/scaling.json --link ours=25,2 --file-system 600,4', 'on a cluster of yours')
    .example('$0 project --train-rate 2e4 --compress-rate 0.05 --writer-rate 0.5', 'nothing measured')
    .epilogue(
      'A step: what a rank takes alone for its blocks, what it draws and sorts for those of all, then collectives by α–β (the fastest of ring, recursive doubling and Rabenseifner). A compression: the longest of the work of all ranks, of gathering and writing by those that write, and of the files, which overlap. A link is what one rank has: where the ranks of a node share one, give each its part.',
    );
}

export type ProjectOptions = Awaited<ReturnType<typeof options>['argv']>;
