import type { Argv, Options } from 'yargs';
import { architectureNames } from '../../models/architectures.js';
import { losses } from '../../models/losses.js';
import { normalisations } from '../../models/normalise.js';
import { optimisers } from '../../models/optimiser.js';
import { precisions } from '../../models/products.js';
import { schedules } from '../../models/schedule.js';
import { architectureOptions } from '../architecture-options.js';
import { collectiveCommand } from '../command-module.js';
import { deviceOption, inputOption, tf32Option, threadsOption, variablesOption } from '../options.js';
import { reportOptions } from '../report/options.js';
import { engineNames } from './engine.js';
import { train } from './train.js';

/** All but the input. */
export const trainOptions = {
  variables: variablesOption,
  arch: { choices: architectureNames, default: 'mlp', describe: 'architecture' },
  'block-size': { choices: [5, 6, 7, 8], default: 5, describe: 'side of the blocks in nodes' },
  'latent-size': { type: 'number', default: 16, describe: 'latent values of a block' },
  widths: architectureOptions.widths,
  normalisation: {
    choices: normalisations,
    default: 'pos_log',
    describe: 'of each block; dual and adaptive: pos_log or minmax, the better one for each block or variable',
  },
  loss: { choices: losses, default: 'mse', describe: 'reconstruction loss' },
  'divergence-weight': {
    type: 'number',
    default: 1e-4,
    describe: 'weight of the sliced Wasserstein distance between latents and prior',
  },
  projections: { type: 'number', default: 50, describe: 'random directions of that distance' },
  'batch-size': { type: 'number', default: 256, describe: 'blocks of a step, over all ranks' },
  accumulate: {
    type: 'number',
    default: 1,
    describe:
      'work through a batch in so many parts, for less memory; batch normalisation and the distance to the prior see a part',
  },
  epochs: { type: 'number', default: 100, describe: 'passes over the training blocks' },
  'max-epochs': {
    type: 'number',
    describe: 'stop after so many epochs in all; unlike --epochs it leaves the schedule as it is',
  },
  'max-steps': { type: 'number', describe: 'stop after so many steps in all' },
  optimiser: {
    choices: optimisers,
    default: 'muon',
    describe: 'muon needs far fewer steps; adam is cheaper a step',
  },
  lr: { type: 'number', default: 4e-3, describe: 'learning rate' },
  'scale-lr': {
    type: 'boolean',
    default: false,
    describe: 'linear scaling: --lr is for a batch of 256, and multiplied by --batch-size / 256',
  },
  schedule: {
    choices: schedules,
    default: 'cosine',
    describe: 'of the learning rate; plateau halves it when the validation error stays',
  },
  'plateau-patience': {
    type: 'number',
    default: 5,
    describe: 'epochs without a better validation error before the plateau schedule halves the learning rate',
  },
  'warmup-steps': {
    type: 'number',
    describe: 'steps over which the learning rate rises. Default: 1000, at most half of all',
  },
  'weight-decay': {
    type: 'number',
    default: 0,
    describe: 'decoupled weight decay: lr times this off every parameter',
  },
  'clip-norm': { type: 'number', describe: 'scale gradients whose Euclidean norm is larger down to this' },
  patience: {
    type: 'number',
    default: 20,
    describe: 'stop after so many epochs without a better validation error',
  },
  'oversample-worst': {
    type: 'number',
    default: 1,
    describe:
      'from the second epoch, draw blocks of the quarter of the variables with the largest validation errors so many times as often',
  },
  precision: {
    choices: precisions,
    default: 'float32',
    describe: 'mixed: matrix products in float16, with float32 master weights and loss scaling; pays on GPUs',
  },
  device: deviceOption,
  tf32: tf32Option,
  'graph-cache': {
    type: 'string',
    describe: 'folder where optimised graphs are kept, so that a later start of the same network is faster',
  },
  'split-by': {
    choices: ['block', 'file'],
    default: 'block',
    describe: 'what the 80/15/5 split deals out; blocks of one file have faces and mirror images in common',
  },
  seed: { type: 'number', default: 42, describe: 'of split, initial parameters, batches and directions' },
  'max-blocks': {
    type: 'number',
    default: 2_000_000,
    describe: 'train on a random sample of about so many blocks, where there are more',
  },
  'output-dir': {
    type: 'string',
    describe: 'where checkpoints, model and metrics go. Default: runs/swae_KxKxK_ARCH',
  },
  'checkpoint-every': {
    type: 'number',
    default: 1000,
    describe: 'steps between checkpoints, besides one each epoch',
  },
  resume: { type: 'boolean', default: false, describe: 'go on from last.safetensors in the output folder' },
  engine: {
    choices: engineNames,
    default: 'onnx',
    describe: 'what computes the gradients; tensorflow needs a package that is not installed by itself',
  },
  threads: threadsOption,
} as const satisfies Record<string, Options>;

function options(parser: Argv) {
  return parser
    .positional('input', inputOption)
    .options(trainOptions)
    .options(reportOptions)
    .group(['variables', 'block-size', 'normalisation', 'split-by', 'max-blocks', 'seed'], 'Data:')
    .group(['arch', 'latent-size', 'widths', 'loss', 'divergence-weight', 'projections'], 'Model:')
    .group(['batch-size', 'accumulate', 'epochs', 'max-epochs', 'max-steps', 'patience', 'oversample-worst'], 'Steps:')
    .group(['optimiser', 'lr', 'scale-lr', 'schedule', 'plateau-patience', 'warmup-steps'], 'Optimiser:')
    .group(['weight-decay', 'clip-norm'], 'Optimiser:')
    .group(['output-dir', 'checkpoint-every', 'resume', 'report', 'plots'], 'Output:')
    .group(['engine', 'device', 'precision', 'tf32', 'graph-cache', 'threads'], 'Machine:')
    .example('$0 train run/ --arch mlp --block-size 7', 'one model for all variables of a folder')
    .example('./launch.sh -n 4 train run/ --variables U_CHI', 'one variable, on four ranks')
    .example('$0 train run/ --output-dir runs/a --resume', 'after a time limit');
}

type Parsed = Awaited<ReturnType<typeof options>['argv']>;
type Named<Name> = string extends Name ? never : Name extends `${string}-${string}` | '_' | '$0' ? never : Name;

/** In camel case alone, so that a run can be asked for without a command line. */
export type TrainOptions = { [Name in keyof Parsed as Named<Name>]: Parsed[Name] };

export const trainCommand = collectiveCommand('train <input..>', 'train an autoencoder on HDF5 files', options, train);
