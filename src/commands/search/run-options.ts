import type { Argv } from 'yargs';
import { inputOption } from '../options.js';
import { trainOptions } from '../train/command.js';
import { ownWidths } from './configuration.js';

/** What trials have in common: `shared`. */
const {
  arch,
  'block-size': blockSize,
  'latent-size': latentSize,
  widths,
  loss,
  normalisation,
  lr,
  epochs,
  'max-epochs': _maxEpochs,
  'max-steps': _maxSteps,
  'output-dir': _outputDir,
  resume: _resume,
  ...shared
} = trainOptions;

/** The options of training, those that trials differ in as lists. */
export function runOptions(parser: Argv) {
  return parser
    .positional('input', inputOption)
    .option('output-dir', {
      type: 'string',
      demandOption: true,
      describe: 'folder of the search; processes that are given the same one share its trials',
    })
    .option('arch', { ...arch, array: true, default: [arch.default] })
    .option('widths', {
      ...widths,
      array: true,
      default: [ownWidths],
      describe: `as for train, separated by blanks: 512,256 64,32. "${ownWidths}": the architecture's own; conv:8,16,32: for one architecture`,
    })
    .option('block-size', { ...blockSize, array: true, default: [blockSize.default] })
    .option('latent-size', { ...latentSize, array: true, default: [latentSize.default] })
    .option('loss', { ...loss, array: true, default: [loss.default] })
    .option('normalisation', { ...normalisation, array: true, default: [normalisation.default] })
    .option('lr', { ...lr, array: true, default: [lr.default] })
    .option('random', { type: 'number', describe: 'try so many of all combinations, drawn by --seed. Default: all' })
    .option('epochs', {
      ...epochs,
      default: 27,
      describe: 'of a trial that is never stopped, by which its schedule goes',
    })
    .option('first-epochs', { type: 'number', default: 3, describe: 'of every trial' })
    .option('reduction', {
      type: 'number',
      default: 3,
      describe:
        'the best 1 / so many of equal ratio go on, for so many times the epochs; --first-epochs as --epochs: all do',
    })
    .option('stale-after', {
      type: 'number',
      default: 120,
      describe: 'seconds without a sign of life after which another process takes a trial over',
    })
    .option('wait', {
      type: 'boolean',
      default: true,
      describe: 'stay until every trial has ended; --no-wait: leave when there is none to take',
    })
    .options(shared)
    .group(
      ['arch', 'widths', 'block-size', 'latent-size', 'loss', 'normalisation', 'lr'],
      'What trials differ in; several values of each:',
    )
    .example('$0 search run run/ --output-dir search --arch mlp conv --latent-size 8 16 32', 'all six combinations')
    .example(
      './launch.sh -n 4 search run run/ --output-dir search --widths 512,256 64,32',
      'four ranks share the trials',
    )
    .example('$0 search run run/ --output-dir search … --random 20 --seed 1', 'twenty of many combinations');
}

export const sharedNames = Object.keys(shared);

export type SearchOptions = Awaited<ReturnType<typeof runOptions>['argv']>;
