import type { Argv } from 'yargs';
import { architectureNames } from '../../models/architectures.js';
import { losses } from '../../models/losses.js';
import { normalisations } from '../../models/normalise.js';
import { optimisers } from '../../models/optimiser.js';
import { precisions } from '../../models/products.js';
import { schedules } from '../../models/schedule.js';
import { collectiveCommand } from '../command-module.js';
import { inputOption, threadsOption, variablesOption } from '../options.js';
import { reportOptions } from '../report/options.js';
import { engineNames } from './engine.js';
import { train } from './train.js';

function options(parser: Argv) {
  return parser
    .positional('input', inputOption)
    .option('variables', variablesOption)
    .option('arch', { choices: architectureNames, default: 'mlp', describe: 'architecture' })
    .option('block-size', { choices: [5, 6, 7, 8], default: 5, describe: 'side of the blocks in nodes' })
    .option('latent-size', { type: 'number', default: 16, describe: 'latent values of a block' })
    .option('normalisation', {
      choices: normalisations,
      default: 'pos_log' as const,
      describe: 'of each block; dual and adaptive: pos_log or minmax, the better one for each block or variable',
    })
    .option('loss', { choices: losses, default: 'mse' as const, describe: 'reconstruction loss' })
    .option('divergence-weight', {
      type: 'number',
      default: 1e-4,
      describe: 'weight of the sliced Wasserstein distance between latents and prior',
    })
    .option('projections', { type: 'number', default: 50, describe: 'random directions of that distance' })
    .option('batch-size', { type: 'number', default: 256, describe: 'blocks of a step, over all ranks' })
    .option('accumulate', {
      type: 'number',
      default: 1,
      describe:
        'work through a batch in so many parts, for less memory; batch normalisation and the distance to the prior see a part',
    })
    .option('epochs', { type: 'number', default: 100, describe: 'passes over the training blocks' })
    .option('max-steps', { type: 'number', describe: 'stop after so many steps in all' })
    .option('optimiser', {
      choices: optimisers,
      default: 'muon' as const,
      describe: 'muon needs far fewer steps; adam is cheaper a step',
    })
    .option('lr', { type: 'number', default: 4e-3, describe: 'learning rate' })
    .option('scale-lr', {
      type: 'boolean',
      default: false,
      describe: 'linear scaling: --lr is for a batch of 256, and multiplied by --batch-size / 256',
    })
    .option('schedule', {
      choices: schedules,
      default: 'cosine' as const,
      describe: 'of the learning rate; plateau halves it when the validation error stays',
    })
    .option('plateau-patience', {
      type: 'number',
      default: 5,
      describe: 'epochs without a better validation error before the plateau schedule halves the learning rate',
    })
    .option('warmup-steps', {
      type: 'number',
      describe: 'steps over which the learning rate rises. Default: 1000, at most half of all',
    })
    .option('weight-decay', {
      type: 'number',
      default: 0,
      describe: 'decoupled weight decay: lr times this off every parameter',
    })
    .option('clip-norm', { type: 'number', describe: 'scale gradients whose Euclidean norm is larger down to this' })
    .option('patience', {
      type: 'number',
      default: 20,
      describe: 'stop after so many epochs without a better validation error',
    })
    .option('oversample-worst', {
      type: 'number',
      default: 1,
      describe:
        'from the second epoch, draw blocks of the quarter of the variables with the largest validation errors so many times as often',
    })
    .option('precision', {
      choices: precisions,
      default: 'float32' as const,
      describe: 'mixed: matrix products in float16, with float32 master weights and loss scaling; pays on GPUs',
    })
    .option('device', {
      type: 'string',
      default: 'cpu',
      describe: 'cpu, cuda (the GPU of the rank on its node) or cuda:N',
    })
    .option('tf32', {
      type: 'boolean',
      default: true,
      describe: 'on a GPU that has it, float32 products in TF32; --no-tf32 for full precision',
    })
    .option('graph-cache', {
      type: 'string',
      describe: 'folder where optimised graphs are kept, so that a later start of the same network is faster',
    })
    .option('split-by', {
      choices: ['block', 'file'] as const,
      default: 'block' as const,
      describe: 'what the 80/15/5 split deals out; blocks of one file have faces and mirror images in common',
    })
    .option('seed', { type: 'number', default: 42, describe: 'of split, initial parameters, batches and directions' })
    .option('max-blocks', {
      type: 'number',
      default: 2_000_000,
      describe: 'train on a random sample of about so many blocks, where there are more',
    })
    .option('output-dir', {
      type: 'string',
      describe: 'where checkpoints, model and metrics go. Default: runs/swae_KxKxK_ARCH',
    })
    .option('checkpoint-every', {
      type: 'number',
      default: 1000,
      describe: 'steps between checkpoints, besides one each epoch',
    })
    .option('resume', { type: 'boolean', default: false, describe: 'go on from last.safetensors in the output folder' })
    .option('engine', {
      choices: engineNames,
      default: 'onnx' as const,
      describe: 'what computes the gradients; tensorflow needs a package that is not installed by itself',
    })
    .options(reportOptions)
    .option('threads', threadsOption)
    .group(['variables', 'block-size', 'normalisation', 'split-by', 'max-blocks', 'seed'], 'Data:')
    .group(['arch', 'latent-size', 'loss', 'divergence-weight', 'projections'], 'Model:')
    .group(['batch-size', 'accumulate', 'epochs', 'max-steps', 'patience', 'oversample-worst'], 'Steps:')
    .group(['optimiser', 'lr', 'scale-lr', 'schedule', 'plateau-patience', 'warmup-steps'], 'Optimiser:')
    .group(['weight-decay', 'clip-norm'], 'Optimiser:')
    .group(['output-dir', 'checkpoint-every', 'resume'], 'Output:')
    .group(['engine', 'device', 'precision', 'tf32', 'graph-cache', 'threads'], 'Machine:')
    .example('$0 train run/ --arch mlp --block-size 7', 'one model for all variables of a folder')
    .example('./launch.sh -n 4 train run/ --variables U_CHI', 'one variable, on four ranks')
    .example('$0 train run/ --output-dir runs/a --resume', 'after a time limit');
}

export type TrainOptions = Awaited<ReturnType<typeof options>['argv']>;

export const trainCommand = collectiveCommand('train <input..>', 'train an autoencoder on HDF5 files', options, train);
